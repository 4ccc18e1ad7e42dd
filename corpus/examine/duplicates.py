"""Samples that are in two splits: the very same image, or one that looks the same under the same text."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.examine.dataset import Dataset, Integers, once
from corpus.sample import SPLITS, Split

_BLOCK = 1 << 20  # pairs compared at once: as many as the processor's cache holds

RANK: dict[Split, int] = {"train": 0, "val": 1, "test": 2, "golden": 2}
"""Which splits come before which: test and golden may overlap, since neither is trained on nor chosen by."""


class Pair(NamedTuple):
    """A sample (its row) and one that it repeats in an earlier split; `bits` apart, 0 of 64: alike."""

    row: int
    earlier: int
    bits: int


@once
def exact_duplicates(data: Dataset) -> list[Pair]:
    """Return the samples whose image, byte for byte, is also in an earlier split."""
    ranks = _ranks(data)
    pairs = []
    for group in data.shared_contents:
        first = group[np.argmin(ranks[group])]
        pairs += [Pair(int(row), int(first), 0) for row in group if ranks[row] > ranks[first]]
    return sorted(pairs)


@once
def near_duplicates(data: Dataset) -> list[Pair]:
    """Return the samples that look like one with the same text in an earlier split, the nearest each.

    Alike are 64-bit perceptual hashes that differ in at most `near_duplicate_bits`. Exact duplicates,
    blank images and samples without a text are left out.
    """
    known = np.zeros(len(data.samples), np.bool_)
    known[[pair.row for pair in exact_duplicates(data)]] = True
    usable = data.readable & data.has_text & ~np.array([part.blank for part in data.parts], np.bool_)
    prints = np.array([part.fingerprint for part in data.parts], np.int64).view(np.uint64)
    numbers: dict[str, int] = {}
    texts = np.fromiter((numbers.setdefault(text, len(numbers)) for text in data.texts), np.int64)
    ranks = _ranks(data)
    pairs: list[Pair] = []
    for rank in (1, 2):
        queries = np.flatnonzero(usable & ~known & (ranks == rank))
        others = np.flatnonzero(usable & (ranks < rank))
        others = others[np.argsort(texts[others], kind="stable")]
        pairs += _nearest(queries, others, texts, prints, data.thresholds.near_duplicate_bits)
    return sorted(pairs)


def _ranks(data: Dataset) -> Integers:
    return np.array([RANK[split] for split in SPLITS])[data.splits]


def _nearest(
    queries: Integers, others: Integers, texts: Integers, prints: NDArray[np.uint64], bits: int
) -> list[Pair]:
    """Compare each query with the `others` (sorted by text) that have its text; keep the nearest of each."""
    starts = np.searchsorted(texts[others], texts[queries], "left")
    counts = np.searchsorted(texts[others], texts[queries], "right") - starts
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
