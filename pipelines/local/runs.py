"""Runs of pipelines on this machine: begin one, look at them, stop one."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import signal
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from config.errors import Problem, StateError, did_you_mean
from corpus.paths import as_path, write_whole
from pipelines.local.definition import parse, refused
from pipelines.local.errors import DefinitionError
from pipelines.local.graph import check_order
from pipelines.local.locks import running
from pipelines.local.parameters import resolve
from pipelines.local.state import RUN, Run, create, read

_PREFIX = "glyphline-"
_NAME = re.compile(r"[A-Za-z0-9](-*[A-Za-z0-9]){0,255}")


def begin(
    home: Path, pipeline: str, definition: bytes, parameters: Mapping[str, str], token: str | None = None
) -> Run:
    """Write a new run of `pipeline`, ready to be executed; nothing runs yet.

    The same `token` again gives the same run, as a ClientRequestToken does.

    Raises:
        DefinitionError: the definition cannot be interpreted, or a parameter does not fit it.
        StateError: the token began a run of another pipeline or with other parameters.
    """
    parsed = parse(definition)
    check_order(parsed)
    if not _NAME.fullmatch(pipeline):
        raise refused(f"the pipeline's name {pipeline!r}", "letters, digits and hyphens")
    values = resolve(parsed, parameters)
    if token is not None and (before := _begun_with(home, token)) is not None:
        return _same(before, pipeline, values)
    folder = _new_folder(home, pipeline)
    run = Run(folder.name, folder, pipeline, values, "Executing", started=datetime.now(UTC))
    try:
        create(run, definition)
    except BaseException:
        shutil.rmtree(folder)
        raise
    if token is not None and not _claim(home, token, run.id):
        shutil.rmtree(folder)  # another process was faster with this token
        return _same(load(home, _token(home, token).read_text()), pipeline, values)
    return run


def runs(home: Path) -> list[Run]:
    """Return all runs, oldest first."""
    folders = (path.parent for path in (home / "runs").glob(f"[!.]*/{RUN}"))
    return sorted((_seen(read(folder)) for folder in folders), key=lambda one: (one.started, one.id))


def load(home: Path, run_id: str) -> Run:
    """Return a run.

    A run that nobody runs any more, and that nobody ended, is ``Stopped``: it can be resumed.

    Raises:
        DefinitionError: there is none of this name, or its state is damaged.
    """
    folder = home / "runs" / run_id
    if "/" in run_id or not (folder / RUN).is_file():
        known = [path.parent.name for path in (home / "runs").glob(f"[!.]*/{RUN}")]
        remedy = did_you_mean(run_id, known) if known else "Start one."
        raise DefinitionError(Problem("pipeline.run", f"the run {run_id!r}", f"one in {home}", remedy))
    return _seen(read(folder))


def log_of(home: Path, run_id: str, step: str) -> Path:
    """Return the log of a step's job.

    Raises:
        DefinitionError: the run or the step is unknown.
        StateError: the step has no log: it has not begun, is no job, or took an earlier run's result.
    """
    run = load(home, run_id)
    names = [one.name for one in run.definition().steps]
    if step not in names:
        remedy = did_you_mean(step, names)
        raise DefinitionError(Problem("pipeline.step", f"the step {step!r}", f"one of {run_id}", remedy))
    begun = run.steps.get(step)
    if begun is not None and begun.cached_from is not None:
        return log_of(home, begun.cached_from, step)
    if not run.log(step).exists():
        raise StateError(f"The step {step} of {run_id} has no log: it is no job, or has not begun.")
    return run.log(step)


def stop(home: Path, run_id: str) -> int:
    """Tell the process that runs a run to stop it; return its id. The jobs then have two minutes.

    Raises:
        DefinitionError: the run is unknown.
        StateError: nobody runs it.
    """
    run = load(home, run_id)
    pid = running(run.folder)
    if pid is None:
        raise StateError(f"The run {run_id} is not going: it is {run.status}.")
    os.kill(pid, signal.SIGTERM)
    return pid


def _seen(run: Run) -> Run:
    """Return `run` as it is in truth: one that was killed could not write so."""
    if run.status != "Executing" or running(run.folder) is not None:
        return run
    steps = {
        name: replace(one, status="Stopped") if one.status == "Executing" else one
        for name, one in run.steps.items()
    }
    reason = "it was interrupted" if steps else "it has not been executed yet"
    return replace(run, status="Stopped", reason=reason, steps=steps)


def _new_folder(home: Path, pipeline: str) -> Path:
    now = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    while True:
        folder = home / "runs" / f"{pipeline.removeprefix(_PREFIX)}-{now}-{secrets.token_hex(2)}"
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        return folder


def _token(home: Path, token: str) -> Path:
    return home / "runs" / ".tokens" / hashlib.sha256(token.encode()).hexdigest()


def _begun_with(home: Path, token: str) -> Run | None:
    path = _token(home, token)
    return load(home, path.read_text()) if path.exists() else None


def _claim(home: Path, token: str, run_id: str) -> bool:
    """Bind `token` to a run, whole and at once; False if it is bound already."""
    path = _token(home, token)
    path.parent.mkdir(exist_ok=True)
    partial = path.with_name(f".{path.name}.{run_id}")
    write_whole(as_path(partial), run_id.encode())
    try:
        path.hardlink_to(partial)  # as O_EXCL does, it fails where the name is taken
    except FileExistsError:
        return False
    finally:
        partial.unlink()
    return True


def _same(run: Run, pipeline: str, parameters: Mapping[str, str | int | float | bool]) -> Run:
    if run.pipeline != pipeline or run.parameters != parameters:
        raise StateError(
            f"This token began the run {run.id} of {run.pipeline} with other parameters. Take another token."
        )
    return run
