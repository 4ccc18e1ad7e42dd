"""The job that measures a candidate beside the champion: ``evaluate [--max-error X] [--max-regression Y]``.

Inputs: ``model`` and ``champion`` (artifacts, the latter may be nothing), ``heldout`` (a snapshot) and
``config``. Output: ``evaluation`` (``evaluation.json``, ``decision.json``, ``report.html`` with its plots,
``candidate.jsonl``, ``champion.jsonl``). A gate that is not passed is no failure of this job: its decision
says so.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import Field
from upath import UPath

from config.family import Family
from config.gate import GatePolicy
from config.protocol import (
    CANDIDATE_ANSWERS,
    CHAMPION,
    CHAMPION_ANSWERS,
    CONFIG,
    DECISION_FILE,
    EVALUATION,
    EVALUATION_FILE,
    HELDOUT,
    MODEL,
    REPORT_FILE,
    RUN_VARIABLE,
    TRACKING_VARIABLE,
)
from config.yaml_source import Settings
from containers.common.arguments import parse_arguments, spelt
from containers.common.artifact import Artifact, given_as, open_artifact
from containers.common.contract import Job
from containers.common.delivery import delivered
from containers.common.entry import Stop
from containers.common.hyperparameters import typed
from containers.common.jobs.decision import encode as encode_outcome
from containers.common.jobs.decision import outcome_of
from containers.common.jobs.inputs import family_in, watch
from containers.common.jobs.lineage import facts_of
from containers.common.jobs.tracked import tracked_run
from containers.common.model import Image
from containers.common.predictions import Model, answer_items
from containers.common.progress import say
from containers.common.tracking import log_run
from corpus.images import MAX_PIXELS
from corpus.items import Item
from corpus.snapshot import Snapshot, open_snapshot
from evaluation.document import encode as encode_evaluation
from evaluation.evaluate import Evaluation
from evaluation.facts import RunFacts
from evaluation.pictures import with_quality
from evaluation.report import write_report
from evaluation.wording import counted
from tasks import contract_of, task_of
from tasks.answers import Answers
from tasks.answers import encode as encode_answers
from tasks.base import Allowance, Task
from tasks.judging import exhibits_of, judge

_TIMED_ITEMS = 200
_TIMED_S = 30.0
"""After so long a few items are enough: a page takes seconds, a line a millisecond."""
_ENOUGH = 10


class Arguments(Settings):
    """What the job is told; what it is not told, the family's gate says."""

    max_error: Annotated[float, Field(ge=0.0, le=1.0)] | None = None
    max_regression: Annotated[float, Field(ge=0.0, le=1.0)] | None = None

    def policy(self, gate: GatePolicy) -> GatePolicy:
        """Return the family's `gate` with what was said here in its place.

        Raises:
            JobError: the gate of this kind of model takes no such limit.
        """
        said = {**gate.model_dump(), **self.model_dump(exclude_none=True)}
        return typed(said, type(gate), "argument", spelt)


@dataclass(frozen=True, slots=True)
class Asked:
    """What one model answered to what was held out, and how long one item took."""

    artifact: Artifact
    answers: Answers[Any]
    latency_p95_ms: float


def main(job: Job, stop: Stop, words: Sequence[str], image: Image[Any]) -> None:
    """Ask candidate and champion about what was held out, and decide by the family's gate.

    Raises:
        InputError: something that was given cannot be used, such as a champion of another family.
        StoppedError: it was told to stop; nothing was delivered.
    """
    arguments = parse_arguments(words, Arguments)
    family = family_in(job.processing_input(CONFIG))
    family = family.model_copy(update={"gate": arguments.policy(family.gate)})
    heldout = open_snapshot(str(job.processing_input(HELDOUT)))
    with tempfile.TemporaryDirectory(prefix="glyphline-") as folder:
        scratch = Path(folder)
        candidate, champion = _opened(job, family, image, scratch)
        task = task_of(family)
        selected = task.select(heldout, scratch, watch(stop))
        items = task.items(selected.samples)
        ours = _asked(candidate, task, image, items, selected.snapshot, stop)
        theirs = None if champion is None else _asked(champion, task, image, items, selected.snapshot, stop)
        stop.check()
        _deliver(job, family, task, ours, theirs, selected.snapshot.folder, stop)


def latency_p95_ms(model: Model[Any, Any], items: Sequence[Item], snapshot: Snapshot, stop: Stop) -> float:
    """Return the 95th percentile of the time that one item alone takes, once it is opened.

    At most 200 of `items` are asked, of all their kinds, and only ten where half a minute allows no more.

    Raises:
        StoppedError: it was told to stop.
    """
    order = np.random.default_rng(0).permutation(len(items))  # the same in every run
    taken_s: list[float] = []
    deadline_s = time.monotonic() + _TIMED_S
    for item in (items[n] for n in order[:_TIMED_ITEMS].tolist()):
        if time.monotonic() > deadline_s and len(taken_s) >= _ENOUGH:
            break
        stop.check()
        raw = model.task.raw(item, snapshot)
        opened = model.task.opened(raw, Allowance(MAX_PIXELS, MAX_PIXELS)).input
        begun_s = time.perf_counter()
        model.predictor.predict([opened])
        taken_s.append(time.perf_counter() - begun_s)
    return 1000 * float(np.percentile(taken_s, 95))


def _opened(job: Job, family: Family, image: Image[Any], scratch: Path) -> tuple[Artifact, Artifact | None]:
    def opened(name: str, place: Path) -> Artifact:
        with given_as(f"the input {name!r}"):
            artifact = open_artifact(place, scratch / name)
            artifact.require(family=family.family, image=image.name)
            artifact.contract_as(contract_of(family.task))
        return artifact

    place = job.optional_processing_input(CHAMPION)
    candidate = opened(MODEL, job.processing_input(MODEL))
    return candidate, None if place is None else opened(CHAMPION, place)


def _asked(
    artifact: Artifact,
    task: Task[Any, Any],
    image: Image[Any],
    items: Sequence[Item],
    snapshot: Snapshot,
    stop: Stop,
) -> Asked:
    model = Model(task, image.open(artifact))
    stop.check()
    begun = time.monotonic()
    name = f"{artifact.description.family} {artifact.version}"
    answers = answer_items(model, items, snapshot, name=name, progress=watch(stop))
    rate = len(items) / (time.monotonic() - begun)
    latency_ms = latency_p95_ms(model, items, snapshot, stop)
    say(f"model {artifact.version}: {counted(len(items), task.family.noun)} answered, {rate:,.1f} a second")
    return Asked(artifact, answers, latency_ms)


def _deliver(
    job: Job,
    family: Family,
    task: Task[Any, Any],
    ours: Asked,
    theirs: Asked | None,
    images: UPath,
    stop: Stop,
) -> None:
    """Judge, and hand over all that came of it; `decision.json` last."""
    run = os.environ.get(RUN_VARIABLE)
    facts = facts_of(ours.artifact, ours.latency_p95_ms, run)
    items = with_quality(ours.answers.items, images)
    stop.check()
    candidate = replace(ours.answers, items=items)
    champion = None if theirs is None else replace(theirs.answers, items=items)
    result = judge(
        task,
        candidate,
        champion,
        policy=family.gate,
        exported=facts.artifact.as_exported(),
        first_model=champion is None,
    )
    stop.check()
    with delivered(job.processing_output(EVALUATION), last=DECISION_FILE) as folder:
        _write(folder, task, candidate, champion, result, facts, images)
        (folder / CANDIDATE_ANSWERS).write_bytes(encode_answers(task, ours.answers))
        if theirs is not None:
            (folder / CHAMPION_ANSWERS).write_bytes(encode_answers(task, theirs.answers))
        given, report = job.processing_input(MODEL), folder / REPORT_FILE
        outcome = outcome_of(family, ours.artifact, result, given=given, report=report)
        (folder / DECISION_FILE).write_bytes(encode_outcome(outcome))
        stop.check()
        if uri := os.environ.get(TRACKING_VARIABLE):
            log_run(tracked_run(family, ours.artifact, result, facts, run, folder), uri)
    say(outcome.summary)


def _write(
    folder: Path,
    task: Task[Any, Any],
    candidate: Answers[Any],
    champion: Answers[Any] | None,
    result: Evaluation,
    facts: RunFacts,
    images: UPath,
) -> None:
    exhibits = exhibits_of(task, candidate, champion, images)
    write_report(UPath(folder / REPORT_FILE), result, exhibits, facts)
    (folder / EVALUATION_FILE).write_bytes(encode_evaluation(result, exhibits))
