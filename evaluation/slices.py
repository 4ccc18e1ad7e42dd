"""Where a model is good and where it is not: the same lines, cut by length, script, character and meta."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from fontTools import unicodedata as scripts
from numpy.typing import NDArray

from evaluation.predictions import Predictions
from evaluation.text import Lines, rate

MIN_SAMPLES = 20
"""Slices with fewer lines are not ranked: their rates are mostly chance."""
WORST_OF_MANY = 20
"""Of a dimension with more values than this only the worst are kept."""

_LENGTHS = ((0, "0"), (5, "1 to 5"), (10, "6 to 10"), (20, "11 to 20"), (40, "21 to 40"))
_FEW_NUMBERS = 8
_NO_SCRIPT = ("Zyyy", "Zinh", "Zzzz")


@dataclass(frozen=True, slots=True, eq=False)
class Dimension:
    """One way to cut the lines: line ``lines[k]`` belongs to the slice ``labels[members[k]]``.

    A line may belong to several slices of a dimension (it holds many characters) or to none.
    """

    name: str
    labels: tuple[str, ...]
    lines: NDArray[np.int64]
    members: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Slice:
    """How well the lines of one slice were read. `name` is ``dimension=value``.

    `error_share` is the share of all character errors that happen here.
    """

    name: str
    dimension: str
    value: str
    samples: int
    reference_length: int
    errors: int
    cer: float | None
    exact_match: float
    error_share: float


def dimensions(predictions: Predictions) -> tuple[Dimension, ...]:
    """Return every way to cut `predictions`.

    ``length`` (of the reference, in code points), ``script`` (Unicode script of the reference), ``character``
    (the reference holds it) and ``group`` always; then one for each key of `meta` with scalar values:
    numbers of more than eight values are cut into quarters. Where a name is taken, ``meta.`` comes first.
    """
    references = predictions.references()
    made = [
        _single("length", [_length(text) for text in references]),
        _single("script", [_script(text) for text in references]),
        _characters(references),
        _single("group", [line.group for line in predictions.lines]),
    ]
    taken = {dimension.name for dimension in made}
    for key in sorted({key for line in predictions.lines for key in line.meta}):
        name = key
        while name in taken:
            name = f"meta.{name}"
        taken.add(name)
        made.append(_single(name, _labels([line.meta.get(key) for line in predictions.lines])))
    return tuple(dimension for dimension in made if dimension.labels)


def slice_metrics(dimension: Dimension, lines: Lines) -> tuple[Slice, ...]:
    """Return every slice of `dimension`, the highest character error rate first."""
    count = len(dimension.labels)

    def total(values: NDArray[np.number | np.bool_]) -> NDArray[np.float64]:
        return np.bincount(dimension.members, values[dimension.lines], count).astype(np.float64)

    errors, lengths = total(lines.characters.errors), total(lines.characters.reference_length)
    samples = np.bincount(dimension.members, minlength=count)
    exact = total(lines.exact)
    all_errors = float(lines.characters.errors.sum())
    made = [
        Slice(
            name=f"{dimension.name}={label}",
            dimension=dimension.name,
            value=label,
            samples=int(samples[k]),
            reference_length=int(lengths[k]),
            errors=int(errors[k]),
            cer=rate(float(errors[k]), float(lengths[k])),
            exact_match=float(exact[k] / samples[k]),
            error_share=rate(float(errors[k]), all_errors) or 0.0,
        )
        for k, label in enumerate(dimension.labels)
    ]
    return tuple(sorted(made, key=_badness, reverse=True))


def worst(slices: Sequence[Slice], guarded: Iterable[str] = ()) -> tuple[Slice, ...]:
    """Return the slices worth a look, the worst first, and those that `guarded` names in any case.

    Small slices are left out, of a dimension with many values all but the worst, and a dimension with one
    value altogether.
    """
    names = set(guarded)
    values = Counter(one.dimension for one in slices)
    large = [one for one in slices if one.samples >= MIN_SAMPLES and values[one.dimension] > 1]
    kept = {one.name for dimension in values for one in _top(large, dimension)}
    chosen = (one for one in slices if one.name in kept or matches(one.name, names))
    return tuple(sorted(chosen, key=_badness, reverse=True))


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Return whether a slice's `name` is one of `patterns`; ``snapshot=*`` is every slice by snapshot."""
    return any(
        name == pattern or (pattern.endswith("=*") and name.startswith(pattern[:-1])) for pattern in patterns
    )


def members_of(name: str, cuts: Sequence[Dimension]) -> NDArray[np.int64]:
    """Return the lines of the slice `name`; none where there is no such slice."""
    for dimension in cuts:
        label = name.removeprefix(f"{dimension.name}=")  # the key itself may hold a "="
        if label != name and label in dimension.labels:
            members: NDArray[np.int64] = dimension.lines[dimension.members == dimension.labels.index(label)]
            return members
    return np.array([], dtype=np.int64)


def _top(slices: Sequence[Slice], dimension: str) -> list[Slice]:
    ours = [one for one in slices if one.dimension == dimension]
    return sorted(ours, key=_badness, reverse=True)[:WORST_OF_MANY]


def _badness(one: Slice) -> tuple[float, int, str]:
    return (one.cer if one.cer is not None else -1.0, one.errors, one.name)


def _single(name: str, labels: Sequence[str | None]) -> Dimension:
    numbers: dict[str, int] = {}
    pairs = [
        (line, numbers.setdefault(label, len(numbers)))
        for line, label in enumerate(labels)
        if label is not None
    ]
    return _dimension(name, numbers, pairs)


def _characters(references: Sequence[str]) -> Dimension:
    numbers: dict[str, int] = {}
    pairs = [
        (line, numbers.setdefault(character, len(numbers)))
        for line, text in enumerate(references)
        for character in sorted(set(text))
    ]
    return _dimension("character", numbers, pairs)


def _dimension(name: str, numbers: dict[str, int], pairs: list[tuple[int, int]]) -> Dimension:
    table = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return Dimension(name, tuple(numbers), table[:, 0], table[:, 1])


def _length(text: str) -> str:
    return next((label for most, label in _LENGTHS if len(text) <= most), "41 and more")


def _script(text: str) -> str:
    codes = {_script_code(character) for character in set(text)}.difference(_NO_SCRIPT)
    if not codes:
        return "digits and signs"
    return str(scripts.script_name(codes.pop())) if len(codes) == 1 else "mixed"


@cache
def _script_code(character: str) -> str:
    return str(scripts.script(character))


def _labels(values: Sequence[object]) -> list[str | None]:
    """Return a label for each value of one key of `meta`; None where it is absent or not a scalar."""
    numbers = [float(v) for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
    if len(set(numbers)) > _FEW_NUMBERS:
        edges = np.unique(np.quantile(numbers, (0.25, 0.5, 0.75)))
        return [_quarter(value, edges) for value in values]
    return [str(value) if isinstance(value, str | int | float) else None for value in values]


def _quarter(value: object, edges: NDArray[np.float64]) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    place = int(np.searchsorted(edges, value, side="left"))
    if place == 0:
        return f"up to {edges[0]:.4g}"
    if place == len(edges):
        return f"above {edges[-1]:.4g}"
    return f"{edges[place - 1]:.4g} to {edges[place]:.4g}"
