"""What runs an exported network: an engine is a function over one batch, loaded at its first call."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Engine = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""Runs an exported network: ``[N, 3, height, width]`` in, what the network answers out."""


def lazily(load: Callable[[], Engine]) -> Engine:
    """Return the engine that `load` gives, loaded once, when a thread first calls it; that takes seconds."""
    loaded, loading = functools.cache(load), threading.Lock()

    def run(batch: NDArray[np.float32]) -> NDArray[np.float32]:
        with loading:
            engine = loaded()
        return engine(batch)

    return run
