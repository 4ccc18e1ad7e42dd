"""Run an exported model by ONNX Runtime, whichever framework trained it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from containers.runtime.engine import Engine
from corpus.parallel import cores

ONNX = "model.onnx"
"""The file of an artifact that it runs."""


def onnx_engine(model: str, threads: int = 0) -> Engine:
    """Load the model in the file `model`. `threads` 0 leaves their number to the library."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3  # errors alone
    session = onnxruntime.InferenceSession(model, options, providers=onnxruntime.get_available_providers())
    (name,) = (one.name for one in session.get_inputs())

    def run(batch: NDArray[np.float32]) -> NDArray[np.float32]:
        result: NDArray[np.float32] = session.run(None, {name: batch})[0]
        return result

    return run


def threads_at_once() -> int:
    """Return how many threads may call one engine at once.

    On a CPU: one for each core, with one thread each. So a core reads a batch from end to end, where sharing
    each small operation makes cores wait for one another (benchmarks/LOG.md). A GPU does one thing at a time.
    """
    import onnxruntime

    return 1 if "CUDAExecutionProvider" in onnxruntime.get_available_providers() else cores()
