"""What each type of step does."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from config.errors import GlyphlineError
from config.protocol import ML_ROOT_VARIABLE
from corpus.paths import as_path, write_whole
from pipelines.local import caching, jobs, processes, retries, store
from pipelines.local.conditions import hold
from pipelines.local.definition import Definition, Step
from pipelines.local.errors import INTERNAL_ERROR, StepError
from pipelines.local.expressions import Scope, evaluate, references
from pipelines.local.journal import Journal
from pipelines.local.processes import Stop
from pipelines.local.state import JOBS, LINEAGE, LOG, Run

_ENTITIES = ("Action", "Artifact", "Context")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a run needs of this machine.

    `images` has the command of each image's ENTRYPOINT by the last part of its repository's name, `code` is
    the digest of the code that stands for the images. `register` takes a CreateModelPackage request and
    returns the version's ARN; after an interruption it may be asked again for the same run, and is then to
    return what it registered before. `environment` is added to every job's.
    """

    home: Path
    images: Mapping[str, tuple[str, ...]]
    code: str
    register: Callable[[Mapping[str, Any]], str]
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Stage:
    """What the steps of one execution share; `held` is the descriptor that jobs keep open."""

    definition: Definition
    journal: Journal
    surroundings: Surroundings
    stop: Stop
    held: int

    @property
    def run(self) -> Run:
        """The run as it is now."""
        return self.journal.run


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a step that succeeded gave, and the run that it was taken from, if any."""

    result: Mapping[str, Any]
    cached_from: str | None = None


class StoppedError(Exception):
    """The step was told to stop; it never leaves the engine."""


async def perform(step: Step, stage: Stage) -> Outcome:
    """Do what `step` says.

    Raises:
        StepError: it failed.
        StoppedError: it was told to stop.
    """
    scope = _scope(step, stage)
    if step.type == "Condition":
        return Outcome({"Outcome": str(hold(step.arguments["Conditions"], scope))})
    arguments = evaluate(dict(step.arguments), scope)
    match step.type:
        case "Fail":
            raise StepError(arguments["ErrorMessage"])
        case "RegisterModel":
            return Outcome(await _register(arguments, stage))
        case "Lineage":
            return Outcome(_lineage(arguments, stage.run))
        case "Processing" | "Training":
            return await _cached_or_run(step, step.type, arguments, stage)


async def run_job(
    job: jobs.Job,
    folder: Path,
    surroundings: Surroundings,
    stop: Stop,
    held: int,
    tell: Callable[[str], None],
) -> dict[str, Any]:
    """Run a job in `folder`; return what its Describe call would say.

    Raises:
        StepError: it failed, or one of its inputs is not there.
        StoppedError: it was told to stop before its work was done.
    """
    root = folder / "ml"
    jobs.prepare(job, root, surroundings.home)
    environment = {
        "OMP_NUM_THREADS": "1",
        "PYTHONUNBUFFERED": "1",
        **os.environ,
        **surroundings.environment,
        **job.environment,
        ML_ROOT_VARIABLE: str(root),
    }
    ended = await processes.run(job.command, environment, folder, folder / LOG, tell, stop, held)
    if stop.leave.is_set() and (ended.code or not jobs.delivered(job, root)):
        raise StoppedError
    if ended.code < 0:
        name = signal.Signals(-ended.code).name
        raise StepError(f"The job was ended by {name}, which nobody here sent.", INTERNAL_ERROR)
    if ended.code:
        jobs.collect_of_failed(job, root, surroundings.home)
        raise StepError(jobs.reason(job, root, ended.code, ended.last_lines))
    # in a thread: a large model takes seconds to pack, and the logs of other steps are to go on
    answer = await asyncio.to_thread(jobs.collect, job, root, surroundings.home)
    shutil.rmtree(root)
    return answer


async def _cached_or_run(
    step: Step, kind: Literal["Processing", "Training"], arguments: dict[str, Any], stage: Stage
) -> Outcome:
    run, around = stage.run, stage.surroundings
    key = caching.key_of(kind, arguments, around.code)
    if step.cached_for is not None:
        entry = caching.find(around.home, run.pipeline, key, step.cached_for)
        if entry is not None:
            return Outcome(entry.result, cached_from=entry.run)
    job = jobs.plan(kind, _job_name(run, step), arguments, _origins(step), around.images)
    result = await _tried(step, job, stage)
    if step.cached_for is not None:
        caching.keep(
            around.home, run.pipeline, key, caching.Entry(run.id, step.name, datetime.now(UTC), result)
        )
    return Outcome(result)


async def _tried(step: Step, job: jobs.Job, stage: Stage) -> dict[str, Any]:
    """Run a job, again if its retry policies say so."""
    folder = stage.run.folder / JOBS / step.name
    folder.mkdir(parents=True, exist_ok=True)
    began_s, made = time.monotonic(), 0
    while True:
        try:
            return await run_job(
                job,
                folder,
                stage.surroundings,
                stage.stop,
                stage.held,
                lambda line: stage.journal.line(step.name, line),
            )
        except StepError as error:
            wait_s = retries.delay_s(step.retries, error.kind, made, time.monotonic() - began_s)
            if wait_s is None:
                raise
            made += 1
            stage.journal.again(step.name, f"{error} Trying again in {wait_s:.0f} s.")
        try:
            await asyncio.wait_for(stage.stop.leave.wait(), wait_s)
        except TimeoutError:
            continue
        raise StoppedError


async def _register(arguments: dict[str, Any], stage: Stage) -> dict[str, Any]:
    try:
        # in a thread, too: a registry may take seconds
        arn = await asyncio.to_thread(stage.surroundings.register, arguments)
    except GlyphlineError as error:
        raise StepError(str(error)) from error
    return {**arguments, "ModelPackageArn": arn, "ModelPackageStatus": "Completed"}


def _lineage(arguments: dict[str, Any], run: Run) -> dict[str, Any]:
    """Write what the step records, with the ARNs that its entities would have, beside the run."""
    arns = {
        f"{kind}Arns": {
            one[f"{kind}Name"]: f"{jobs.ARN}:{kind.lower()}/{one[f'{kind}Name']}"
            for one in arguments.get(f"{kind}s", [])
        }
        for kind in _ENTITIES
    }
    recorded = {**arguments, **arns}
    write_whole(as_path(run.folder / LINEAGE), json.dumps(recorded, indent=2, ensure_ascii=False).encode())
    return {**arns, "Associations": arguments.get("Associations", [])}


def _scope(step: Step, stage: Stage) -> Scope:
    run, home = stage.run, stage.surroundings.home
    done = {name: one.result for name, one in run.steps.items() if one.status == "Succeeded"}
    files = {
        one.name: _property_files(one, done[one.name]) for one in stage.definition.steps if one.name in done
    }
    arn = f"{jobs.ARN}:pipeline/{run.pipeline}"
    job = _job_name(run, step)
    execution = {
        "PipelineName": run.pipeline,
        "PipelineArn": arn,
        "PipelineExecutionId": run.id,
        "PipelineExecutionArn": f"{arn}/execution/{run.id}",
        "StartDateTime": run.started.isoformat(),
        "CurrentDateTime": datetime.now(UTC).isoformat(),
        "TrainingJobName": job,
        "ProcessingJobName": job,
    }
    return Scope(run.parameters, execution, done, files, lambda uri: store.read(uri, home))


def _property_files(step: Step, result: Mapping[str, Any]) -> dict[str, str]:
    """Return the URI of each property file of a step that succeeded."""
    uris = {
        one["OutputName"]: one["S3Output"]["S3Uri"].rstrip("/")
        for one in (result.get("ProcessingOutputConfig") or {}).get("Outputs", [])
    }
    return {
        one.property_file_name: f"{uris[one.output_name]}/{one.file_path}"
        for one in step.property_files
        if one.output_name in uris
    }


def _origins(step: Step) -> dict[str, str]:
    """Return for each input of a job who named its URI, in words."""
    named: dict[str, Any] = {}
    for one in step.arguments.get("ProcessingInputs") or []:
        named[one["InputName"]] = (one.get("S3Input") or {}).get("S3Uri")
    for one in step.arguments.get("InputDataConfig") or []:
        named[one["ChannelName"]] = (one["DataSource"].get("S3DataSource") or {}).get("S3Uri")
    return {name: _origin(name, uri) for name, uri in named.items()}


def _origin(name: str, uri: object) -> str:
    for one in references(uri):
        root, _, rest = one.partition(".")
        if root == "Parameters":
            return f"the parameter {rest}"
        if root == "Steps":
            return f"the output of step {rest.partition('.')[0]}"
    return f"the definition for {name!r}"


def _job_name(run: Run, step: Step) -> str:
    return f"{run.id}-{step.name}"
