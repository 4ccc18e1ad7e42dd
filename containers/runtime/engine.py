"""What runs an exported network: an engine is a function over one batch, loaded at its first call."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Engine = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""Runs an exported network: ``[N, 3, height, width]`` in, what the network answers out."""


def lazily(load: Callable[[], Engine]) -> Engine:
    """Return the engine that `load` gives, loaded when it is first called, which takes seconds.

    Whoever calls it in several threads calls it once before: a predictor's `warm_up` does.
    """
    loaded = functools.cache(load)

    def run(batch: NDArray[np.float32]) -> NDArray[np.float32]:
        return loaded()(batch)

    return run
