"""How every training reads its samples: which, from where, in which order, and by which of its processes.

This is the one place that knows how prepared data is laid out, and the one place that shuffles. An epoch's
order is a function of seed and epoch alone, so a training that was interrupted goes on with the batch after
the last one, and processes that train together agree without a word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from config.family import Unit
from corpus.items import Item, items_of
from corpus.paths import as_path
from corpus.sample import Sample, Split
from corpus.snapshot import Snapshot

Rows = NDArray[np.int64]
"""Numbers of what is learnt: new rows first, then old ones."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An item, and where its image is stored (None: it has none); another process can fetch it, too."""

    item: Item
    place: str | None

    def fetched(self) -> bytes:
        """Return the bytes of its image."""
        assert self.place is not None  # a task that looks at images selects samples that have one
        return as_path(self.place).read_bytes()


def stored_items(snapshots: Sequence[Snapshot], split: Split, unit: Unit) -> tuple[Stored, ...]:
    """Return the items of a split in manifest order; a sample that several snapshots have counts once."""
    samples: dict[str, tuple[Sample, Snapshot]] = {}
    for snapshot in snapshots:
        samples |= {one.id: (one, snapshot) for one in snapshot.samples() if one.split == split}
    items = items_of((sample for sample, _ in samples.values()), unit)
    return tuple(Stored(item, _place(*samples[item.first.id])) for item in items)


def size_of(sample: Sample) -> tuple[int, int]:
    """Return width and height in pixels of the image of a sample that has one."""
    assert sample.width is not None  # both stand beside every image
    assert sample.height is not None
    return sample.width, sample.height


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """In which batches an epoch learns `new` rows, and of `old` ones `replay` for each new one.

    `kinds` has a number for each row, where only rows of one kind can share a batch: the width of a line.
    New and old rows share batches only where there are no kinds.
    """

    new: int
    batch_size: int
    seed: int
    old: int = 0
    replay: float = 1.0
    kinds: NDArray[np.int64] | None = None

    def batches(self, epoch: int, done: int = 0) -> list[Rows]:
        """Return the batches of an epoch (from 0) but for the first `done`; the same at every call."""
        random = np.random.default_rng([self.seed, epoch])
        replayed = min(round(self.replay * self.new), self.old)
        if self.kinds is None:
            old = self.new + random.permutation(self.old)[:replayed]
            rows = random.permutation(np.concatenate([np.arange(self.new), old]))
            return _cut(rows, self.batch_size)[done:]
        plan = alike(random.permutation(self.new), self.kinds, self.batch_size)
        if self.old:
            old = self.new + random.permutation(self.old)[:replayed]
            plan += alike(old, self.kinds, self.batch_size)
        random.shuffle(plan)
        return plan[done:]


def alike(rows: Rows, kinds: NDArray[np.int64], size: int) -> list[Rows]:
    """Return `rows`, in their order, as batches of one kind and at most `size`."""
    own = kinds[rows]
    return [batch for kind in np.unique(own) for batch in _cut(rows[own == kind], size)]


def share_of(rows: Rows, rank: int, size: int) -> Rows:
    """Return the rows of a batch that process `rank` of `size` learns; all have as many.

    Where they do not divide evenly, the first ones are learnt twice.
    """
    return np.resize(rows, len(rows) + -len(rows) % size)[rank::size]


def _cut(rows: Rows, size: int) -> list[Rows]:
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def _place(sample: Sample, snapshot: Snapshot) -> str | None:
    return None if sample.image is None else str(snapshot.image_path(sample))
