"""What is known of a run, and how it lies on disk: every file is written whole, so a killed run can go on.

runs/RUN/run.json         the run
runs/RUN/definition.json  the pipeline, as it was when the run began
runs/RUN/steps/STEP.json  a step that has begun
runs/RUN/jobs/STEP/       the folder of its job; log.txt
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import TypeAdapter, ValidationError

from config.errors import Problem
from corpus.paths import as_path, write_whole
from pipelines.local.definition import Definition, parse
from pipelines.local.errors import DefinitionError
from pipelines.local.parameters import Value

Status = Literal["Executing", "Stopped", "Failed", "Succeeded"]
RUN, DEFINITION, STEPS, JOBS, LINEAGE = "run.json", "definition.json", "steps", "jobs", "lineage.json"
LOG = "log.txt"
StateT = TypeVar("StateT", "_RunFile", "StepRun")


@dataclass(frozen=True, slots=True)
class StepRun:
    """A step that has begun; one that never begins has none."""

    name: str
    type: str
    status: Status
    started: datetime
    ended: datetime | None = None
    attempts: int = 1
    reason: str | None = None
    """Why it failed."""
    cached_from: str | None = None
    """The run whose result it took."""
    result: Mapping[str, Any] = field(default_factory=dict)
    """What later steps may refer to: the answer of the job's Describe call."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run of a pipeline."""

    id: str
    folder: Path
    pipeline: str
    parameters: Mapping[str, Value]
    status: Status
    started: datetime
    ended: datetime | None = None
    reason: str | None = None
    """Why it failed or stopped."""
    signal: int | None = None
    """The signal that stopped it."""
    steps: Mapping[str, StepRun] = field(default_factory=dict)

    def log(self, step: str) -> Path:
        """Return where the log of a step's job lies, once it has begun."""
        return self.folder / JOBS / step / LOG

    def definition(self) -> Definition:
        """Return the pipeline as it was when the run began."""
        return parse((self.folder / DEFINITION).read_bytes())


@dataclass(frozen=True, slots=True)
class _RunFile:
    pipeline: str
    parameters: dict[str, Value]
    status: Status
    started: datetime
    ended: datetime | None = None
    reason: str | None = None
    signal: int | None = None


_RUN_FILE, _STEP_RUN = TypeAdapter(_RunFile), TypeAdapter(StepRun)


def create(run: Run, definition: bytes) -> None:
    """Write a new run into its folder; its ``run.json`` comes last and makes it one."""
    (run.folder / STEPS).mkdir()
    write_whole(as_path(run.folder / DEFINITION), definition)
    save(run)


def save(run: Run) -> None:
    """Write what is known of a run, without its steps."""
    file = _RunFile(**{name: getattr(run, name) for name in _RunFile.__dataclass_fields__})
    _write(run.folder / RUN, _RUN_FILE.dump_json(file, indent=2))


def save_step(run: Run, step: StepRun) -> Run:
    """Write a step of `run`; return the run with it."""
    _write(run.folder / STEPS / f"{step.name}.json", _STEP_RUN.dump_json(step, indent=2))
    return replace(run, steps={**run.steps, step.name: step})


def forget_step(run: Run, name: str) -> Run:
    """Take back that a step has begun; return the run without it."""
    (run.folder / STEPS / f"{name}.json").unlink(missing_ok=True)
    return replace(run, steps={other: step for other, step in run.steps.items() if other != name})


def read(folder: Path) -> Run:
    """Return the run in `folder`, its steps in the order in which they began.

    Raises:
        DefinitionError: a file of it is damaged.
    """
    about = _load(folder / RUN, _RUN_FILE)
    found = (_load(path, _STEP_RUN) for path in (folder / STEPS).glob("[!.]*.json"))
    steps = {step.name: step for step in sorted(found, key=lambda one: (one.started, one.name))}
    about_run = {name: getattr(about, name) for name in _RunFile.__dataclass_fields__}
    return Run(id=folder.name, folder=folder, steps=steps, **about_run)


def _load(path: Path, kind: TypeAdapter[StateT]) -> StateT:
    try:
        return kind.validate_json(path.read_bytes())
    except ValidationError as error:
        found = f"damaged ({error.errors()[0]['msg'].lower()})"
        remedy = "Remove the run's folder and start it anew; finished steps are taken from the cache."
        raise DefinitionError(Problem("pipeline.state", found, "a run's state", remedy, str(path))) from error


def _write(path: Path, content: bytes) -> None:
    write_whole(as_path(path), content + b"\n")
