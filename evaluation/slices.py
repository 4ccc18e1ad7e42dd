"""Where a model is good and where it is not: items sliced by group, by meta and by the task's dimensions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from corpus.items import Item
from evaluation.figures import Figure, Floats, Integers, Mask, number

MIN_SAMPLES = 20
"""Slices with fewer judgements are not ranked: their figures are mostly chance."""
WORST_OF_MANY = 20
"""If a dimension has more values than this, only its worst are kept."""

_FEW_NUMBERS = 8
_CHUNK = 256
"""Slices whose sums are held dense at once."""


@dataclass(frozen=True, slots=True, eq=False)
class Dimension:
    """One way to slice the items: item ``items[k]`` belongs to the slice ``labels[members[k]]``.

    An item may belong to several slices of a dimension (a line holds many characters) or to none.
    """

    name: str
    labels: tuple[str, ...]
    items: Integers
    members: Integers


@dataclass(frozen=True, slots=True)
class Slice:
    """How a model does on one slice. `name` is ``dimension=value``, `samples` its number of judgements.

    `error` is the headline's, None if it is undefined; `cost` is what went wrong in it, and `error_share`
    its share of all that went wrong.
    """

    name: str
    dimension: str
    value: str
    samples: int
    error: float | None
    cost: float
    error_share: float


def worst_slices(
    headline: Figure, parts: Sequence[Figure], dimensions: Sequence[Dimension], guarded: Collection[str] = ()
) -> tuple[Slice, ...]:
    """Return the slices worth a look, the worst first, and those that `guarded` names in any case.

    `parts` are figures of parts of the items, such as those of one class. Small slices are left out, as is a
    dimension with one value; of a dimension with many values, only the worst are kept.
    """
    values = Counter({one.name: len(one.labels) for one in dimensions})
    values.update(one.part.partition("=")[0] for one in parts)
    whole = float(headline.cost.sum())
    found = [one for each in dimensions for one in _of_dimension(headline, each, guarded, whole)]
    found += [_of_part(one, whole) for one in parts]
    found.sort(key=_badness, reverse=True)
    kept = Counter[str]()
    chosen = []
    for one in found:
        large = one.samples >= MIN_SAMPLES and values[one.dimension] > 1
        top = large and kept[one.dimension] < WORST_OF_MANY
        kept[one.dimension] += large
        if top or matches(one.name, guarded):
            chosen.append(one)
    return tuple(chosen)


def common_dimensions(items: Sequence[Item], taken: Collection[str] = ()) -> tuple[Dimension, ...]:
    """Return the ways to slice any items: by ``group``, and by each key of `meta` with scalar values.

    Numbers with more than eight values are cut into quarters. If a name is `taken`, ``meta.`` is prepended.
    """
    made = [single("group", [one.group for one in items])]
    names = {*taken, "group"}
    for key in sorted({key for one in items for key in one.meta}):
        name = key
        while name in names:
            name = f"meta.{name}"
        names.add(name)
        made.append(single(name, _labels([one.meta.get(key) for one in items])))
    return tuple(one for one in made if one.labels)


def single(name: str, labels: Sequence[str | None]) -> Dimension:
    """Return the dimension in which each item has one label, or none."""
    return dimension_of(name, ((item, label) for item, label in enumerate(labels) if label is not None))


def dimension_of(name: str, pairs: Iterable[tuple[int, str]]) -> Dimension:
    """Return the dimension that pairs items and labels, one pair at a time."""
    numbers: dict[str, int] = {}
    table = [(item, numbers.setdefault(label, len(numbers))) for item, label in pairs]
    array = np.array(table, dtype=np.int64).reshape(-1, 2)
    return Dimension(name, tuple(numbers), array[:, 0], array[:, 1])


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Return whether a slice's `name` is one of `patterns`; ``snapshot=*`` is every slice by snapshot."""
    return any(
        name == pattern or (pattern.endswith("=*") and name.startswith(pattern[:-1])) for pattern in patterns
    )


def member_of(name: str, dimensions: Sequence[Dimension], count: int) -> Mask:
    """Return which of `count` items are in the slice `name`; none if there is no such slice."""
    member = np.zeros(count, np.bool_)
    for dimension in dimensions:
        label = name.removeprefix(f"{dimension.name}=")  # the key itself may hold a "="
        if label != name and label in dimension.labels:
            member[dimension.items[dimension.members == dimension.labels.index(label)]] = True
            break
    return member


def _of_dimension(
    headline: Figure, dimension: Dimension, guarded: Collection[str], whole: float
) -> Iterator[Slice]:
    """Yield the slices that are large enough to be ranked, or guarded."""
    count = len(dimension.labels)
    support, cost = (
        np.bincount(dimension.members, one[dimension.items], count)
        for one in (headline.supports(), headline.cost)
    )
    names = [f"{dimension.name}={label}" for label in dimension.labels]
    kept = [k for k in range(count) if support[k] >= MIN_SAMPLES or matches(names[k], guarded)]
    for k, error in zip(kept, _errors(headline, dimension, kept), strict=True):
        lost = float(cost[k])
        share = lost / whole if whole else 0.0
        label = dimension.labels[k]
        yield Slice(names[k], dimension.name, label, round(float(support[k])), number(error), lost, share)


def _errors(headline: Figure, dimension: Dimension, kept: Sequence[int]) -> Floats:
    """Return the headline's error on the slices `kept` of a dimension."""
    totals = headline.sums.by_label(dimension.items, dimension.members, len(dimension.labels))
    errors = np.empty(len(kept))
    for start in range(0, len(kept), _CHUNK):
        rows = totals[list(kept[start : start + _CHUNK])]
        dense = rows if isinstance(rows, np.ndarray) else rows.toarray()
        errors[start : start + _CHUNK] = headline.error(dense)
    return errors


def _of_part(figure: Figure, whole: float) -> Slice:
    dimension, _, value = figure.part.partition("=")
    samples, cost = round(float(figure.supports().sum())), float(figure.cost.sum())
    error = number(figure.error(figure.sums.total()))
    share = cost / whole if whole else 0.0
    return Slice(figure.part, dimension, value, samples, error, cost, share)


def _badness(one: Slice) -> tuple[float, float, str]:
    return (one.error if one.error is not None else -1.0, one.cost, one.name)


def _labels(values: Sequence[object]) -> list[str | None]:
    """Return a label for each value of one key of `meta`; None if it is missing or not a scalar."""
    numbers = [float(v) for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
    if len(set(numbers)) > _FEW_NUMBERS:
        edges = np.unique(np.quantile(numbers, (0.25, 0.5, 0.75)))
        return [_quarter(value, edges) for value in values]
    return [str(value) if isinstance(value, str | int | float) else None for value in values]


def _quarter(value: object, edges: Floats) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    place = int(np.searchsorted(edges, value, side="left"))
    if place == 0:
        return f"up to {edges[0]:.4g}"
    if place == len(edges):
        return f"above {edges[-1]:.4g}"
    return f"{edges[place - 1]:.4g} to {edges[place]:.4g}"
