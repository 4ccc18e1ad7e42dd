"""The ceiling: the best exact match that any training could reach, since the data rules the rest out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import reduce

import numpy as np

from corpus.examine.dataset import Dataset, Mask, once
from corpus.examine.examination import Ceiling
from corpus.sample import SPLITS
from tasks.recognition.steps import given_steps, needed_steps, settings_of

REASONS = {
    "image": "the image does not decode",
    "no-text": "there is no text",
    "charset": "a character is not in the charset",
    "too-long": "the label is longer than max_text_length",
    "too-few-steps": "the image gives CTC too few time steps",
    "conflict": "the same image has another label more often",
}
"""Why no training can make a model read a line right; the first that applies is the one that is counted."""


@once
def ceilings(data: Dataset) -> tuple[Ceiling, ...]:
    """Return the ceiling of each split that has samples, then that of all of them together.

    A sample can be read right only if its image decodes, its text is not empty, the charset in force
    has each of its characters, it is at most `max_text_length` long and fits into the CTC steps of its
    image; and of samples that show the very same image, only those with the most frequent text.
    """
    obstacles = _obstacles(data)
    parts: dict[str, Mask] = {split: data.of_split(split) for split in SPLITS}
    parts["all"] = np.ones(len(data.samples), np.bool_)
    return tuple(_ceiling(name, rows, obstacles, data) for name, rows in parts.items() if rows.any())


def too_long(data: Dataset) -> Mask:
    """Return the rows whose text is longer than the trainer takes."""
    longer: Mask = data.lengths > settings_of(data).max_text_length
    return longer


def too_few_steps(data: Dataset) -> Mask:
    """Return the rows whose image gives CTC fewer time steps than the text needs."""
    fewer: Mask = data.readable & (given_steps(data) < needed_steps(data))
    return fewer


def outvoted(data: Dataset, rows: Mask) -> Iterator[tuple[int, int]]:
    """Yield each of `rows` whose image has another text more often, with a row that has that text.

    A model answers the same image always alike, so at most the samples with one text are right; of
    equally frequent texts the first is taken.
    """
    for group in data.shared_contents:
        members = [row for row in group.tolist() if rows[row]]
        texts = Counter(data.texts[row] for row in members)
        if len(texts) > 1:
            majority = texts.most_common(1)[0][0]
            winner = next(row for row in members if data.texts[row] == majority)
            yield from ((row, winner) for row in members if data.texts[row] != majority)


def _obstacles(data: Dataset) -> dict[str, Mask]:
    """Return the rows that each obstacle stops, those that an earlier one stops left out."""
    found: dict[str, Mask] = {
        "image": ~data.readable,
        "no-text": ~data.has_text | (data.lengths == 0),
        "charset": data.unencodable,
        "too-long": too_long(data),
        "too-few-steps": too_few_steps(data),
    }
    stopped = np.zeros(len(data.samples), np.bool_)
    for obstacle, rows in found.items():
        found[obstacle] = rows & ~stopped
        stopped |= rows
    return found


def _ceiling(name: str, rows: Mask, obstacles: dict[str, Mask], data: Dataset) -> Ceiling:
    possible = reduce(np.logical_and, (~stopped for stopped in obstacles.values()), rows)
    lost = {obstacle: int((stopped & rows).sum()) for obstacle, stopped in obstacles.items()}
    lost["conflict"] = sum(1 for _ in outvoted(data, possible))
    samples = int(rows.sum())
    reachable = samples - sum(lost.values())
    return Ceiling(name, samples, reachable, {k: n for k, n in lost.items() if n}, reasons=REASONS)
