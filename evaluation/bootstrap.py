"""How much of a rate is chance: the bootstrap over groups, since the lines of one page are not independent.

B. Efron and R. J. Tibshirani, An Introduction to the Bootstrap (1993), chapters 6, 8 and 13; resampling
whole groups after A. C. Cameron, J. B. Gelbach and D. L. Miller, Bootstrap-Based Improvements for Inference
with Clustered Errors (2008).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

REPLICATES = 1000
SEED = 20261120

Floats = NDArray[np.float64]
_CHUNK_BYTES = 128_000_000  # every chunk reads all sums again


@dataclass(frozen=True, slots=True)
class Interval:
    """Where the true value plausibly lies: percentiles of the replicates. `deviation` is their spread."""

    low: float
    high: float
    deviation: float


def weights(count: int, *, replicates: int = REPLICATES, seed: int = SEED) -> Iterator[Floats]:
    """Yield samples of `count` groups, drawn with replacement: ``[samples, groups]``, how often each occurs.

    They come in chunks that fit into memory; each is overwritten by the next. The same seed draws the same.
    """
    random = np.random.default_rng(seed)
    room = np.empty((max(1, min(replicates, _CHUNK_BYTES // (8 * count))), count))
    for start in range(0, replicates, len(room)):
        chunk = room[: replicates - start]
        for row in chunk:
            row[:] = np.bincount(random.integers(0, count, count, dtype=np.int32), minlength=count)
        yield chunk


def resample(by_group: Floats, *, replicates: int = REPLICATES, seed: int = SEED) -> Floats:
    """Return the column sums of `replicates` samples of groups, drawn with replacement.

    Args:
        by_group: ``[groups, columns]``, the sums over the items of each group.
        replicates: how many samples to draw.
        seed: the same seed draws the same samples.

    Returns:
        ``[replicates, columns]``.
    """
    # a sample is a weight per group, so that one matrix product sums all columns
    drawn = [chunk @ by_group for chunk in weights(len(by_group), replicates=replicates, seed=seed)]
    return np.concatenate(drawn)


def interval(values: Floats, confidence: float) -> Interval | None:
    """Return the percentile interval of the replicates `values`, or None where they are undefined."""
    known = values[np.isfinite(values)]
    if len(known) < len(values) / 2:
        return None
    tail = (1.0 - confidence) / 2.0
    low, high = np.quantile(known, (tail, 1.0 - tail))
    return Interval(float(low), float(high), float(known.std(ddof=1)))
