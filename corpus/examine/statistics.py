"""What the data looks like: characters, lengths and sizes by split, and how far train and val are apart."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from corpus.examine.dataset import Dataset, Integers, Mask, once
from corpus.examine.examination import Divergence, Spread
from corpus.sample import SPLITS, Split

_PERCENTILES = (0, 5, 25, 50, 75, 95, 100)
_PER_OCTAVE = 2  # sizes are alike up to a factor of the square root of two


def splits_in(data: Dataset) -> list[tuple[Split, Mask]]:
    """Return the splits that have samples, each with its rows."""
    return [(split, rows) for split in SPLITS if (rows := data.of_split(split)).any()]


def samples(data: Dataset) -> dict[str, int]:
    """Return how many samples each split has."""
    return {split: int(rows.sum()) for split, rows in splits_in(data)}


@once
def items(data: Dataset) -> dict[str, int]:
    """Return how many items each split has: pages where a model answers pages, else samples."""
    counts = np.bincount(data.splits[data.heads], minlength=len(SPLITS))
    return {split: int(counts[SPLITS.index(split)]) for split, _ in splits_in(data)}


@once
def groups(data: Dataset) -> dict[Split, set[str]]:
    """Return the groups of every split."""
    found: dict[Split, set[str]] = {split: set() for split in SPLITS}
    for sample in data.samples:
        found[sample.split].add(sample.group)
    return found


def characters(data: Dataset) -> dict[str, dict[str, int]]:
    """Return how often each character occurs in each split, the most frequent first."""
    counted: dict[str, dict[str, int]] = {}
    for split, rows in splits_in(data):
        codes, counts = _counted(data.code_points[rows[data.owners]])
        order = np.argsort(-counts, kind="stable")
        counted[split] = {chr(codes[i]): int(counts[i]) for i in order}
    return counted


def samples_with_character(data: Dataset, rows: Mask) -> dict[str, int]:
    """Return in how many of `rows` each character occurs."""
    inside = rows[data.owners]
    # a character and its sample as one number, sorted: much quicker than np.unique, which hashes
    pairs = np.sort(data.owners[inside] << 21 | data.code_points[inside])
    first = np.ones(len(pairs), np.bool_)
    first[1:] = pairs[1:] != pairs[:-1]
    codes, counts = _counted(pairs[first] & 0x1FFFFF)
    return {chr(code): int(count) for code, count in zip(codes, counts, strict=True)}


def lengths(data: Dataset) -> dict[str, dict[int, int]]:
    """Return how many labels of each split have how many code points."""
    return {
        split: dict(sorted(Counter(data.lengths[rows & data.has_text].tolist()).items()))
        for split, rows in splits_in(data)
    }


def labels(data: Dataset) -> dict[str, dict[str, int]]:
    """Return how many samples of each split have each class label."""
    counts = Counter((sample.split, sample.label) for sample in data.samples if sample.label is not None)
    found: dict[str, dict[str, int]] = {split: {} for split, _ in splits_in(data)}
    for (split, label), count in sorted(counts.items()):
        found[split][label] = count
    return found


def spreads(data: Dataset) -> tuple[Spread, ...]:
    """Return the percentiles of label length, image size and what else the task measures in each split."""
    measures = {
        "characters in a label": (data.lengths, data.has_text),
        "width, px": (data.widths, data.readable & data.is_head),
        "height, px": (data.heights, data.readable & data.is_head),
        **data.task.measures(data),
    }
    found = []
    for name, (values, known) in measures.items():
        for split, rows in splits_in(data):
            if (chosen := values[rows & known]).size:
                found.append(Spread(name, split, tuple(np.percentile(chosen, _PERCENTILES).tolist())))
    return tuple(found)


@once
def divergences(data: Dataset) -> tuple[Divergence, ...]:
    """Return how far train and val are apart in characters, label lengths and image sizes."""
    train, val = data.of_split("train"), data.of_split("val")
    sizes, seen = _octaves(data.widths) << 16 | _octaves(data.heights), data.readable & data.is_head
    measures: dict[str, tuple[NDArray[np.integer], Integers]] = {
        "characters": (data.code_points, data.owners),
        "label lengths": (data.lengths[data.has_text], np.flatnonzero(data.has_text)),
        "image sizes": (sizes[seen], np.flatnonzero(seen)),
    }
    found = []
    for name, (values, rows) in measures.items():
        one, other = values[train[rows]], values[val[rows]]
        if one.size and other.size:
            found.append(Divergence(name, _jensen_shannon(one, other), data.thresholds.max_split_divergence))
    return tuple(found)


def _octaves(pixels: Integers) -> Integers:
    rounded: Integers = np.round(np.log2(np.maximum(pixels, 1)) * _PER_OCTAVE).astype(np.int64)
    return rounded


def _jensen_shannon(one: NDArray[np.integer], other: NDArray[np.integer]) -> float:
    """Return the divergence (Lin 1991, base 2) of the distributions that two lots of small integers have.

    Two small lots from one distribution differ by chance; the expected value of that, to second order
    (Grosse et al. 2002, *Analysis of symbolic sequences using the Jensen-Shannon divergence*), is
    subtracted, so that a small val is not called different for being small.
    """
    kinds = int(max(one.max(), other.max())) + 1
    p, q = np.bincount(one, minlength=kinds) / one.size, np.bincount(other, minlength=kinds) / other.size
    by_chance = (np.count_nonzero(p + q) - 1) * (1 / one.size + 1 / other.size) / (8 * np.log(2))
    return float(max(0.0, _entropy((p + q) / 2) - (_entropy(p) + _entropy(q)) / 2 - by_chance))


def _entropy(shares: NDArray[np.float64]) -> float:
    positive = shares[shares > 0]
    return float(-(positive * np.log2(positive)).sum())


def _counted(codes: NDArray[np.integer]) -> tuple[Integers, Integers]:
    """Return which code points occur and how often; a table of all of Unicode is quicker than sorting."""
    counts = np.bincount(codes)
    present = np.flatnonzero(counts)
    return present, counts[present]
