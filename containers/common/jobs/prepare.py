"""The job that takes from a snapshot what a training needs: ``prepare --snapshot HASH --replay-share 0.5``.

Inputs: ``data`` (the folder of a snapshot), ``champion`` (an artifact, or nothing) and ``config``. Outputs:
``train``, ``replay`` (may be nothing) and ``heldout``, each a snapshot.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import Field
from upath import UPath

from config.errors import Problem
from config.family import Family
from config.gate import GatePolicy
from config.yaml_source import Settings
from containers.common.arguments import parse_arguments
from containers.common.artifact import Artifact, given_as, open_artifact
from containers.common.contract import Job
from containers.common.delivery import delivered, write_nothing
from containers.common.entry import Stop
from containers.common.errors import JobError
from containers.common.jobs.inputs import Hash, family_in, watch
from containers.common.progress import say
from corpus.cutting import cut_regions
from corpus.increment import AGE, NEW, OLD, Increment, part
from corpus.parallel import Progress
from corpus.sample import Sample
from corpus.snapshot import Snapshot, open_snapshot
from corpus.subset import write_subset
from evaluation.slices import MIN_SAMPLES
from evaluation.wording import counted

_LAST = "snapshot.json"


class Arguments(Settings):
    """What the job is told."""

    snapshot: Hash
    """Which snapshot of the folder: it may have grown since."""
    replay_share: Annotated[float, Field(ge=0.0, le=1.0)] = 1.0
    """Of the training samples that the champion has learnt from: how many are replayed, at least."""


def main(job: Job, stop: Stop, words: Sequence[str]) -> None:
    """Part the snapshot that `words` name into what is learnt, replayed and held out.

    Raises:
        InputError: something that was given cannot be used, or there is nothing new to learn.
    """
    arguments = parse_arguments(words, Arguments)
    family = family_in(job.processing_input("config"))
    data = open_snapshot(f"{job.processing_input('data')}@{arguments.snapshot}")
    place = job.optional_processing_input("champion")
    with tempfile.TemporaryDirectory(prefix="glyphline-") as scratch:
        champion = _champion(place, family, Path(scratch))
        learnt = frozenset[str]() if champion is None else learnt_by(champion, data)
        lines = _lines(data, Path(scratch), watch(stop))
        parts = part(_with_text(lines), learnt, arguments.replay_share)
        refuse_useless(parts, str(data.folder))
        for sentence in (*_account(parts), *doubts(parts, family.gate, first=champion is None)):
            say(sentence)
        _write(lines, parts, job, watch(stop))


def learnt_by(champion: Artifact, data: Snapshot) -> frozenset[str]:
    """Return the ids of the samples that `champion` was trained, validated and measured on.

    Raises:
        JobError: it learnt from another dataset, or from this very snapshot.
    """
    about, provenance = data.description, champion.description.provenance
    learnt = provenance.snapshot or provenance.data
    name = f"the champion {champion.version} has learnt from snapshot {learnt[:12]}"
    if learnt == about.hash:
        remedy = "Add labelled samples first (glyphline corpus add), or train without a champion."
        raise JobError(Problem("prepare.nothing-new", f"nothing new: {name}", "one that grew", remedy))
    if learnt not in about.parents:
        parents = ", ".join(one[:12] for one in about.parents) or "none"
        expected = f"one of the parents of {about.hash[:12]} ({parents})"
        remedy = "Add the new data to the champion's snapshot, or train without a champion."
        raise JobError(Problem("prepare.lineage", name, expected, remedy, str(data.folder)))
    return frozenset(sample.id for sample in open_snapshot(f"{data.folder}@{learnt}").samples())


def refuse_useless(parts: Increment, place: str) -> None:
    """Refuse what no training could use, before one is paid for.

    Raises:
        JobError: there is nothing new to train on, nothing to validate on, or nothing to measure on.
    """
    counts = Counter(sample.split for sample in (*parts.train, *parts.replay))
    new = sum(sample.split == "train" for sample in parts.train)
    for number, what in (
        (new, "new sample to train on"),
        (counts["val"], "sample to validate on"),
        (len(parts.heldout), "sample to measure on (test, golden)"),
    ):
        if not number:
            remedy = "Add more groups of samples, or import with other split shares."
            raise JobError(Problem("prepare.split-empty", f"no {what}", "some", remedy, place))


def doubts(parts: Increment, gate: GatePolicy, *, first: bool) -> Iterator[str]:
    """Yield a warning for each slice of the held-out samples that is too small for the gate to judge by.

    `first`: there is no champion, so that the gate compares nothing now, but golden will be frozen.
    """
    asked = [*gate.guarded_slices, *([gate.new_slice] if gate.min_improvement is not None else [])]
    if first:
        asked = [one for one in asked if not one.startswith(f"{AGE}=")]
    for name in dict.fromkeys(asked):
        dimension, _, value = name.partition("=")
        count = sum(value in ("*", _value(one, dimension)) for one in parts.heldout)
        if count < MIN_SAMPLES:
            when = "the gate of the next version" if first else "the gate"
            yield (
                f"warning: {counted(count, 'held-out line')} in {name}: {when} cannot judge by fewer than "
                f"{MIN_SAMPLES}. Label more of them, or change `gate:` in the family."
            )


def _value(sample: Sample, dimension: str) -> object:
    own = {"split": sample.split, "source": sample.source, "group": sample.group}
    return own.get(dimension, sample.meta.get(dimension))


def _champion(place: Path | None, family: Family, scratch: Path) -> Artifact | None:
    if place is None:
        return None
    with given_as("the input 'champion'"):
        champion = open_artifact(place, scratch / "champion")
        champion.require(family=family.family, image=family.training.image)
    return champion


def _lines(data: Snapshot, scratch: Path, progress: Progress) -> Snapshot:
    """Return `data` as images of one line each: regions of pages are cut out."""
    if all(sample.polygon is None for sample in data.samples()):
        return data
    outcome = cut_regions(data, UPath(scratch / "cut"), texts_only=True, progress=progress)
    for problem in outcome.problems:
        say(f"warning: {problem}")
    say(f"cut {counted(outcome.added, 'line')} out of pages")
    return outcome.snapshot


def _with_text(lines: Snapshot) -> list[Sample]:
    samples = list(lines.samples())
    kept = [sample for sample in samples if sample.text is not None]
    if len(kept) < len(samples):
        say(f"{counted(len(samples) - len(kept), 'sample')} without a text left out")
    return kept


def _account(parts: Increment) -> Iterator[str]:
    train = Counter(sample.split for sample in parts.train)
    replay = Counter(sample.split for sample in parts.replay)
    ages = Counter(sample.meta[AGE] for sample in parts.heldout)
    yield f"new: {train['train']:,} to train on, {train['val']:,} to validate on"
    yield (
        f"replayed: {replay['train']:,} to train on, {replay['val']:,} to validate on; "
        f"{len(parts.left):,} old left out"
    )
    yield f"held out: {ages[OLD]:,} old, {ages[NEW]:,} new"


def _write(lines: Snapshot, parts: Increment, job: Job, progress: Progress) -> None:
    """Write the three outputs; none of them appears before all are whole."""
    with (
        delivered(job.processing_output("train"), last=_LAST) as train,
        delivered(job.processing_output("replay"), last=_LAST) as replay,
        delivered(job.processing_output("heldout"), last=_LAST) as heldout,
    ):
        write_subset(lines, parts.train, UPath(train), progress)
        write_subset(lines, parts.heldout, UPath(heldout), progress)
        if parts.replay:
            write_subset(lines, parts.replay, UPath(replay), progress)
        else:
            write_nothing(replay, "There is nothing to replay.")
