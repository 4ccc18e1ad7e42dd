"""The order in which samples are learnt, whatever their number, and where they are fetched from."""

from __future__ import annotations

from pathlib import Path

import digits
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from containers.common.reader import Order, Rows, share_of, stored_items
from corpus.snapshot import Snapshot, open_snapshot

seeds = st.integers(0, 2**31 - 1)


@st.composite
def orders(draw: st.DrawFn) -> Order:
    """Return any order: of alike rows or of several kinds, with old ones or without."""
    new, old = draw(st.integers(1, 60)), draw(st.integers(0, 40))
    kinds = draw(st.none() | st.integers(1, 5).map(lambda n: np.arange(new + old, dtype=np.int64) * 7 % n))
    return Order(
        new=new,
        old=old,
        replay=draw(st.floats(0.01, 3.0)),
        batch_size=draw(st.integers(1, 9)),
        seed=draw(seeds),
        kinds=kinds,
    )


def rows_of(plan: list[Rows]) -> list[int]:
    return [int(row) for batch in plan for row in batch]


@given(orders(), st.integers(0, 9))
def test_an_epoch_takes_every_new_row_once_and_old_ones_by_the_ratio(order: Order, epoch: int) -> None:
    plan = order.batches(epoch)
    rows = rows_of(plan)
    assert len(set(rows)) == len(rows)
    assert {row for row in rows if row < order.new} == set(range(order.new))
    old = [row for row in rows if row >= order.new]
    assert len(old) == min(round(order.replay * order.new), order.old)
    assert all(row < order.new + order.old for row in old)
    assert all(0 < len(batch) <= order.batch_size for batch in plan)


@given(orders(), st.integers(0, 9))
def test_a_batch_is_of_one_kind(order: Order, epoch: int) -> None:
    if order.kinds is None:
        return
    for batch in order.batches(epoch):
        assert len(set(order.kinds[batch])) == 1
        assert len({row < order.new for row in batch}) == 1


@given(orders(), st.integers(0, 9), st.integers(0, 80))
def test_going_on_is_leaving_out_what_was_done(order: Order, epoch: int, done: int) -> None:
    whole, rest = order.batches(epoch), order.batches(epoch, done)
    assert [batch.tolist() for batch in rest] == [batch.tolist() for batch in whole[done:]]


@given(st.integers(2, 60), seeds)
def test_epochs_and_seeds_differ(new: int, seed: int) -> None:
    order = Order(new=max(new, 20), batch_size=4, seed=seed)
    assert rows_of(order.batches(0)) != rows_of(order.batches(1))
    assert rows_of(order.batches(0)) != rows_of(Order(order.new, 4, seed + 1).batches(0))


@given(st.integers(1, 50), st.integers(1, 8))
def test_the_shares_of_processes_are_the_batch(count: int, size: int) -> None:
    rows = np.arange(100, 100 + count)
    shares = [share_of(rows, rank, size) for rank in range(size)]
    assert len({len(share) for share in shares}) == 1  # or one would wait for gradients of none
    taken = [int(row) for share in shares for row in share]
    assert set(taken) == set(rows.tolist())
    if count % size == 0:
        assert len(set(taken)) == len(taken)
    assert len(taken) - count < size


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Snapshot, Snapshot]:
    folder = tmp_path_factory.mktemp("reader")
    return digits.snapshot(folder / "a", "01", 20), digits.snapshot(folder / "b", "23", 15, seed=1)


def test_items_are_fetched_from_where_they_are_stored(two: tuple[Snapshot, Snapshot]) -> None:
    stored = stored_items(two, "train", "sample")
    samples = [one for snapshot in two for one in snapshot.samples() if one.split == "train"]
    assert [one.item.id for one in stored] == [one.id for one in samples]
    for one in stored:
        snapshot = two[0] if one.item.id.startswith("drawn-0/") else two[1]
        assert one.fetched() == snapshot.image_path(one.item.first).read_bytes()


def test_a_sample_of_two_snapshots_counts_once(two: tuple[Snapshot, Snapshot]) -> None:
    again = open_snapshot(str(Path(str(two[0].folder))))
    stored = stored_items([two[0], again], "val", "sample")
    assert len(stored) == len({one.item.id for one in stored}) == 4
