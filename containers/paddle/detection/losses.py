"""What a detector's maps cost: the loss of differentiable binarisation.

M. Liao et al. (2020), section 3.5: https://arxiv.org/abs/1911.08947; the binary map is judged by its Dice
coefficient, as in the authors' code (https://github.com/MhLiao/DB), instead of by cross-entropy.
"""

from __future__ import annotations

import numpy as np
import paddle
from numpy.typing import NDArray
from paddle.nn import functional

from containers.paddle.detection.targets import Targets

_STEEPNESS = 50.0
"""k of equation 2: how sharply the threshold cuts."""
_BINARY_WEIGHT, _THRESHOLD_WEIGHT = 1.0, 10.0
"""Alpha and beta of equation 6."""
_NEGATIVES = 3.0
"""For one pixel of text, so many of the hardest without count."""
_EPSILON = 1e-6


def detection_loss(maps: paddle.Tensor, targets: Targets) -> paddle.Tensor:
    """Return the mean loss of ``[crops, 2, height, width]``: probabilities, then thresholds."""
    probability, threshold = maps[:, 0], maps[:, 1]
    core, counts = paddle.to_tensor(targets.core), paddle.to_tensor(targets.core_counts)
    binary = functional.sigmoid(_STEEPNESS * (probability - threshold))
    edges = paddle.to_tensor(targets.threshold_counts)
    far = (paddle.abs(threshold - paddle.to_tensor(targets.threshold)) * edges).sum()
    return (
        _balanced(probability, core, targets)
        + _BINARY_WEIGHT * _dice(binary, core, counts)
        + _THRESHOLD_WEIGHT * far / (edges.sum() + _EPSILON)
    )


def _balanced(probability: paddle.Tensor, core: paddle.Tensor, targets: Targets) -> paddle.Tensor:
    """Return the cross-entropy over text and the hardest of the rest."""
    losses = functional.binary_cross_entropy(probability, core, reduction="none")
    chosen = paddle.to_tensor(_chosen(losses.numpy(), targets))
    return (losses * chosen).sum() / (chosen.sum() + _EPSILON)


def _chosen(losses: NDArray[np.float32], targets: Targets) -> NDArray[np.float32]:
    """Return 1 where a pixel counts: text, and three times as many others with the highest losses."""
    readable = targets.core_counts > 0
    text = readable & (targets.core > 0)
    other = readable & ~text
    # a batch without text still has something to learn
    wanted = int(min(other.sum(), max(_NEGATIVES * text.sum(), len(losses))))
    hardest = np.partition(losses[other], -wanted)[-wanted] if wanted else np.inf
    return (text | (other & (losses >= hardest))).astype(np.float32)


def _dice(binary: paddle.Tensor, core: paddle.Tensor, counts: paddle.Tensor) -> paddle.Tensor:
    both = (binary * core * counts).sum()
    either = (binary * counts).sum() + (core * counts).sum()
    return 1.0 - 2.0 * both / (either + _EPSILON)
