"""A small CRNN of dense convolutions, which a laptop trains in minutes.

B. Shi, X. Bai and C. Yao, An End-to-End Trainable Neural Network for Image-Based Sequence Recognition (2015),
with a fraction of its weights. Depthwise convolutions would have fewer still, and train far slower on a CPU.
"""

from __future__ import annotations

from collections.abc import Sequence

import paddle
from paddle import nn

_LEAST_VARIANCE = 0.01


class CrnnLite(nn.Layer):
    """``[N, 1 or 3, 32, width]`` to logits ``[N, width / 4, classes]``; colours are averaged.

    Each image is normalised by its own mean and deviation, ink positive: paper and ink may have any tone.
    """

    def __init__(
        self,
        *,
        classes: int,
        channels: Sequence[int] = (16, 32, 64, 128),
        hidden: int = 96,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        a, b, c, d = channels
        self.features = nn.Sequential(
            *_block(1, a, stride=2),
            *_block(a, b),
            nn.MaxPool2D(2, 2),
            *_block(b, c),
            nn.MaxPool2D((2, 1), (2, 1)),
            *_block(c, d),
            nn.MaxPool2D((2, 1), (2, 1)),
            nn.Conv2D(d, d, (2, 1), bias_attr=False),
            nn.BatchNorm2D(d),
            nn.ReLU(),
        )
        self.sequence = nn.LSTM(d, hidden, direction="bidirect")
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(2 * hidden, classes)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        """Return the logits of each step."""
        if x.shape[1] == 3:
            x = x.mean(axis=1, keepdim=True)
        ink = _mean(x) - x
        variance = _mean(ink * ink)
        columns = (
            self.features(ink * paddle.rsqrt(variance + _LEAST_VARIANCE)).squeeze(2).transpose([0, 2, 1])
        )
        context, _ = self.sequence(columns)
        logits: paddle.Tensor = self.head(self.dropout(context))
        return logits


def _mean(x: paddle.Tensor) -> paddle.Tensor:
    """Return the mean of each image. In one sum over a long line Paddle keeps only four digits of it."""
    mean: paddle.Tensor = x.mean(axis=3, keepdim=True).mean(axis=2, keepdim=True)
    return mean


def _block(inputs: int, outputs: int, stride: int = 1) -> list[nn.Layer]:
    return [
        nn.Conv2D(inputs, outputs, 3, stride=stride, padding=1, bias_attr=False),
        nn.BatchNorm2D(outputs),
        nn.ReLU(),
    ]
