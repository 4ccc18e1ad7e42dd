"""How well a score separates two kinds: the area under the ROC curve.

J. A. Hanley and B. J. McNeil, The Meaning and Use of the Area under a ROC Curve (1982).
"""

from __future__ import annotations

import numpy as np

from evaluation.figures import Figure, Floats, Mask, Sums, ratio

_BINS = 256


def auc_figure(scores: Floats, positive: Mask) -> Figure:
    """Return the AUC of `scores` for telling `positive` items from the others, both ``[items]``.

    Items are put into 256 bins by the *rank* of their score, so that no monotone change of the scores changes
    it; within a bin, half of the pairs count as right. The error is less than 1e-4. A confident mistake costs
    most: the squared distance of its rank from where it should be.
    """
    edges = np.quantile(scores, np.linspace(0, 1, _BINS + 1)[1:-1])
    place = np.searchsorted(edges, scores, side="right").astype(np.int64)
    hit = positive.astype(np.float64)
    sums = Sums.one_hot(2 * _BINS, (place, hit), (place + _BINS, 1 - hit))
    return Figure("auc", "higher", sums, _auc, (place / (_BINS - 1) - hit) ** 2)


def _auc(sums: Floats) -> Floats:
    hits, others = np.split(sums, 2, axis=-1)
    below = np.cumsum(others, axis=-1) - others / 2
    return ratio(np.stack([(hits * below).sum(-1), hits.sum(-1) * others.sum(-1)], axis=-1))
