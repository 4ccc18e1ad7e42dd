"""Rules about splits: whether val, test and golden measure what they are meant to measure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from corpus.examine.dataset import Dataset
from corpus.examine.duplicates import RANK, Pair, exact_duplicates, near_duplicates
from corpus.examine.rules.base import Hit, rule
from corpus.examine.statistics import divergences, items
from corpus.sample import SPLITS, Sample
from corpus.text import percent, quoted


@rule(
    "split.empty",
    "error",
    "Train or val has no samples: nothing can be learnt, or nothing can be chosen by.",
    "Import more groups, or with other shares.",
)
def empty(data: Dataset) -> Iterator[Hit]:
    """Find out whether train and val have samples."""
    for split in ("train", "val"):
        if not data.of_split(split).any():
            yield Hit(f"{split} has no samples")


@rule(
    "split.group-straddles",
    "error",
    "A group (a drawing, page or writer) is in several splits: what is measured there was seen in training.",
    "Give the whole group one split. (Test and golden may share a group: neither is trained on.)",
)
def group_straddles(data: Dataset) -> Iterator[Hit]:
    """Find samples whose group is in an earlier split too."""
    earliest: dict[str, Sample] = {}
    for sample in data.samples:
        first = earliest.setdefault(sample.group, sample)
        if RANK[sample.split] < RANK[first.split]:
            earliest[sample.group] = sample
    for row, sample in enumerate(data.samples):
        first = earliest[sample.group]
        if RANK[first.split] < RANK[sample.split]:
            yield Hit(f"group {quoted(sample.group)} is also in {first.split} (sample {first.id})", row)


@rule(
    "split.leakage",
    "error",
    "So much of val or of the held-out splits is also in an earlier split that its score says little.",
    "Import with the writer, page or drawing as group; or raise max_duplicate_share if repeats are natural.",
)
def leakage(data: Dataset) -> Iterator[Hit]:
    """Compare the share of exact and near duplicates of each split with the greatest."""
    most = data.thresholds.max_duplicate_share
    pairs = [*exact_duplicates(data), *near_duplicates(data)]
    repeated = Counter[str](data.samples[pair.row].split for pair in pairs)
    for split, total in items(data).items():
        count = repeated[split]
        if count > most * total:
            share = f"{percent(count / total)}; at most {percent(most)}"
            yield Hit(f"{split}: {count:,} of {total:,} {data.family.noun}s are duplicates ({share})")


@rule(
    "split.duplicate",
    "warning",
    "The very same image is in an earlier split.",
    "Delete one of the two, or give both the same group.",
)
def duplicate(data: Dataset) -> Iterator[Hit]:
    """Find images that are, byte for byte, in an earlier split."""
    return _repeated(data, exact_duplicates(data))


@rule(
    "split.near-duplicate",
    "warning",
    "An image that looks alike, under the same label if it has one, is in an earlier split.",
    "Look at both; if one comes from the other, give both the same group.",
)
def near_duplicate(data: Dataset) -> Iterator[Hit]:
    """Find images that look, to a perceptual hash, like one in an earlier split."""
    return _repeated(data, near_duplicates(data))


@rule(
    "split.small",
    "warning",
    "The split has so few items (lines, pages) that a score on it is mostly chance.",
    "Label more, or import with other shares.",
)
def small(data: Dataset) -> Iterator[Hit]:
    """Find splits with fewer items than the least."""
    least = data.thresholds.min_samples_per_split
    for split in SPLITS:
        count = items(data).get(split, 0)
        if count < least and (count or split not in ("train", "val")):  # see split.empty
            yield Hit(f"{split} has {count:,} {data.family.noun}s; at least {least:,}")


@rule(
    "split.rare-label",
    "warning",
    "The class has so few samples in train that it will hardly be learnt.",
    "Label more of it, or leave it out; min_samples_per_label in the family says what is enough.",
)
def rare_label(data: Dataset) -> Iterator[Hit]:
    """Find class labels that fewer samples of train have than the least."""
    least = data.thresholds.min_samples_per_label
    counts = Counter(sample.label for sample in data.samples if sample.split == "train")
    for label in sorted({sample.label for sample in data.samples if sample.label is not None}):
        if counts[label] < least:
            yield Hit(f"class {quoted(label)} has {counts[label]:,} samples in train; at least {least:,}")


@rule(
    "split.divergence",
    "warning",
    "Train and val differ: what is chosen by val may not be the best for anything else.",
    "See which groups make the difference; import with another --salt, or label more groups.",
)
def divergence(data: Dataset) -> Iterator[Hit]:
    """Compare the distributions of characters, label lengths and image sizes."""
    for found in divergences(data):
        if found.value > found.limit:
            apart = f"{found.value:.3f} (0 alike, 1 nothing in common); at most {found.limit:g}"
            yield Hit(f"{found.measure}: {apart}")


def _repeated(data: Dataset, pairs: Iterable[Pair]) -> Iterator[Hit]:
    for pair in pairs:
        other = data.samples[pair.earlier]
        alike = f", {pair.bits} of 64 bits apart" if pair.bits else ""
        yield Hit(f"also in {other.split}: sample {other.id}{alike}", pair.row, pair.earlier)
