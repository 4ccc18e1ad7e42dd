"""Rules about the characters of a split: whether train shows what the others ask for, and often enough."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from corpus.examine.dataset import Dataset
from corpus.examine.rules.base import Hit, rule
from corpus.examine.statistics import samples_with_character
from corpus.text import describe_characters, quoted


@rule(
    "split.unseen-character",
    "warning",
    "The label holds a character that train never shows: only a model that knows it already can read it.",
    "Label more images with it for train, or mend the label if it is wrong.",
)
def unseen_character(data: Dataset) -> Iterator[Hit]:
    """Find characters of val, test and golden that train lacks."""
    train = data.of_split("train")
    if not train.any():  # see split.empty
        return
    seen = set("".join(text for text, learnt in zip(data.texts, train, strict=True) if learnt))
    if not (unseen := set(data.derived.entries) - seen):
        return
    lost = np.isin(data.code_points, np.array(sorted(map(ord, unseen)), np.uint32))
    for row in np.flatnonzero(np.bincount(data.owners[lost])).tolist():
        there = dict.fromkeys(character for character in data.texts[row] if character in unseen)
        yield Hit(f"{describe_characters(''.join(there))} in {quoted(data.texts[row])}", row)


@rule(
    "split.rare-character",
    "warning",
    "The character is in so few labels of train that it will hardly be learnt.",
    "Label or draw more images with it; min_samples_per_character in the family says what is enough.",
)
def rare_character(data: Dataset) -> Iterator[Hit]:
    """Find characters that fewer labels of train have than the least; each with an example."""
    least = data.thresholds.min_samples_per_character
    counts = samples_with_character(data, data.of_split("train"))
    rare = {character: count for character, count in counts.items() if count < least}
    for character, count in sorted(rare.items(), key=lambda item: item[1]):
        position = np.flatnonzero((data.code_points == ord(character)) & data.of_split("train")[data.owners])[
            0
        ]
        found = f"{describe_characters(character)}: in {count:,} of train's labels; at least {least:,}"
        yield Hit(found, int(data.owners[position]))
