"""A moving average of the weights: steadier than the last step's, and better after a short training.

B. T. Polyak and A. B. Juditsky, Acceleration of Stochastic Approximation by Averaging (1992).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import paddle
from numpy.typing import NDArray


class Average:
    """The average of the trainable weights of one network; with `decay` 0 it is the network itself."""

    def __init__(self, network: paddle.nn.Layer, decay: float) -> None:
        self._decay = decay
        self._live = dict(network.named_parameters()) if decay else {}
        self._shadow = {name: one.clone().detach() for name, one in self._live.items()}

    def update(self, step: int) -> None:
        """Take in the weights after `step`; the first steps weigh more, so that the start is forgotten."""
        decay = min(self._decay, (1 + step) / (10 + step))
        with paddle.no_grad():
            for name, shadow in self._shadow.items():
                shadow.scale_(decay).add_(self._live[name] * (1 - decay))

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Put the average into the network meanwhile."""
        with paddle.no_grad():
            live = {name: one.clone() for name, one in self._live.items()}
            for name, one in self._live.items():
                one.set_value(self._shadow[name])
        try:
            yield
        finally:
            with paddle.no_grad():
                for name, one in self._live.items():
                    one.set_value(live[name])

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the average by name of weight."""
        return {name: np.array(one.numpy()) for name, one in self._shadow.items()}

    def load(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Set the average, as `arrays` returned it."""
        for name, shadow in self._shadow.items():
            shadow.set_value(arrays[name])
