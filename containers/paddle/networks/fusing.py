"""Turn the parallel branches that PP-LCNetV3 trains into the one convolution that they add up to.

X. Ding et al., RepVGG (2021): https://arxiv.org/abs/2101.03697, section 3.3. PaddleOCR does it in its
`tools/export_model.py`; PaddleX's definition of the network has no code for it.
"""

from __future__ import annotations

import copy
import sys
from typing import Any

import paddle
from paddle import nn

_DEFINITION = "paddlex.inference.models.image_classification.modeling.pplcnetv3"


def fused(network: nn.Layer) -> nn.Layer:
    """Return a network that answers as `network` does, a trained one, with a quarter of the work.

    `network` itself stays as it is.
    """
    definition = sys.modules.get(_DEFINITION)
    if definition is None:  # then no layer of it can be here, and importing it takes seconds
        return network
    whole = copy.deepcopy(network)
    whole.eval()
    for parent in whole.sublayers(include_self=True):
        for name, child in parent.named_children():
            if isinstance(child, definition.PPLCNetV3LearnableRepLayer):
                setattr(parent, name, _Single(child))
    return whole


class _Single(nn.Layer):
    """What a layer of several branches, ``act(scale * (a(x) + b(x) + …) + bias)``, comes to."""

    def __init__(self, branched: Any) -> None:
        super().__init__()
        kernel, bias = _sum(branched)
        scale = branched.lab.scale
        first = branched.conv_symmetric[0].convolution
        self.convolution = nn.Conv2D(
            first._in_channels,
            first._out_channels,
            first._kernel_size,
            first._stride,
            padding=first._kernel_size[0] // 2,
            groups=first._groups,
        )
        self.convolution.weight.set_value(kernel * scale)
        self.convolution.bias.set_value(bias * scale + branched.lab.bias)
        self.act = nn.Identity() if branched.stride == 2 else branched.act

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        answer: paddle.Tensor = self.act(self.convolution(x))
        return answer


def _sum(branched: Any) -> tuple[paddle.Tensor, paddle.Tensor]:
    """Return kernel and bias of the sum of a layer's branches, each a convolution and its normalisation."""
    like = branched.conv_symmetric[0].convolution.weight
    parts = [_folded(one.convolution.weight, one.normalization) for one in branched.conv_symmetric]
    if (small := branched.conv_small_symmetric) is not None:
        kernel, bias = _folded(small.convolution.weight, small.normalization)
        parts.append((_centred(kernel, like.shape[-1]), bias))
    if branched.identity is not None:
        parts.append(_folded(_identity(like), branched.identity))
    return paddle.add_n([kernel for kernel, _ in parts]), paddle.add_n([bias for _, bias in parts])


def _folded(kernel: paddle.Tensor, norm: nn.BatchNorm2D) -> tuple[paddle.Tensor, paddle.Tensor]:
    """Return kernel and bias of a convolution followed by `norm`, as it is outside training."""
    assert norm.weight is not None
    assert norm.bias is not None  # PP-LCNetV3's all have both
    factor = norm.weight / paddle.sqrt(norm._variance + norm._epsilon)
    return kernel * factor.reshape([-1, 1, 1, 1]), norm.bias - norm._mean * factor


def _centred(kernel: paddle.Tensor, size: int) -> paddle.Tensor:
    around = (size - 1) // 2
    padded: paddle.Tensor = nn.functional.pad(kernel, [around] * 4)
    return padded


def _identity(like: paddle.Tensor) -> paddle.Tensor:
    """Return the kernel, of the shape of `like`, that leaves each channel as it is."""
    outputs, inputs, height, width = like.shape  # inputs of its group
    kernel = paddle.zeros_like(like)
    for channel in range(outputs):
        kernel[channel, channel % inputs, height // 2, width // 2] = 1.0
    return kernel
