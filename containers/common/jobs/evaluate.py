"""The job that measures a candidate beside the champion: ``evaluate [--max-cer X] [--max-regression Y]``.

Inputs: ``model`` and ``champion`` (artifacts, the latter may be nothing), ``heldout`` (a snapshot) and
``config``. Output: ``evaluation`` (``evaluation.json``, ``decision.json``, ``report.html`` with its plots,
``candidate.jsonl``, ``champion.jsonl``). A gate that is not passed is no failure of this job: its decision
says so.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Protocol

import numpy as np
from pydantic import Field
from upath import UPath

from config.family import Family
from config.gate import GatePolicy
from config.yaml_source import Settings
from containers.common.arguments import parse_arguments
from containers.common.artifact import Artifact, given_as
from containers.common.contract import Job
from containers.common.delivery import delivered
from containers.common.entry import Stop
from containers.common.jobs.decision import DECISION, decision_of, encode
from containers.common.jobs.inputs import family_in, watch
from containers.common.jobs.lineage import facts_of
from containers.common.jobs.tracked import tracked_run
from containers.common.predictions import encode as encode_lines
from containers.common.predictions import predict_snapshot
from containers.common.progress import say
from containers.common.recogniser import Recogniser
from containers.common.tracking import URI_VARIABLE, log_run
from corpus.images import open_image
from corpus.sample import Sample
from corpus.snapshot import Snapshot, open_snapshot
from evaluation.document import encode as encode_evaluation
from evaluation.evaluate import Evaluation, evaluate
from evaluation.facts import RunFacts
from evaluation.pictures import with_quality
from evaluation.predictions import Predictions, collect
from evaluation.report import write_report

RUN_VARIABLE = "GLYPHLINE_RUN"
"""Environment variable: the id of the pipeline run that this job is part of."""
_TIMED_LINES = 200


class Arguments(Settings):
    """What the job is told; what it is not told, the family's gate says."""

    max_cer: Annotated[float, Field(ge=0.0, le=1.0)] | None = None
    max_regression: Annotated[float, Field(ge=0.0, le=1.0)] | None = None

    def policy(self, gate: GatePolicy) -> GatePolicy:
        """Return the family's `gate` with what was said here in its place."""
        return gate.model_copy(update=self.model_dump(exclude_none=True))


class Opened(Protocol):
    """A verified artifact that an image can run; `threads` may read at once."""

    @property
    def artifact(self) -> Artifact:
        """What is run."""

    @property
    def threads(self) -> int:
        """How many may read at once."""

    def load(self) -> Recogniser:
        """Return its recogniser."""


Open = Callable[[Path, Path], Opened]
"""Opens the artifact in a folder, as it was exported; what is packed is unpacked below the second folder."""


@dataclass(frozen=True, slots=True)
class Read:
    """What one model read in the held-out lines, and how long one line took."""

    artifact: Artifact
    predictions: Predictions
    latency_p95_ms: float


def main(job: Job, stop: Stop, words: Sequence[str], open_model: Open) -> None:
    """Read the held-out lines with candidate and champion, and decide by the family's gate.

    Raises:
        InputError: something that was given cannot be used, such as a champion of another family.
        StoppedError: it was told to stop; nothing was delivered.
    """
    arguments = parse_arguments(words, Arguments)
    family = family_in(job.processing_input("config"))
    heldout = open_snapshot(str(job.processing_input("heldout")))
    run = os.environ.get(RUN_VARIABLE)
    with tempfile.TemporaryDirectory(prefix="glyphline-") as scratch:
        candidate, champion = _opened(job, family, open_model, Path(scratch))
        ours = _read(candidate, heldout, family, stop)
        theirs = _read(champion, heldout, family, stop) if champion is not None else None
        facts = facts_of(ours.artifact, ours.latency_p95_ms, run)
        result = _judged(ours, theirs, heldout, arguments.policy(family.gate), facts, stop)
        stop.check()
        with delivered(job.processing_output("evaluation"), last=DECISION) as folder:
            _write(folder, family, heldout, ours, theirs, result, facts)
            stop.check()
            if uri := os.environ.get(URI_VARIABLE):
                log_run(tracked_run(family, ours.artifact, result, facts, run, folder), uri)
    assert result.gate is not None  # a family has one
    say(result.gate.summary)


def latency_p95_ms(recogniser: Recogniser, images: UPath, samples: Sequence[Sample], stop: Stop) -> float:
    """Return the 95th percentile of the time that one line alone takes, once its image is decoded.

    Raises:
        StoppedError: it was told to stop.
    """
    step = -(-len(samples) // _TIMED_LINES)
    taken_ms = []
    for sample in samples[::step]:
        stop.check()
        image = open_image((images / sample.image).read_bytes(), sample.image)
        begun = time.perf_counter()
        recogniser.read([image])
        taken_ms.append(1000 * (time.perf_counter() - begun))
    return float(np.percentile(taken_ms, 95))


def _opened(job: Job, family: Family, open_model: Open, scratch: Path) -> tuple[Opened, Opened | None]:
    with given_as("the input 'model'"):
        candidate = open_model(job.processing_input("model"), scratch / "candidate")
        image = candidate.artifact.description.image
        candidate.artifact.require(family=family.family, image=image)
    place = job.optional_processing_input("champion")
    if place is None:
        return candidate, None
    with given_as("the input 'champion'"):
        champion = open_model(place, scratch / "champion")
        champion.artifact.require(family=family.family, image=image)
    return candidate, champion


def _read(model: Opened, heldout: Snapshot, family: Family, stop: Stop) -> Read:
    recogniser, artifact = model.load(), model.artifact
    stop.check()
    begun = time.monotonic()
    lines = predict_snapshot(recogniser, heldout, threads=model.threads, progress=watch(stop))
    predictions = collect(
        f"{artifact.description.family} {artifact.version}", lines, family.recognition.unicode_form
    )
    rate = len(predictions.lines) / (time.monotonic() - begun)
    samples = [sample for sample in heldout.samples() if sample.text is not None]
    latency_ms = latency_p95_ms(recogniser, heldout.folder, samples, stop)
    say(f"model {artifact.version}: {len(predictions.lines):,} lines read, {rate:,.0f} a second")
    return Read(artifact, predictions, latency_ms)


def _judged(
    ours: Read, theirs: Read | None, heldout: Snapshot, policy: GatePolicy, facts: RunFacts, stop: Stop
) -> Evaluation:
    candidate = with_quality(ours.predictions, heldout.folder)
    stop.check()
    champion = theirs.predictions if theirs is not None else None
    artifact = facts.artifact.as_artifact()
    return evaluate(candidate, champion, policy, artifact, first_model=champion is None)


def _write(
    folder: Path,
    family: Family,
    heldout: Snapshot,
    ours: Read,
    theirs: Read | None,
    result: Evaluation,
    facts: RunFacts,
) -> None:
    champion = theirs.predictions if theirs is not None else None
    report = UPath(folder / "report.html")
    write_report(report, result, ours.predictions, champion, facts, heldout.folder)
    (folder / "candidate.jsonl").write_bytes(encode_lines(ours.predictions.lines))
    if champion is not None:
        (folder / "champion.jsonl").write_bytes(encode_lines(champion.lines))
    (folder / "evaluation.json").write_bytes(encode_evaluation(result))
    (folder / DECISION).write_bytes(encode(decision_of(family, ours.artifact, result)))
