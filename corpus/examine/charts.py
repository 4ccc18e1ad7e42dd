"""The numbers behind the report's drawings: where each bar begins and how long it is."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from corpus.examine.examination import Ceiling, Examination

MOST_CHARACTERS = 400
BAR_PX = 44
"""Height of the tallest bar of a character."""

HISTOGRAM_PX = (360, 130)
"""Width and height of the histogram of lengths."""

_MOST_COLUMNS = 60


@dataclass(frozen=True, slots=True)
class CharacterBars:
    """One character: how it is shown, what it is called, and the bars of train and of val, in pixels."""

    shown: str
    title: str
    train_px: float
    val_px: float


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the histogram: labels from `first` to `last` code points, and both bars, in pixels."""

    first: int
    last: int
    x: float
    width: float
    train_px: float
    val_px: float


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a bar, in per cent of its length: what can be got right (None), or what stops it."""

    obstacle: str | None
    samples: int
    start: float
    length: float


def ceiling_slices(ceiling: Ceiling) -> list[Slice]:
    """Return the bar of a split: what is reachable, then what is lost, reason by reason."""
    slices, start = [], 0.0
    parts: list[tuple[str | None, int]] = [(None, ceiling.reachable), *ceiling.lost.items()]
    for obstacle, samples in parts:
        length = 100 * samples / ceiling.samples
        slices.append(Slice(obstacle, samples, start, length))
        start += length
    return slices


def character_bars(examination: Examination) -> list[CharacterBars]:
    """Return the most frequent characters; bars are logarithmic, val's scaled to as many as train has."""
    train = examination.characters.get("train", {})
    val = examination.characters.get("val", {})
    total: dict[str, int] = {}
    for counts in examination.characters.values():
        for character, count in counts.items():
            total[character] = total.get(character, 0) + count
    scale = sum(train.values()) / max(sum(val.values()), 1) if train else 1.0
    top = max([*train.values(), *(count * scale for count in val.values())], default=1)
    frequent = sorted(total, key=lambda character: (-total[character], character))[:MOST_CHARACTERS]
    return [
        CharacterBars(
            shown=_visible(character),
            title=f"{_name(character)}: " + _counts(character, examination.characters),
            train_px=_logarithmic(train.get(character, 0), top),
            val_px=_logarithmic(val.get(character, 0) * scale, top),
        )
        for character in frequent
    ]


def length_columns(examination: Examination) -> list[Column]:
    """Return the histogram of label lengths in train and val, as shares of their splits."""
    train, val = examination.lengths.get("train", {}), examination.lengths.get("val", {})
    longest = max([*train, *val], default=0)
    per_column = max(1, math.ceil((longest + 1) / _MOST_COLUMNS))
    starts = range(0, longest + 1, per_column)
    train_shares, val_shares = (_shares(counts, starts, per_column) for counts in (train, val))
    top = max([*train_shares, *val_shares], default=0) or 1
    width, height = HISTOGRAM_PX
    step = width / max(len(starts), 1)
    return [
        Column(
            first,
            first + per_column - 1,
            round(i * step, 2),
            round(step, 2),
            height * a / top,
            height * b / top,
        )
        for i, (first, a, b) in enumerate(zip(starts, train_shares, val_shares, strict=True))
    ]


def _shares(counts: Mapping[int, int], starts: range, per_column: int) -> list[float]:
    total = sum(counts.values()) or 1
    return [sum(counts.get(first + i, 0) for i in range(per_column)) / total for first in starts]


def _logarithmic(count: float, top: float) -> float:
    return round(BAR_PX * math.log1p(count) / math.log1p(top), 1) if top else 0.0


def _counts(character: str, characters: Mapping[str, Mapping[str, int]]) -> str:
    return ", ".join(f"{split} {counts.get(character, 0):,}" for split, counts in characters.items())


def _visible(character: str) -> str:
    if character == " ":
        return "␣"
    category = unicodedata.category(character)
    if category[0] in "CZ":
        return f"{ord(character):04X}"
    return f"\u25cc{character}" if category[0] == "M" else character


def _name(character: str) -> str:
    return f"U+{ord(character):04X} {unicodedata.name(character, 'without a name')}"
