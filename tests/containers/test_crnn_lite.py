"""The network's own normalisation is exact enough for a long, pale line to be read alike everywhere."""

from __future__ import annotations

import numpy as np
import paddle
from numpy.typing import NDArray

from containers.paddle.networks.crnn_lite import CrnnLite


def test_a_long_pale_line_is_normalised_exactly() -> None:
    network = CrnnLite(classes=3)
    seen: list[NDArray[np.float32]] = []

    def keep(_layer: paddle.nn.Layer, inputs: paddle.Tensor, outputs: paddle.Tensor) -> paddle.Tensor:
        seen.append(inputs[0].numpy())
        return outputs

    network.features.register_forward_post_hook(keep)
    line = np.full((1, 1, 32, 1024), 0.7, np.float32)
    line[..., 12:20, ::16] = 0.6
    network(paddle.to_tensor(line))
    ink = line.mean(dtype=np.float64) - line.astype(np.float64)
    exact = ink / np.sqrt((ink**2).mean() + 0.01)
    assert np.abs(seen[0] - exact).max() < 1e-4
