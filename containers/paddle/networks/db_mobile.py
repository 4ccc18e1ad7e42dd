"""PP-OCRv5's mobile detector: PP-LCNetV3 features, a feature pyramid, a head for each map; from PaddleX.

M. Liao et al., Real-time Scene Text Detection with Differentiable Binarization (2020):
https://arxiv.org/abs/1911.08947; C. Cui et al., PaddleOCR 3.0 Technical Report (2025):
https://arxiv.org/abs/2507.05595
"""

from __future__ import annotations

import paddle
from paddle import nn


class DbMobile(nn.Layer):
    """``[N, 3, height, width]``, multiples of 32, to probabilities of text ``[N, 1, height, width]``.

    While it trains the answer is ``[N, 2, height, width]``: the second map is the threshold, which only the
    loss asks for and an exported network has not. `branches` is how many convolutions PP-LCNetV3 adds up in
    place of one; the published network has 4, which take more than twice as long.
    """

    def __init__(self, *, scale: float = 0.75, branches: int = 4, neck_channels: int = 96) -> None:
        super().__init__()
        from paddlex.inference.models.text_detection.modeling import pp_ocrv5_mobile_det as definition

        config = definition.PPOCRV5MobileDetConfig(neck_out_channels=neck_channels)
        config.backbone_config.scale = scale
        config.backbone_config.conv_symmetric_num = branches
        self.features = definition.PPOCRV5MobileDetModel(config)
        self.probability = definition.PPOCRV5MobileDetHead(config)
        self.threshold = definition.PPOCRV5MobileDetHead(config)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        """Return the maps, every value from 0 to 1."""
        features = self.features(x)
        if not self.training:
            probability: paddle.Tensor = self.probability(features)
            return probability
        return paddle.concat([self.probability(features), self.threshold(features)], axis=1)
