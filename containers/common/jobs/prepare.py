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
from config.gate import MIN_GROUPS
from config.protocol import CHAMPION, CONFIG, DATA, HELDOUT, REPLAY, SNAPSHOT_FILE, TRAIN
from config.yaml_source import Settings
from containers.common.arguments import parse_arguments
from containers.common.artifact import Artifact, given_as, open_artifact
from containers.common.contract import Job
from containers.common.delivery import delivered, write_nothing
from containers.common.entry import Stop
from containers.common.errors import JobError
from containers.common.jobs.inputs import Hash, family_in, watch
from containers.common.progress import say
from corpus.increment import AGE, NEW, OLD, Increment, part
from corpus.items import Item, samples_of
from corpus.parallel import Progress
from corpus.snapshot import Snapshot, open_snapshot
from corpus.subset import write_subset
from evaluation.slices import MIN_SAMPLES
from evaluation.wording import counted
from tasks import task_of


class Arguments(Settings):
    """What the job is told."""

    snapshot: Hash
    """Which snapshot of the folder: it may have grown since."""
    replay_share: Annotated[float, Field(ge=0.0, le=1.0)] = 1.0
    """Of the training items that the champion has learnt from: how many are replayed, at least."""


def main(job: Job, stop: Stop, words: Sequence[str]) -> None:
    """Part the snapshot that `words` name into what is learnt, replayed and held out.

    Raises:
        InputError: something that was given cannot be used, or there is nothing new to learn.
    """
    arguments = parse_arguments(words, Arguments)
    family = family_in(job.processing_input(CONFIG))
    task = task_of(family)
    data = open_snapshot(f"{job.processing_input(DATA)}@{arguments.snapshot}")
    place = job.optional_processing_input(CHAMPION)
    with tempfile.TemporaryDirectory(prefix="glyphline-") as scratch:
        champion = _champion(place, family, Path(scratch))
        learnt = frozenset[str]() if champion is None else learnt_by(champion, data)
        selected = task.select(data, Path(scratch), watch(stop))
        parts = part(task.items(selected.samples), learnt, arguments.replay_share, task.strata)
        refuse_useless(parts, family, str(data.folder))
        told = (*selected.notes, *_account(parts), *doubts(parts, family, first=champion is None))
        for sentence in told:
            say(sentence)
        _write(selected.snapshot, parts, job, watch(stop))


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


def refuse_useless(parts: Increment, family: Family, place: str) -> None:
    """Refuse what no training could use, before one is paid for.

    Raises:
        JobError: there is nothing new to train on, nothing to validate on, or nothing to measure on.
    """
    counts = Counter(item.split for item in (*parts.train, *parts.replay))
    new = sum(item.split == "train" for item in parts.train)
    for number, what in (
        (new, f"new {family.noun} to train on"),
        (counts["val"], f"{family.noun} to validate on"),
        (len(parts.heldout), f"{family.noun} to measure on (test, golden)"),
    ):
        if not number:
            remedy = "Add more groups of samples, or import with other split shares."
            raise JobError(Problem("prepare.split-empty", f"no {what}", "some", remedy, place))


def doubts(parts: Increment, family: Family, *, first: bool) -> Iterator[str]:
    """Yield a warning for each slice of what is held out that is too small for the gate to judge by.

    `first`: there is no champion, so that the gate compares nothing now, but golden will be frozen.
    """
    gate = family.gate
    asked = [*gate.guarded_slices, *([gate.new_slice] if gate.min_improvement is not None else [])]
    if first:
        asked = [one for one in asked if not one.startswith(f"{AGE}=")]
    for name in dict.fromkeys(asked):
        dimension, _, value = name.partition("=")
        inside = [item for item in parts.heldout if value in ("*", _value(item, dimension))]
        judged = sum(len(item.regions) if family.unit == "image" else 1 for item in inside)
        groups = len({item.group for item in inside})
        if judged < MIN_SAMPLES or groups < MIN_GROUPS:
            when = "the gate of the next version" if first else "the gate"
            found = f"{counted(judged, f'held-out {family.judged}')} of {counted(groups, 'group')} in {name}"
            least = f"{MIN_SAMPLES} {family.judged}s of {MIN_GROUPS} groups"
            yield (
                f"warning: {found}: {when} cannot judge by fewer than {least}. Label more of them, or change "
                "`gate:` in the family."
            )


def _value(item: Item, dimension: str) -> object:
    own = {"split": item.split, "source": item.first.source, "group": item.group}
    return own.get(dimension, item.meta.get(dimension))


def _champion(place: Path | None, family: Family, scratch: Path) -> Artifact | None:
    if place is None:
        return None
    with given_as(f"the input {CHAMPION!r}"):
        champion = open_artifact(place, scratch / CHAMPION)
        champion.require(family=family.family, image=family.training.image)
    return champion


def _account(parts: Increment) -> Iterator[str]:
    train = Counter(item.split for item in parts.train)
    replay = Counter(item.split for item in parts.replay)
    ages = Counter(item.meta[AGE] for item in parts.heldout)
    yield f"new: {train['train']:,} to train on, {train['val']:,} to validate on"
    yield (
        f"replayed: {replay['train']:,} to train on, {replay['val']:,} to validate on; "
        f"{len(parts.left):,} old left out"
    )
    yield f"held out: {ages[OLD]:,} old, {ages[NEW]:,} new"


def _write(data: Snapshot, parts: Increment, job: Job, progress: Progress) -> None:
    """Write the three outputs; none of them appears before all are whole."""
    with (
        delivered(job.processing_output(TRAIN), last=SNAPSHOT_FILE) as train,
        delivered(job.processing_output(REPLAY), last=SNAPSHOT_FILE) as replay,
        delivered(job.processing_output(HELDOUT), last=SNAPSHOT_FILE) as heldout,
    ):
        write_subset(data, samples_of(parts.train), UPath(train), progress)
        write_subset(data, samples_of(parts.heldout), UPath(heldout), progress)
        if parts.replay:
            write_subset(data, samples_of(parts.replay), UPath(replay), progress)
        else:
            write_nothing(replay, "There is nothing to replay.")
