"""Is the candidate better than the champion: the same lines, read by both, and how much of it is chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.bootstrap import MIN_GROUPS, REPLICATES, SEED, Floats, Interval, interval, resample
from evaluation.slices import Dimension, members_of
from evaluation.text import Lines, rate

SHOWN_CHANGES = 20


@dataclass(frozen=True, slots=True)
class Difference:
    """One rate of both models. `difference` is candidate minus champion; below 0 means fewer errors.

    `low` and `high` bound the difference with the comparison's confidence; None where there are fewer than
    `bootstrap.MIN_GROUPS` groups. `lower_share`: of the resamples, how many gave a difference below 0.
    Rates are None where there is nothing to divide by.
    """

    name: str
    samples: int
    groups: int
    candidate: float | None
    champion: float | None
    difference: float | None
    low: float | None
    high: float | None
    lower_share: float | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two models on the same lines. `worse` and `better` list the ids with the largest change first."""

    champion: str
    confidence: float
    replicates: int
    seed: int
    groups: int
    metrics: tuple[Difference, ...]
    slices: tuple[Difference, ...]
    lines_worse: int
    lines_better: int
    new_loops: int
    gone_loops: int
    worse: tuple[str, ...]
    better: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Spread:
    """How much a rate of one model would differ on other groups of the same kind: its standard deviation."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    deviation: float | None


@dataclass(frozen=True, slots=True, eq=False)
class _Ratio:
    """A rate of some lines: what is divided, by what, and the number of each line's group."""

    name: str
    parts: Floats
    wholes: Floats
    groups: NDArray[np.int64]


def spreads(
    lines: Lines,
    groups: NDArray[np.int64],
    *,
    confidence: float = 0.95,
    replicates: int = REPLICATES,
    seed: int = SEED,
) -> tuple[Spread, ...]:
    """Return every rate of one model with its bootstrap interval and standard deviation."""
    ratios = _ratios(lines, groups)
    draws = _draws(ratios, replicates, seed)
    made = []
    for column, ratio in enumerate(ratios):
        bounds = _bounds(draws[:, column], ratio, confidence)
        low, high, deviation = (bounds.low, bounds.high, bounds.deviation) if bounds else (None, None, None)
        made.append(Spread(ratio.name, _value(ratio), low, high, deviation))
    return tuple(made)


def compare(
    ids: Sequence[str],
    candidate: Lines,
    champion: Lines,
    groups: NDArray[np.int64],
    *,
    champion_name: str,
    cuts: Sequence[Dimension] = (),
    slices: Sequence[str] = (),
    confidence: float = 0.95,
    replicates: int = REPLICATES,
    seed: int = SEED,
) -> Comparison:
    """Return how `candidate` differs from `champion`, with paired bootstrap intervals over groups.

    Args:
        ids: the lines' ids.
        candidate: what the candidate read.
        champion: what the champion read, of the same lines in the same order.
        groups: the number of each line's group, from 0 without gaps.
        champion_name: as it is shown.
        cuts: the dimensions that `slices` speaks of.
        slices: the names of the slices to compare, too; one that has no line is left out.
        confidence: of the intervals.
        replicates: how many resamples; 1,000 or more.
        seed: the same seed gives the same intervals.
    """
    pairs = list(zip(_ratios(candidate, groups), _ratios(champion, groups), strict=True))
    metrics = len(pairs)
    for name in slices:
        members = members_of(name, cuts)
        if len(members):
            ours, theirs = pairs[0]  # the character error rate
            pairs.append((_only(name, ours, members), _only(name, theirs, members)))
    draws = _draws([ratio for pair in pairs for ratio in pair], replicates, seed)
    differences = [
        _difference(ours, theirs, draws[:, 2 * k] - draws[:, 2 * k + 1], confidence)
        for k, (ours, theirs) in enumerate(pairs)
    ]
    change = candidate.characters.errors - champion.characters.errors
    order = np.argsort(change, kind="stable")
    return Comparison(
        champion=champion_name,
        confidence=confidence,
        replicates=replicates,
        seed=seed,
        groups=len(np.unique(groups)),
        metrics=tuple(differences[:metrics]),
        slices=tuple(differences[metrics:]),
        lines_worse=int((change > 0).sum()),
        lines_better=int((change < 0).sum()),
        new_loops=int((candidate.loop & ~champion.loop).sum()),
        gone_loops=int((champion.loop & ~candidate.loop).sum()),
        worse=tuple(ids[k] for k in order[::-1][:SHOWN_CHANGES] if change[k] > 0),
        better=tuple(ids[k] for k in order[:SHOWN_CHANGES] if change[k] < 0),
    )


def _ratios(lines: Lines, groups: NDArray[np.int64]) -> list[_Ratio]:
    ones = np.ones(len(lines.exact))
    line_cer = lines.line_cer()
    counted = ~np.isnan(line_cer)
    edits = (("cer", lines.characters), ("grapheme_cer", lines.graphemes), ("wer", lines.words))
    return [
        *(
            _Ratio(name, one.errors.astype(float), one.reference_length.astype(float), groups)
            for name, one in edits
        ),
        _Ratio("exact_match", lines.exact.astype(float), ones, groups),
        _Ratio("mean_line_cer", np.where(counted, line_cer, 0.0), counted.astype(float), groups),
    ]


def _only(name: str, ratio: _Ratio, members: NDArray[np.int64]) -> _Ratio:
    return _Ratio(name, ratio.parts[members], ratio.wholes[members], ratio.groups[members])


def _value(ratio: _Ratio) -> float | None:
    return rate(float(ratio.parts.sum()), float(ratio.wholes.sum()))


def _draws(ratios: Sequence[_Ratio], replicates: int, seed: int) -> Floats:
    """Return (replicates, ratios): every ratio on every resample; NaN where it is undefined there."""
    count = int(ratios[0].groups.max()) + 1  # the first is over all lines
    columns = [
        np.bincount(ratio.groups, values, count) for ratio in ratios for values in (ratio.parts, ratio.wholes)
    ]
    totals = resample(np.stack(columns, axis=1), replicates=replicates, seed=seed)
    parts, wholes = totals[:, ::2], totals[:, 1::2]
    return np.divide(parts, wholes, out=np.full_like(parts, np.nan), where=wholes > 0)


def _bounds(draws: Floats, ratio: _Ratio, confidence: float) -> Interval | None:
    return interval(draws, confidence) if len(np.unique(ratio.groups)) >= MIN_GROUPS else None


def _difference(ours: _Ratio, theirs: _Ratio, draws: Floats, confidence: float) -> Difference:
    candidate, champion = _value(ours), _value(theirs)
    bounds = _bounds(draws, ours, confidence)
    return Difference(
        name=ours.name,
        samples=len(ours.parts),
        groups=len(np.unique(ours.groups)),
        candidate=candidate,
        champion=champion,
        difference=None if candidate is None or champion is None else candidate - champion,
        low=bounds.low if bounds else None,
        high=bounds.high if bounds else None,
        lower_share=float((draws < 0).mean()) if bounds else None,
    )
