"""PP-OCRv5's mobile detector: PP-LCNetV3 features, a feature pyramid, a head for each map; from PaddleX.

M. Liao et al., Real-time Scene Text Detection with Differentiable Binarization (2020):
https://arxiv.org/abs/1911.08947; C. Cui et al., PaddleOCR 3.0 Technical Report (2025):
https://arxiv.org/abs/2507.05595
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import paddle
from paddle import nn
from paddlex.inference.models.text_detection.modeling import pp_ocrv5_mobile_det as definition

_PRIOR = 0.1
"""The probability of text before anything is learnt (T.-Y. Lin et al., Focal Loss for Dense Object Detection,
2017, section 4.1). A network that begins at a half first learns to deny by every feature it has, and then
stays below a half in the middle of texts for hundreds of steps: nothing is left there but the bias."""


class DbMobile(nn.Layer):
    """``[N, 3, height, width]``, multiples of 32, to probabilities of text ``[N, 1, height, width]``.

    While it trains the answer is ``[N, 2, height, width]``: the second map is the threshold, which only the
    loss asks for and an exported network has not. `branches` is how many convolutions PP-LCNetV3 trains in
    place of one; the published network has 4, with which a step takes twice as long.
    """

    def __init__(self, *, scale: float = 0.75, branches: int = 4, neck_channels: int = 96) -> None:
        super().__init__()
        config = definition.PPOCRV5MobileDetConfig(neck_out_channels=neck_channels)
        config.backbone_config.scale = scale
        config.backbone_config.conv_symmetric_num = branches
        self.features = definition.PPOCRV5MobileDetModel(config)
        self.features.neck = _Neck(config)
        self.probability = definition.PPOCRV5MobileDetHead(config)
        self.threshold = definition.PPOCRV5MobileDetHead(config)
        bias = self.probability.conv_final.bias
        bias.set_value(np.full(bias.shape, math.log(_PRIOR / (1 - _PRIOR)), np.float32))

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        """Return the maps, every value from 0 to 1."""
        features = self.features(x)
        if not self.training:
            probability: paddle.Tensor = self.probability(features)
            return probability
        return paddle.concat([self.probability(features), self.threshold(features)], axis=1)


class _Neck(definition.PPOCRV5MobileDetNeck):  # type: ignore[misc]
    """PaddleX's, enlarging to a size: paddle2onnx 2.1 cannot read a scale that Paddle 3.3 has written."""

    def forward(self, feature_maps: Sequence[paddle.Tensor]) -> paddle.Tensor:
        fused = [conv(feature_maps[level]) for level, conv in enumerate(self.insert_conv)]
        for level in (2, 1, 0):
            fused[level] = fused[level] + _enlarged(fused[level + 1], 2)
        features = [conv(fused[level]) for level, conv in enumerate(self.input_conv)]
        same_size = [_enlarged(features[level], 2**level) for level in (3, 2, 1)]
        return paddle.concat([*same_size, features[0]], axis=1)


def _enlarged(x: paddle.Tensor, times: int) -> paddle.Tensor:
    size = paddle.shape(x)[2:] * times
    larger: paddle.Tensor = nn.functional.interpolate(x, size=size, mode="nearest")
    return larger
