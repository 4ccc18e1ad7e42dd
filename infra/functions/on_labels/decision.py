"""When a family's pipeline runs: what is remembered, what is seen and the rules give what is to be."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

Unit = Literal["sample", "image"]
"""What a model answers once, as `config/family.py` says it: a line, or a page with all its regions."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much a snapshot has; `images` is None where it was described before images were counted."""

    samples: int
    images: int | None = None

    def beyond(self, other: Size, unit: Unit) -> int:
        """Return how many items this has that `other` lacks; samples, where one of them knows no images."""
        if unit == "image" and self.images is not None and other.images is not None:
            return self.images - other.images
        return self.samples - other.samples


NOTHING = Size(0, 0)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What lies in the family's folder now; `parents` are the hashes of all snapshots that it grew from."""

    hash: str
    size: Size
    parents: tuple[str, ...] = ()

    def holds(self, other: str) -> bool:
        """Tell whether all that the snapshot `other` has is in this one."""
        return other == self.hash or other in self.parents


@dataclass(frozen=True, slots=True)
class Champion:
    """The approved model that a run begins from; `size` is that of its snapshot, or nothing if unknown."""

    model_uri: str
    snapshot: str | None
    size: Size


@dataclass(frozen=True, slots=True)
class Run:
    """A run that was decided; `execution` is its ARN once SageMaker has said that it started.

    All that a start says is kept here, so that the start can be repeated word by word.
    """

    snapshot: str
    champion_uri: str
    execution: str | None = None

    def token(self, family: str) -> str:
        """Return the ClientRequestToken by which SageMaker knows a repeated start (32 to 128 characters)."""
        return hashlib.sha256(f"{family}/{self.snapshot}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class State:
    """What is remembered of a family.

    `running` holds its place until its run has ended. `last` is the snapshot of the newest run, with its
    size; `begun` are those of all runs. `revision` counts what was written.
    """

    revision: int = 0
    running: Run | None = None
    waiting: str | None = None
    waiting_since: datetime | None = None
    last: tuple[str, Size] | None = None
    begun: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Seen:
    """What the account says: `ended`: the remembered run has; `elsewhere`: a person's run goes on."""

    now: datetime
    snapshot: Snapshot | None
    champion: Champion | None
    ended: bool = False
    elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class Rules:
    """Enough new items, or old enough; `nothing_uri` says that a run begins from no champion."""

    unit: Unit
    min_new: int
    max_age: timedelta
    nothing_uri: str


def next_state(state: State, seen: Seen, rules: Rules) -> State:
    """Return what is to be remembered; nothing else changes what a family's pipeline does.

    The same state and the same view give the same answer, so events may come twice, late or never: each is
    only a reason to look again.
    """
    state = replace(state, running=None) if state.running and seen.ended else state
    state = _with_arrival(state, seen)
    if state.waiting is None or state.running is not None or seen.elsewhere or seen.snapshot is None:
        return state
    assert state.waiting_since is not None
    enough = new_items(state, seen, rules.unit) >= rules.min_new
    if not enough and seen.now - state.waiting_since < rules.max_age:
        return state
    found = seen.snapshot
    return replace(
        state,
        running=Run(found.hash, seen.champion.model_uri if seen.champion else rules.nothing_uri),
        waiting=None,
        waiting_since=None,
        last=(found.hash, found.size),
        begun=state.begun | {found.hash},
    )


def to_start(state: State) -> Run | None:
    """Return the run that SageMaker has not been told of, or has not confirmed: whoever sees it starts it."""
    return state.running if state.running is not None and state.running.execution is None else None


def started(state: State, execution: str) -> State:
    """Return the state once SageMaker has confirmed that what runs is `execution`."""
    assert state.running is not None
    return replace(state, running=replace(state.running, execution=execution))


def new_items(state: State, seen: Seen, unit: Unit) -> int:
    """Return how many items neither the champion nor the last run has had.

    Those of a run that failed count as had: labels that come by ones must not start a run each.
    """
    if seen.snapshot is None:
        return 0
    known = [NOTHING]
    if state.last is not None and seen.snapshot.holds(state.last[0]):
        known.append(state.last[1])
    if seen.champion is not None and seen.champion.snapshot and seen.snapshot.holds(seen.champion.snapshot):
        known.append(seen.champion.size)
    return min(seen.snapshot.size.beyond(one, unit) for one in known)


def _with_arrival(state: State, seen: Seen) -> State:
    """Let the snapshot in the folder wait if nobody has had it; the first that waits sets the clock.

    Samples tell whether anything is new: a region more on a known page is no new item, and must not be lost.
    """
    found = seen.snapshot
    if found is None or found.hash in state.begun or new_items(state, seen, "sample") <= 0:
        return replace(state, waiting=None, waiting_since=None)
    return replace(state, waiting=found.hash, waiting_since=state.waiting_since or seen.now)
