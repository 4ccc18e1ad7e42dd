"""An optimiser's state under the names of the network's weights, so that it outlives the process.

Paddle names a state tensor after its parameter (``conv2d_0.w_0_moment1_0``), and numbers parameters in the
order in which a process happens to build them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import paddle
from numpy.typing import NDArray

_BETWEEN = "::"


def split_state(optimiser: Any, network: paddle.nn.Layer) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Return the tensors of the state of `optimiser` by ``weight::accumulator``, and its plain values."""
    names = {one.name: name for name, one in network.named_parameters()}
    arrays: dict[str, NDArray[Any]] = {}
    plain: dict[str, Any] = {}
    for key, value in optimiser.state_dict().items():
        if not isinstance(value, paddle.Tensor):
            if value:
                plain[key] = value
            continue
        owner = max((one for one in names if key.startswith(one + "_")), key=len)
        arrays[f"{names[owner]}{_BETWEEN}{key.removeprefix(owner)}"] = np.array(value.numpy())
    return arrays, plain


def joined_state(
    arrays: Mapping[str, NDArray[Any]], plain: Mapping[str, Any], network: paddle.nn.Layer
) -> dict[str, Any]:
    """Return what `split_state` took apart, under the names that the parameters have in this process."""
    names = {name: one.name for name, one in network.named_parameters()}
    state: dict[str, Any] = dict(plain)
    for key, array in arrays.items():
        name, _, accumulator = key.partition(_BETWEEN)
        state[names[name] + accumulator] = paddle.to_tensor(array)
    return state
