"""Whether a model's confidence means anything: of the lines read with 0.9, are 90 % right?

C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, On Calibration of Modern Neural Networks (2017):
https://arxiv.org/abs/1706.04599
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """The lines whose confidence lies in (`low`, `high`] (the first bin includes 0)."""

    low: float
    high: float
    samples: int
    mean_confidence: float | None
    accuracy: float | None


@dataclass(frozen=True, slots=True)
class Calibration:
    """Confidence versus reading without any error.

    `ece` is the expected calibration error: the mean of |accuracy - confidence| over the bins, weighted
    by their samples. `overconfidence` is mean confidence minus accuracy. `samples` counts the lines that have
    a confidence.
    """

    samples: int
    accuracy: float
    mean_confidence: float
    ece: float
    overconfidence: float
    bins: tuple[Bin, ...]


def calibrate(confidences: Sequence[float | None], correct: NDArray[np.bool_]) -> Calibration | None:
    """Return how `confidences` agree with `correct`, or None where no line has a confidence."""
    known = np.array([value is not None for value in confidences])
    if not known.any():
        return None
    values = np.array([value for value in confidences if value is not None])
    right = correct[known].astype(np.float64)
    edges = np.linspace(0.0, 1.0, BINS + 1)
    place = np.clip(np.searchsorted(edges, values, side="left") - 1, 0, BINS - 1)
    samples = np.bincount(place, minlength=BINS)
    confidence, hits = np.bincount(place, values, BINS), np.bincount(place, right, BINS)
    bins = tuple(
        Bin(
            low=float(edges[k]),
            high=float(edges[k + 1]),
            samples=int(samples[k]),
            mean_confidence=float(confidence[k] / samples[k]) if samples[k] else None,
            accuracy=float(hits[k] / samples[k]) if samples[k] else None,
        )
        for k in range(BINS)
    )
    return Calibration(
        samples=len(values),
        accuracy=float(right.mean()),
        mean_confidence=float(values.mean()),
        ece=float(np.abs(hits - confidence).sum() / len(values)),
        overconfidence=float(values.mean() - right.mean()),
        bins=bins,
    )
