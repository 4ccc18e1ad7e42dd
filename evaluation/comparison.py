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
    Rates are None where there is nothing to divide by. `changed` counts the lines on which the two differ.
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
    changed: int


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
    """A rate of some lines: for each model what is divided; by what; and the number of each line's group."""

    name: str
    parts: tuple[Floats, ...]
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
    ratios = _ratios((lines,), groups)
    made = []
    for ratio, draws in zip(ratios, _draws(ratios, replicates, seed), strict=True):
        bounds = _bounds(draws[0], ratio, confidence)
        low, high, deviation = (bounds.low, bounds.high, bounds.deviation) if bounds else (None, None, None)
        made.append(Spread(ratio.name, _value(ratio, 0), low, high, deviation))
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
    ratios = _ratios((candidate, champion), groups)
    metrics = len(ratios)
    parts = ((name, members_of(name, cuts)) for name in slices)
    ratios += [_only(name, ratios[0], members) for name, members in parts if len(members)]  # [0] is the CER
    drawn = zip(ratios, _draws(ratios, replicates, seed), strict=True)
    differences = [_difference(ratio, draws, confidence) for ratio, draws in drawn]
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


def _ratios(models: Sequence[Lines], groups: NDArray[np.int64]) -> list[_Ratio]:
    """Return every rate of `models`, which read the same lines."""
    line_cer = [model.line_cer() for model in models]
    counted = ~np.isnan(line_cer[0])  # by the references, the same for all
    units = (
        ("cer", [model.characters for model in models]),
        ("grapheme_cer", [model.graphemes for model in models]),
        ("wer", [model.words for model in models]),
    )
    ratios = [
        _Ratio(
            name,
            tuple(one.errors.astype(float) for one in edits),
            edits[0].reference_length.astype(float),
            groups,
        )
        for name, edits in units
    ]
    exact = tuple(model.exact.astype(float) for model in models)
    shares = tuple(np.where(counted, one, 0.0) for one in line_cer)
    ratios.append(_Ratio("exact_match", exact, np.ones(len(counted)), groups))
    ratios.append(_Ratio("mean_line_cer", shares, counted.astype(float), groups))
    return ratios


def _only(name: str, ratio: _Ratio, members: NDArray[np.int64]) -> _Ratio:
    parts = tuple(one[members] for one in ratio.parts)
    return _Ratio(name, parts, ratio.wholes[members], ratio.groups[members])


def _value(ratio: _Ratio, model: int) -> float | None:
    return rate(float(ratio.parts[model].sum()), float(ratio.wholes.sum()))


def _draws(ratios: Sequence[_Ratio], replicates: int, seed: int) -> list[Floats]:
    """Return for each ratio (models, replicates): its value on every resample, NaN where it is undefined."""
    count = int(ratios[0].groups.max()) + 1  # the first is over all lines
    columns = [
        np.bincount(ratio.groups, values, count)
        for ratio in ratios
        for values in (*ratio.parts, ratio.wholes)
    ]
    totals = resample(np.stack(columns, axis=1), replicates=replicates, seed=seed).T
    width = len(ratios[0].parts) + 1
    made = []
    for start in range(0, len(totals), width):
        parts, wholes = totals[start : start + width - 1], totals[start + width - 1]
        made.append(np.divide(parts, wholes, out=np.full_like(parts, np.nan), where=wholes > 0))
    return made


def _bounds(draws: Floats, ratio: _Ratio, confidence: float) -> Interval | None:
    return interval(draws, confidence) if len(np.unique(ratio.groups)) >= MIN_GROUPS else None


def _difference(ratio: _Ratio, draws: Floats, confidence: float) -> Difference:
    candidate, champion = _value(ratio, 0), _value(ratio, 1)
    drawn = draws[0] - draws[1]
    bounds = _bounds(drawn, ratio, confidence)
    return Difference(
        name=ratio.name,
        samples=len(ratio.wholes),
        groups=len(np.unique(ratio.groups)),
        candidate=candidate,
        champion=champion,
        difference=None if candidate is None or champion is None else candidate - champion,
        low=bounds.low if bounds else None,
        high=bounds.high if bounds else None,
        lower_share=float((drawn < 0).mean()) if bounds else None,
        changed=int((ratio.parts[0] != ratio.parts[1]).sum()),
    )
