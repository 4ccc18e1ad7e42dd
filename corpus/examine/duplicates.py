"""Items that are in two splits: the very same image, or one that looks the same under the same label."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.examine.dataset import Dataset, Integers, Mask, groups_of, once
from corpus.sample import SPLITS, Sample, Split

_BLOCK = 1 << 20  # pairs compared at once: as many as the processor's cache holds
_BITS = 64
_LONGEST_PART = 16

RANK: dict[Split, int] = {"train": 0, "val": 1, "test": 2, "golden": 2}
"""Which splits come before which: test and golden may overlap, since neither is trained on nor chosen by."""

Prints = NDArray[np.uint64]


class Pair(NamedTuple):
    """An item (its first row) and one that it repeats in an earlier split; `bits` apart, 0 of 64: alike."""

    row: int
    earlier: int
    bits: int


@once
def exact_duplicates(data: Dataset) -> list[Pair]:
    """Return the items whose image, byte for byte, is in an earlier split too, whatever is labelled on it."""
    rows, ranks = data.heads, _ranks(data)
    pairs = []
    for group in groups_of(data.pictures[rows]):
        members = rows[group]
        first = members[np.argmin(ranks[members])]
        pairs += [Pair(int(row), int(first), 0) for row in members if ranks[row] > ranks[first]]
    return sorted(pairs)


@once
def near_duplicates(data: Dataset) -> list[Pair]:
    """Return the items that look like one with the same label in an earlier split, the nearest each.

    Alike are 64-bit perceptual hashes that differ in at most `near_duplicate_bits`. A sample is compared
    with those of the same text, else of the same class, else with those that have neither; whole pages
    with each other. Exact duplicates and blank images are left out.
    """
    heads = data.heads
    facts = [data.parts[row] for row in heads.tolist()]
    usable = np.fromiter((one.width > 0 and not one.blank for one in facts), np.bool_, len(facts))
    usable &= ~np.isin(heads, [pair.row for pair in exact_duplicates(data)])
    prints = np.array([one.fingerprint for one in facts], np.int64).view(np.uint64)
    if data.family.unit == "image":
        kinds, has_text = np.zeros(len(heads), np.int64), np.zeros(len(heads), np.bool_)
    else:
        kinds, has_text = _kinds(data.samples), data.has_text
    found: dict[int, Pair] = {}
    ranks = _ranks(data)[heads]
    for rank, told in itertools.product((1, 2), (True, False)):
        of_kind = usable & (has_text == told)
        queries, others = np.flatnonzero(of_kind & (ranks == rank)), np.flatnonzero(of_kind & (ranks < rank))
        search = _nearest if told else _nearest_by_parts  # few have one text; any number have one class
        for pair in search(queries, others, kinds, prints, data.thresholds.near_duplicate_bits):
            row, earlier = int(heads[pair.row]), int(heads[pair.earlier])
            found[row] = Pair(row, earlier, pair.bits)
    return sorted(found.values())


def _ranks(data: Dataset) -> Integers:
    return np.array([RANK[split] for split in SPLITS])[data.splits]


def _kinds(samples: Iterable[Sample]) -> Integers:
    """Return a number for each sample: by its text, where it has one, else by its class, if any."""
    numbers: dict[str | None, int] = {}
    names = (one.text if one.text is not None else one.label for one in samples)
    return np.array([numbers.setdefault(name, len(numbers)) for name in names], np.int64)


def _nearest(queries: Integers, others: Integers, kinds: Integers, prints: Prints, bits: int) -> list[Pair]:
    """Compare each query with the `others` of its kind; keep the nearest of each."""
    others = others[np.argsort(kinds[others], kind="stable")]
    starts = np.searchsorted(kinds[others], kinds[queries], "left")
    counts = np.searchsorted(kinds[others], kinds[queries], "right") - starts
    pairs: list[Pair] = []
    ends = np.cumsum(counts)
    first = 0
    while first < len(queries):
        done = ends[first - 1] if first else 0
        last = max(first + 1, int(np.searchsorted(ends, done + _BLOCK, "right")))
        block = slice(first, last)
        query = np.repeat(queries[block], counts[block])
        offset = np.arange(len(query)) - np.repeat(ends[block] - counts[block] - done, counts[block])
        other = others[np.repeat(starts[block], counts[block]) + offset]
        apart = np.bitwise_count(prints[query] ^ prints[other])
        near = np.flatnonzero(apart <= bits)
        near = near[np.lexsort((apart[near], query[near]))]
        _, firsts = np.unique(query[near], return_index=True)
        pairs += [Pair(int(query[i]), int(other[i]), int(apart[i])) for i in near[firsts]]
        first = last
    return pairs


def _nearest_by_parts(
    queries: Integers, others: Integers, kinds: Integers, prints: Prints, bits: int
) -> list[Pair]:
    """Find what `_nearest` finds without comparing all with all, however many are of one kind.

    Two hashes that differ in at most `bits` bits agree in one of `bits + 1` parts: only those are compared.
    """
    others = others[_firsts(kinds[others], prints[others])]
    nearest: dict[int, Pair] = {}
    for low, high in itertools.pairwise(np.linspace(0, _BITS, bits + 2).astype(int).tolist()):
        length = min(high - low, _LONGEST_PART)
        part = (prints >> np.uint64(low)) & np.uint64((1 << length) - 1)
        alike = kinds << _LONGEST_PART | part.astype(np.int64)
        for pair in _nearest(queries, others, alike, prints, bits):
            if pair.row not in nearest or pair.bits < nearest[pair.row].bits:
                nearest[pair.row] = pair
    return list(nearest.values())


def _firsts(kinds: Integers, prints: Prints) -> Mask:
    """Mark the first of each kind with each hash: the others look the same."""
    order = np.lexsort((prints, kinds))
    new = np.ones(len(order), np.bool_)
    new[1:] = (np.diff(kinds[order]) != 0) | (prints[order][1:] != prints[order][:-1])
    marked = np.zeros(len(order), np.bool_)
    marked[order[new]] = True
    return marked
