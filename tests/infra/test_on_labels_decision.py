"""When a family's pipeline runs: the rules, and whatever happens between any two things that a look does."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.functions.on_labels.decision import (
    Champion,
    Rules,
    Run,
    Seen,
    Size,
    Snapshot,
    State,
    new_items,
    next_state,
    started,
    to_start,
)
from infra.functions.on_labels.flow import BusyError, attend

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
RULES = Rules(unit="sample", min_new=10, max_age=timedelta(hours=24), nothing_uri="s3://artifacts/nothing")
PAGES = replace(RULES, unit="image")
PIPELINE, FAMILY = "glyphline-dev-pid-rec", "pid-rec"


def seen(samples: int, *, at: datetime = NOON, parents: tuple[str, ...] = (), **more: Any) -> Seen:
    return Seen(
        now=at, snapshot=Snapshot(f"h{samples}", Size(samples), parents), **{"champion": None, **more}
    )


def test_enough_labels_start_a_run_from_the_champion() -> None:
    champion = Champion("s3://models/1", "h5", Size(5))
    view = seen(15, parents=("h5",), champion=champion)
    assert next_state(State(), view, RULES).running == Run("h15", "s3://models/1")
    assert next_state(State(), seen(15), RULES).running == Run("h15", "s3://artifacts/nothing")
    assert to_start(next_state(State(), seen(14, parents=("h5",), champion=champion), RULES)) is None


def test_few_labels_wait_until_the_first_of_them_is_old() -> None:
    first = next_state(State(), seen(3), RULES)
    assert (first.running, first.waiting, first.waiting_since) == (None, "h3", NOON)
    later = next_state(first, seen(4, at=NOON + timedelta(hours=23), parents=("h3",)), RULES)
    assert (later.running, later.waiting, later.waiting_since) == (None, "h4", NOON)
    old = next_state(later, seen(4, at=NOON + timedelta(hours=24), parents=("h3",)), RULES)
    assert old.running is not None
    assert (old.running.snapshot, old.waiting, old.waiting_since) == ("h4", None, None)


def test_labels_that_come_by_ones_start_no_run_each_though_nobody_has_approved() -> None:
    after = next_state(State(), seen(10), RULES)
    ended = next_state(started(after, "arn"), seen(11, parents=("h10",), ended=True), RULES)
    assert (ended.running, ended.waiting) == (None, "h11")
    assert new_items(ended, seen(11, parents=("h10",)), "sample") == 1


def test_what_the_champion_has_learnt_from_a_run_by_hand_is_not_learnt_again() -> None:
    view = seen(20, at=NOON + timedelta(days=9), champion=Champion("s3://models/2", "h20", Size(20)))
    assert next_state(State(), view, RULES) == State()


def test_another_dataset_in_the_folder_is_new_altogether() -> None:
    state = started(next_state(State(), seen(100), RULES), "arn")
    assert new_items(state, seen(50), "sample") == 50


def test_a_snapshot_that_comes_back_has_had_its_run() -> None:
    first = started(next_state(State(), seen(10), RULES), "arn1")
    second = started(next_state(first, seen(30, ended=True), RULES), "arn2")
    back = next_state(second, seen(10, ended=True, at=NOON + timedelta(days=9)), RULES)
    assert (back.running, back.waiting) == (None, None)


def test_while_somebodys_run_goes_on_ours_waits() -> None:
    waiting = next_state(State(), seen(10, elsewhere=True), RULES)
    assert (waiting.running, waiting.waiting) == (None, "h10")
    assert next_state(waiting, seen(10), RULES).running is not None


def page(regions: int, pages: int | None, *parents: str, **more: Any) -> Seen:
    """See a snapshot of so many regions on so many pages, None where nobody has counted them."""
    snapshot = Snapshot(f"h{regions}", Size(regions, pages), parents)
    return Seen(now=NOON, snapshot=snapshot, **{"champion": None, **more})


def test_a_family_of_pages_counts_pages() -> None:
    """Thirty regions on one page are one new item; ten pages are enough, however little is on them."""
    begun = started(next_state(State(), page(300, 10), PAGES), "arn")
    assert begun.last == ("h300", Size(300, 10))
    one_more = page(330, 11, "h300", ended=True)
    assert new_items(begun, one_more, "image") == 1
    assert next_state(begun, one_more, PAGES).running is None
    assert next_state(begun, one_more, RULES).running is not None  # where each region is an item
    assert next_state(begun, page(310, 20, "h300", ended=True), PAGES).running is not None


def test_regions_on_a_page_that_is_known_are_not_lost() -> None:
    begun = started(next_state(State(), page(300, 10), PAGES), "arn")
    corrected = page(301, 10, "h300", ended=True)
    waiting = next_state(begun, corrected, PAGES)
    assert (waiting.running, waiting.waiting) == (None, "h301")
    later = next_state(waiting, replace(corrected, now=NOON + timedelta(hours=24)), PAGES)
    assert later.running is not None


@pytest.mark.parametrize(
    ("before", "after", "new"),
    [(None, 11, 11), (10, None, 30), (None, None, 30), (10, 11, 1)],  # never more than there are pages
)
def test_where_pages_were_not_counted_yet_samples_are(
    before: int | None, after: int | None, new: int
) -> None:
    champion = Champion("s3://models/1", "h300", Size(300, before))
    assert new_items(State(), page(330, after, "h300", champion=champion), "image") == new
    state = State(last=("h300", Size(300, before)))
    assert new_items(state, page(330, after, "h300"), "image") == new


class DiedError(Exception):
    """The function's process ended here."""


@dataclass
class World:
    """An account in which, between any two things that a function does, anything may happen."""

    data: st.DataObject
    rules: Rules
    chaos: bool = True
    depth: int = 0
    now: datetime = NOON
    state: State = field(default_factory=State)
    snapshots: list[Snapshot] = field(default_factory=lambda: [Snapshot("h1", Size(1))])
    champion: Champion | None = None
    by_token: dict[str, str] = field(default_factory=dict)
    active: dict[str, str] = field(default_factory=dict)
    begun: list[str] = field(default_factory=list)
    arrived: int = -1
    by_hand: bool = False

    def between(self) -> None:
        what = (
            self.data.draw(st.sampled_from(["on"] * 5 + ["die", "other", "change"])) if self.chaos else "on"
        )
        if what == "die":
            raise DiedError
        if what == "other" and self.depth < 3:
            self.look()
        if what == "change":
            self.change()

    def change(self) -> None:
        what = self.data.draw(
            st.sampled_from(["labels", "end", "time", "approve", "by hand", "replace", "restore"])
        )
        newest = self.snapshots[-1]
        if what == "labels":
            size = self.grown(newest.size)
            name = f"h{len(self.snapshots)}-{size.samples}"
            self.snapshots.append(Snapshot(name, size, (newest.hash, *newest.parents)))
        elif what == "replace":
            self.snapshots.append(Snapshot(f"other{len(self.snapshots)}", self.grown(Size(0))))
        elif what == "restore":
            self.snapshots.append(self.data.draw(st.sampled_from(self.snapshots)))
        elif what == "end" and self.active:
            self.active.popitem()
        elif what == "time":
            self.now += timedelta(hours=self.data.draw(st.integers(1, 30)))
        elif what == "approve" and self.begun:
            chosen = self.data.draw(st.sampled_from(self.begun))
            size = next(one.size for one in self.snapshots if one.hash == chosen)
            self.champion = Champion(f"s3://models/{chosen}", chosen, size)
        elif what == "by hand":
            self.by_hand = not self.by_hand

    def grown(self, size: Size) -> Size:
        """Return a size with more samples, perhaps on more images, if somebody counts them."""
        samples, images = self.data.draw(st.integers(1, 12)), self.data.draw(st.none() | st.integers(0, 3))
        return Size(size.samples + samples, None if images is None else (size.images or 1) + images)

    def look(self) -> None:
        self.depth += 1
        try:
            attend(FAMILY, PIPELINE, self, self, self.rules)  # type: ignore[arg-type]
        except (DiedError, BusyError):
            assert self.chaos
        finally:
            self.depth -= 1

    # what `Table` and `Account` do

    def read(self, _family: str) -> State:
        self.between()
        return self.state

    def write(self, _family: str, state: State) -> State | None:
        self.between()
        if state.revision != self.state.revision:
            return None
        self.state = State(
            state.revision + 1, state.running, state.waiting, state.waiting_since, state.last, state.begun
        )
        self.between()
        return self.state

    def see(self, _family: str, _pipeline: str, state: State) -> Seen:
        self.between()
        execution = state.running.execution if state.running else None
        ended = execution is not None and execution not in self.active
        return Seen(self.now, self.snapshots[-1], self.champion, ended, self.by_hand)

    def start(self, family: str, _pipeline: str, run: Run) -> str:
        self.between()
        token = run.token(family)
        if token not in self.by_token:  # as SageMaker does
            assert not self.active, "two runs of one family at once"
            assert run.snapshot not in self.begun, "two runs of one snapshot"
            self.by_token[token] = f"arn{len(self.by_token)}"
            self.active[self.by_token[token]] = run.snapshot
            self.begun.append(run.snapshot)
            before, hashes = self.arrived, [one.hash for one in self.snapshots]
            self.arrived = len(hashes) - 1 - hashes[::-1].index(run.snapshot)
            assert self.arrived > before, "a run of what an earlier run has overtaken"
        self.between()
        return self.by_token[token]


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_whatever_happens_in_between_no_snapshot_has_two_runs_and_none_is_lost(data: st.DataObject) -> None:
    world = World(data, data.draw(st.sampled_from([RULES, PAGES])))
    for _ in range(data.draw(st.integers(1, 6))):
        world.change()
        world.look()
    world.chaos = world.by_hand = False
    for _ in range(3):  # the clock asks, runs end
        world.look()
        world.active.clear()
        world.now += timedelta(hours=25)
    newest = world.snapshots[-1].hash
    assert newest in world.begun or (world.champion is not None and world.champion.snapshot == newest)
    assert world.state.waiting is None
    assert set(world.begun) == world.state.begun
