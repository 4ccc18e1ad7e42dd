"""The CRNN of PaddleOCR's first generation: MobileNetV3-large, a BiLSTM, a CTC head.

A. Howard et al., Searching for MobileNetV3 (2019), table 1: https://arxiv.org/abs/1905.02244. For
text lines the strides shrink the height alone after the first layer, and a pooling layer follows.
"""

from __future__ import annotations

from typing import NamedTuple

import paddle
from paddle import nn
from paddle.vision.models.mobilenetv3 import InvertedResidual
from paddle.vision.ops import ConvNormActivation


class _Row(NamedTuple):
    kernel: int
    expanded: int
    out: int
    squeeze: bool
    activation: type[nn.Layer]
    stride: int | tuple[int, int] = 1


_TABLE = (
    _Row(3, 16, 16, False, nn.ReLU),
    _Row(3, 64, 24, False, nn.ReLU, (2, 1)),
    _Row(3, 72, 24, False, nn.ReLU),
    _Row(5, 72, 40, True, nn.ReLU, (2, 1)),
    _Row(5, 120, 40, True, nn.ReLU),
    _Row(5, 120, 40, True, nn.ReLU),
    _Row(3, 240, 80, False, nn.Hardswish),
    _Row(3, 200, 80, False, nn.Hardswish),
    _Row(3, 184, 80, False, nn.Hardswish),
    _Row(3, 184, 80, False, nn.Hardswish),
    _Row(3, 480, 112, True, nn.Hardswish),
    _Row(3, 672, 112, True, nn.Hardswish),
    _Row(5, 672, 160, True, nn.Hardswish, (2, 1)),
    _Row(5, 960, 160, True, nn.Hardswish),
    _Row(5, 960, 160, True, nn.Hardswish),
)
_FIRST, _LAST = 16, 960


class CrnnMobileNetV3(nn.Layer):
    """``[N, 3, 32, width]`` to logits ``[N, width / 4, classes]``."""

    def __init__(self, *, classes: int, scale: float = 0.5, hidden: int = 96) -> None:
        super().__init__()
        channels = _divisible(_FIRST * scale)
        layers: list[nn.Layer] = [
            ConvNormActivation(3, channels, 3, stride=2, padding=1, activation_layer=nn.Hardswish)
        ]
        for row in _TABLE:
            expanded, out = _divisible(row.expanded * scale), _divisible(row.out * scale)
            layers.append(
                InvertedResidual(
                    channels,
                    expanded,
                    out,
                    row.kernel,
                    row.stride,  # type: ignore[arg-type]  # a pair is as good
                    row.squeeze,
                    row.activation,
                    nn.BatchNorm2D,
                )
            )
            channels = out
        last = _divisible(_LAST * scale)
        layers.append(ConvNormActivation(channels, last, 1, padding=0, activation_layer=nn.Hardswish))
        self.features = nn.Sequential(*layers, nn.MaxPool2D(2, 2))
        self.sequence = nn.LSTM(last, hidden, num_layers=2, direction="bidirect")
        self.head = nn.Linear(2 * hidden, classes)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        """Return the logits of each step."""
        columns = self.features(x).squeeze(2).transpose([0, 2, 1])
        context, _ = self.sequence(columns)
        logits: paddle.Tensor = self.head(context)
        return logits


def _divisible(channels: float, by: int = 8) -> int:
    """Round to a multiple of `by`, never down by more than a tenth (the authors' rule)."""
    rounded = max(by, int(channels + by / 2) // by * by)
    return rounded if rounded >= 0.9 * channels else rounded + by
