"""Is the candidate better than the champion: both answer the same items, and how much is chance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from config.gate import MIN_GROUPS
from evaluation.bootstrap import REPLICATES, SEED, Interval, interval, weights
from evaluation.figures import Better, Figure, Floats, Integers, Mask, Sums, number
from evaluation.slices import Dimension, Slice, member_of

SHOWN_CHANGES = 20


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure of both models. `difference` is candidate minus champion; `better` says which way is good.

    `low` and `high` bound the difference with the comparison's confidence; None if there are fewer than
    `config.gate.MIN_GROUPS` groups. `lower_share`: the share of resamples with a difference below 0.
    Figures are None where they are undefined. `samples` counts the judgements, `changed` the items on which
    the two differ.
    """

    name: str
    better: Better
    samples: int
    groups: int
    candidate: float | None
    champion: float | None
    difference: float | None
    low: float | None
    high: float | None
    lower_share: float | None
    changed: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two models on the same items.

    `slices` compare the headline's *error*. `worse` and `better` list item ids, the largest change first.
    `only_one`: figures and parts that only one of the two has.
    """

    champion: str
    confidence: float
    replicates: int
    seed: int
    groups: int
    figures: tuple[Difference, ...]
    slices: tuple[Difference, ...]
    items_worse: int
    items_better: int
    worse: tuple[str, ...]
    better: tuple[str, ...]
    only_one: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Spread:
    """How much a figure of one model would vary on other groups of the same kind."""

    name: str
    better: Better
    value: float | None
    low: float | None
    high: float | None
    deviation: float | None


@dataclass(frozen=True, slots=True)
class Draws:
    """How intervals are computed: confidence, number of resamples, and the seed that reproduces them."""

    confidence: float = 0.95
    replicates: int = REPLICATES
    seed: int = SEED


Value: TypeAlias = Callable[[Floats], Floats]


@dataclass(frozen=True, slots=True, eq=False)
class _Pair:
    """A figure of one model or two on some items; `values` map the sums of each to what is compared."""

    name: str
    better: Better
    figures: tuple[Figure, ...]
    values: tuple[Value, ...]
    member: Mask | None = None

    def totals(self) -> list[float | None]:
        """Return the value of each model over all its items."""
        pairs = zip(self.figures, self.values, strict=True)
        return [number(value(one.sums.total(self.member))) for one, value in pairs]


def spreads(figures: Sequence[Figure], groups: Integers, how: Draws | None = None) -> tuple[Spread, ...]:
    """Return every figure of one model with its bootstrap interval and standard deviation.

    `groups` has the number of each item's group, from 0 without gaps.
    """
    how = how or Draws()
    pairs = [_Pair(_key(one), one.better, (one,), (one.value,)) for one in figures if not one.part]
    made = []
    for pair, (draws,) in zip(pairs, _drawn(pairs, groups, how), strict=True):
        bounds = _bounds(draws, len(np.unique(groups)), how)
        low, high, deviation = (bounds.low, bounds.high, bounds.deviation) if bounds else (None, None, None)
        made.append(Spread(pair.name, pair.better, pair.totals()[0], low, high, deviation))
    return tuple(made)


def compare(
    ids: Sequence[str],
    ours: Sequence[Figure],
    theirs: Sequence[Figure],
    groups: Integers,
    *,
    headline: str,
    champion_name: str,
    slices: Sequence[Slice] = (),
    dimensions: Sequence[Dimension] = (),
    how: Draws | None = None,
) -> Comparison:
    """Return how the candidate differs from the champion, with paired bootstrap intervals over groups.

    Args:
        ids: the items' ids.
        ours: the candidate's figures over these items.
        theirs: the champion's figures over the same items in the same order; its classes, boxes and
            denominators may differ.
        groups: the number of each item's group, from 0 without gaps.
        headline: the name of the figure by which slices and changes are judged.
        champion_name: as displayed.
        slices: the slices to compare as well.
        dimensions: those that `slices` refer to.
        how: how the intervals are computed.
    """
    how = how or Draws()
    mine, others = ({_key(one): one for one in each} for each in (ours, theirs))
    pairs = [_pair(_key(one), one, others[_key(one)]) for one in ours if not one.part and _key(one) in others]
    metrics = len(pairs)
    pairs += [
        one for each in slices if (one := _of_slice(each, mine, others, headline, dimensions)) is not None
    ]
    drawn = zip(pairs, _drawn(pairs, groups, how), strict=True)
    differences = [_difference(pair, draws, groups, how) for pair, draws in drawn]
    change = mine[headline].cost - others[headline].cost
    worse, better = changed_most(change)
    return Comparison(
        champion=champion_name,
        confidence=how.confidence,
        replicates=how.replicates,
        seed=how.seed,
        groups=len(np.unique(groups)),
        figures=tuple(differences[:metrics]),
        slices=tuple(differences[metrics:]),
        items_worse=int((change > 0).sum()),
        items_better=int((change < 0).sum()),
        worse=tuple(ids[k] for k in worse),
        better=tuple(ids[k] for k in better),
        only_one=tuple(sorted(mine.keys() ^ others.keys())),
    )


def changed_most(change: Floats) -> tuple[list[int], list[int]]:
    """Return the items that got worse and those that got better, by change of cost; the largest first."""
    order = np.argsort(change, kind="stable").tolist()
    worse = [k for k in order[::-1][:SHOWN_CHANGES] if change[k] > 0]
    return worse, [k for k in order[:SHOWN_CHANGES] if change[k] < 0]


def _key(figure: Figure) -> str:
    """Return the key of a figure: ``f1``, ``f1 class=7``."""
    return f"{figure.name} {figure.part}".strip()


def _pair(name: str, ours: Figure, theirs: Figure) -> _Pair:
    return _Pair(name, ours.better, (ours, theirs), (ours.value, theirs.value))


def _of_slice(
    one: Slice,
    ours: dict[str, Figure],
    theirs: dict[str, Figure],
    headline: str,
    dimensions: Sequence[Dimension],
) -> _Pair | None:
    """Return the pair for a slice: the headline on its items, or that part's figure; None: nothing."""
    part = next((each for each in ours.values() if each.part == one.name), None)
    if part is not None:
        other = theirs.get(_key(part))
        return None if other is None else _Pair(one.name, "lower", (part, other), (part.error, other.error))
    mine, other = ours[headline], theirs[headline]
    member = member_of(one.name, dimensions, len(mine.cost))
    if not member.any():
        return None
    return _Pair(one.name, "lower", (mine, other), (mine.error, other.error), member)


def _drawn(pairs: Sequence[_Pair], groups: Integers, how: Draws) -> list[list[Floats]]:
    """Return ``[replicates]`` for each pair and model: its value on every resample, NaN where undefined.

    The resamples are drawn once, for all. Dense columns are summed side by side, by one matrix product.
    """
    count = int(groups.max()) + 1
    tables = [[_by_group(one.sums, pair.member, groups, count) for one in pair.figures] for pair in pairs]
    narrow, places = _side_by_side(tables)
    wide = [table for each in tables for table in each if not isinstance(table, np.ndarray)]
    parts: list[list[Floats]] = [[] for _ in (narrow, *wide)]
    for chunk in weights(count, replicates=how.replicates, seed=how.seed):
        for found, table in zip(parts, (narrow, *wide), strict=True):
            found.append(np.asarray(chunk @ table))
    common, *others = (np.concatenate(each) for each in parts)
    sums_of_wide = iter(others)
    return [
        [
            value(next(sums_of_wide) if columns is None else common[:, columns])
            for value, columns in zip(pair.values, of_pair, strict=True)
        ]
        for pair, of_pair in zip(pairs, places, strict=True)
    ]


def _side_by_side(tables: Sequence[Sequence[Any]]) -> tuple[Floats, list[list[list[int] | None]]]:
    """Return the columns of all dense tables as one, and where each table's columns are in it.

    Two models often share a denominator, such as the length of the references: it is stored once.
    """
    columns: list[Floats] = []
    places: list[list[list[int] | None]] = []
    for pair in tables:
        start = len(columns)
        of_pair: list[list[int] | None] = [[] if isinstance(table, np.ndarray) else None for table in pair]
        for k in range(max(table.shape[1] for table in pair)):
            for place, table in zip(of_pair, pair, strict=True):
                if place is None or k >= table.shape[1]:
                    continue
                shared = range(start, len(columns)) if k else ()
                same = (n for n in shared if np.array_equal(columns[n], table[:, k]))
                if (known := next(same, None)) is None:
                    known = len(columns)
                    columns.append(table[:, k])
                place.append(known)
        places.append(of_pair)
    count = len(tables[0][0]) if isinstance(tables[0][0], np.ndarray) else tables[0][0].shape[0]
    return np.stack(columns, axis=1) if columns else np.empty((count, 0)), places


def _by_group(sums: Sums, member: Mask | None, groups: Integers, count: int) -> Any:
    """Return ``[groups, columns]``: the sums of each group's items, dense or sparse like `sums`."""
    items = np.arange(len(groups)) if member is None else np.flatnonzero(member)
    return sums.by_label(items, groups[items], count)


def _bounds(draws: Floats, groups: int, how: Draws) -> Interval | None:
    return interval(draws, how.confidence) if groups >= MIN_GROUPS else None


def _difference(pair: _Pair, draws: Sequence[Floats], groups: Integers, how: Draws) -> Difference:
    ours, theirs = pair.figures
    candidate, champion = pair.totals()
    drawn = draws[0] - draws[1]
    present = len(np.unique(groups if pair.member is None else groups[pair.member]))
    bounds = _bounds(drawn, present, how)
    kept = slice(None) if pair.member is None else pair.member
    return Difference(
        name=pair.name,
        better=pair.better,
        samples=round(float(ours.supports()[kept].sum())),
        groups=present,
        candidate=candidate,
        champion=champion,
        difference=None if candidate is None or champion is None else candidate - champion,
        low=bounds.low if bounds else None,
        high=bounds.high if bounds else None,
        lower_share=float((drawn < 0).mean()) if bounds else None,
        changed=int((ours.cost != theirs.cost)[kept].sum()),
    )
