"""How well a search finds similar items: recall at k and mean average precision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from config.errors import Problem
from evaluation.errors import FigureError
from evaluation.figures import Figure, Floats, Integers, rate_figure

_BLOCK = 512
"""Items queried at once: all similarities together would not fit into memory."""
_LEAST = 1e-12


@dataclass(frozen=True, slots=True)
class Ranking:
    """One query: what was found, best first, and what should have been."""

    query: str
    found: tuple[str, ...]
    relevant: frozenset[str]


@dataclass(frozen=True, slots=True)
class RecallAt:
    """The share of what is relevant to a query that is among its first `k` results; the mean over queries."""

    k: int
    recall: float


@dataclass(frozen=True, slots=True)
class Retrieval:
    """`mean_average_precision` is over the whole ranking; a relevant item that was not found counts as 0.

    Queries with no relevant item are left out; `unanswerable` counts them.
    """

    queries: int
    unanswerable: int
    recall: tuple[RecallAt, ...]
    mean_average_precision: float


def score_rankings(rankings: Sequence[Ranking], ks: Sequence[int] = (1, 5, 10)) -> Retrieval:
    """Return recall at each of `ks` and the mean average precision of `rankings`.

    C. D. Manning, P. Raghavan and H. Schütze, Introduction to Information Retrieval (2008), section 8.4.

    Raises:
        FigureError: no query has a relevant item, a ranking names an item twice, or a k is below 1.
    """
    if min(ks, default=1) < 1:
        raise FigureError(Problem("retrieval.k", f"k {min(ks)}", "1 or more", "Count results from 1."))
    for ranking in rankings:
        if len(set(ranking.found)) < len(ranking.found):
            found = f"the ranking of {ranking.query!r} names an item twice"
            raise FigureError(Problem("retrieval.repeated", found, "each item once", "Drop the repeats."))
    scored = [ranking for ranking in rankings if ranking.relevant]
    if not scored:
        found = f"{len(rankings)} queries, none with a relevant item"
        raise FigureError(Problem("retrieval.none", found, "at least one", "Name the relevant items."))
    recalls = tuple(RecallAt(k, _mean([_recall(one, k) for one in scored])) for k in ks)
    precision = _mean([average_precision(one) for one in scored])
    return Retrieval(len(scored), len(rankings) - len(scored), recalls, precision)


def average_precision(ranking: Ranking) -> float:
    """Return the mean of the precisions at the ranks of the relevant items, 0 for those not found."""
    hits, total = 0, 0.0
    for place, item in enumerate(ranking.found, 1):
        if item in ranking.relevant:
            hits += 1
            total += hits / place
    return total / len(ranking.relevant)


def _recall(ranking: Ranking, k: int) -> float:
    return len(ranking.relevant.intersection(ranking.found[:k])) / len(ranking.relevant)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def retrieval_figures(
    vectors: Floats, labels: Integers, groups: Integers, ks: Sequence[int] = (1, 5)
) -> tuple[Figure, ...]:
    """Return mAP and R@k of a search by cosine: every item queries all items of other groups.

    `vectors` is ``[items, dimensions]``; a result is relevant if it has the label of the query. Items with no
    relevant result are no queries. A slice selects queries; the whole gallery answers. R@k is the
    share of queries with a relevant result among the first `k`, counted from 1 (K. Musgrave et al., A Metric
    Learning Reality Check, 2020).
    """
    scaled = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), _LEAST)
    count = len(scaled)
    precision, asked, hits = np.zeros(count), np.zeros(count), np.zeros((len(ks), count))
    for start in range(0, count, _BLOCK):
        block = slice(start, start + _BLOCK)
        order = np.argsort(-(scaled[block] @ scaled.T), axis=1, kind="stable")
        for row, near in enumerate(order, start):
            relevant = labels[near[groups[near] != groups[row]]] == labels[row]
            ranks = np.flatnonzero(relevant) + 1
            if len(ranks):
                precision[row] = (np.arange(1, len(ranks) + 1) / ranks).mean()
                asked[row] = 1.0
                hits[:, row] = [ranks[0] <= k for k in ks]
    made = [rate_figure("map", "higher", precision, asked, asked - precision, support=asked)]
    for k, found in zip(ks, hits, strict=True):
        made.append(rate_figure(f"recall_at_{k}", "higher", found, asked, asked - found, support=asked))
    return tuple(made)
