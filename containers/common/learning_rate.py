"""The learning rate: what it is at each step, and a test that finds a good one.

L. N. Smith, Cyclical Learning Rates for Training Neural Networks (2017): https://arxiv.org/abs/1506.01186
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from config.recipe import Optimisation
from containers.common.errors import TrainingError

_LOWEST, _HIGHEST, _STEPS = 1e-5, 1.0, 100
_SMOOTHING = 0.9
_BURST = 4.0
"""Beyond so many times the least loss, the rate is too high."""
_MARGIN = 10.0
"""The rate of steepest descent is still climbing: a tenth of where the loss is least is safe."""


def rate_share(step: int, steps: int, steps_per_epoch: int, how: Optimisation) -> float:
    """Return which share of the learning rate holds at `step` of `steps`: up, hold, down along a cosine."""
    warmup = how.warmup_epochs * steps_per_epoch
    if step < warmup:
        return (step + 1) / warmup
    held = warmup + how.hold * (steps - warmup)
    if step < held:
        return 1.0
    along = (step - held) / max(1.0, steps - held)
    return 0.5 * (1.0 + math.cos(math.pi * min(along, 1.0)))


def find_rate(loss_at: Callable[[int, float], float]) -> tuple[float, list[tuple[float, float]]]:
    """Return a good learning rate, and the smoothed loss at each rate tried.

    `loss_at(step, rate)` trains one step at `rate` and returns its loss; rates grow from 1e-5 until the loss
    bursts. Proposed is a tenth of the rate where the loss was least.

    Raises:
        TrainingError: the loss never fell.
    """
    curve: list[tuple[float, float]] = []
    smooth = 0.0
    for step in range(_STEPS):
        rate = _LOWEST * (_HIGHEST / _LOWEST) ** (step / (_STEPS - 1))
        smooth = _SMOOTHING * smooth + (1 - _SMOOTHING) * loss_at(step, rate)
        loss = smooth / (1 - _SMOOTHING ** (step + 1))
        if not math.isfinite(loss) or (curve and loss > _BURST * least(curve)[1]):
            break
        curve.append((rate, loss))
    if not curve or least(curve)[0] <= curve[0][0]:
        raise TrainingError("the loss fell at no learning rate from 1e-5 on. Check the labels.")
    return least(curve)[0] / _MARGIN, curve


def least(curve: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return the rate with the least loss, and that loss."""
    return min(curve, key=lambda point: point[1])
