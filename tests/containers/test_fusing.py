"""A network whose branches were added up answers as it was trained to."""

from __future__ import annotations

import numpy as np
import paddle
import pytest

from containers.paddle.networks import build, build_detector
from containers.paddle.networks.fusing import fused


def trained(network: paddle.nn.Layer) -> paddle.nn.Layer:
    """Give every normalisation and scale numbers of its own, as training would."""
    chance = np.random.default_rng(1)
    for name, value in network.state_dict().items():
        if value.ndim == 1:
            low = 0.5 if "variance" in name or "weight" in name or "scale" in name else -0.2
            value.set_value(chance.uniform(low, low + 0.6, value.shape).astype(np.float32))
    network.eval()
    return network


@pytest.mark.parametrize("name", ["svtr-lcnet", "db-mobile"])
def test_a_fused_network_answers_the_same(name: str) -> None:
    network = trained(build(name, {}, 12) if name == "svtr-lcnet" else build_detector(name, {}))
    height_px = 48 if name == "svtr-lcnet" else 64
    image = paddle.to_tensor(
        np.random.default_rng(2).uniform(-1, 1, (2, 3, height_px, 64)).astype(np.float32)
    )
    before = network(image).numpy()
    small = fused(network)
    after = small(image).numpy()
    assert after.std() > 0
    np.testing.assert_allclose(after, before, atol=1e-3 * np.abs(before).max())
    np.testing.assert_array_equal(network(image).numpy(), before)  # the trained one is left as it was
    convolutions = [
        sum(isinstance(one, paddle.nn.Conv2D) for one in net.sublayers()) for net in (network, small)
    ]
    assert convolutions[1] < convolutions[0] / 2
