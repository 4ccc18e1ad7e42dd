"""PP-OCRv5's mobile recogniser: PP-LCNetV3 features, SVTR mixing, a CTC head. From PaddleX's definition.

C. Cui et al., PaddleOCR 3.0 Technical Report (2025): https://arxiv.org/abs/2507.05595
"""

from __future__ import annotations

from typing import Any

import paddle
from paddle import nn

_TEXT_LINE_BLOCKS = [
    # kernel, inputs, outputs, stride (height first), squeeze and excite; PaddleX's default is for pictures
    [[3, 16, 32, 1, False]],
    [[3, 32, 64, 1, False], [3, 64, 64, 1, False]],
    [[3, 64, 128, (2, 1), False], [3, 128, 128, 1, False]],
    [[3, 128, 256, (1, 2), False], *[[5, 256, 256, 1, False]] * 4],
    [
        [5, 256, 512, (2, 1), True],
        [5, 512, 512, 1, True],
        [5, 512, 512, (2, 1), False],
        [5, 512, 512, 1, False],
    ],
]


class SvtrLcnet(nn.Layer):
    """``[N, 3, 48, width]`` to logits ``[N, width / 8, classes]``."""

    def __init__(self, *, classes: int, scale: float = 0.95) -> None:
        super().__init__()
        whole = definition_of(scale, head_out_channels=classes)
        self.model = whole.model
        self.encoder = whole.head.encoder
        self.head = whole.head.head

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        """Return the logits of each step."""
        logits: paddle.Tensor = self.head(self.encoder(self.model(x)))
        return logits


def definition_of(scale: float, head_out_channels: int) -> Any:
    """Return the network as PaddleX defines it, for text lines."""
    from paddlex.inference.models.text_recognition.modeling import pp_ocrv5_mobile_rec as definition

    backbone = {"scale": scale, "divisor": 16, "block_configs": _TEXT_LINE_BLOCKS}
    config = definition.PPOCRV5MobileRecConfig(backbone_config=backbone, head_out_channels=head_out_channels)
    return definition.PPOCRV5MobileRec(config)
