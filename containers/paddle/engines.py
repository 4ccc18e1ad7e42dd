"""Run an exported Paddle model: by Paddle's own inference library, or by ONNX Runtime."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from containers.common.artifact import Artifact
from containers.common.recogniser import Engine

EngineName = Literal["onnx", "paddle"]
MODEL, PARAMETERS, ONNX = "inference.json", "inference.pdiparams", "model.onnx"


def open_engine(artifact: Artifact, name: EngineName | None = None, *, threads: int = 0) -> Engine:
    """Load the exported model of `artifact`; None: ONNX where the artifact has it, else Paddle.

    `threads` 0 leaves their number to the library.

    Raises:
        ArtifactError: the artifact has no model for this engine.
    """
    name = name or ("onnx" if ONNX in artifact.description.files else "paddle")
    if name == "onnx":
        return _onnx(str(artifact.file(ONNX)), threads)
    return _paddle(str(artifact.file(MODEL)), str(artifact.file(PARAMETERS)), threads)


def _onnx(model: str, threads: int) -> Engine:
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


def _paddle(model: str, parameters: str, threads: int) -> Engine:
    from paddle import inference

    config = inference.Config(model, parameters)
    config.disable_glog_info()
    config.enable_new_ir(True)
    config.enable_new_executor()  # without it, creating a predictor with memory optimisation fails (3.3.1)
    config.enable_memory_optim()
    _choose_device(config, threads)
    predictor: Any = inference.create_predictor(config)
    source = predictor.get_input_handle(predictor.get_input_names()[0])
    target = predictor.get_output_handle(predictor.get_output_names()[0])

    def run(batch: NDArray[np.float32]) -> NDArray[np.float32]:
        source.copy_from_cpu(batch)
        predictor.run()
        result: NDArray[np.float32] = target.copy_to_cpu()
        return result

    return run


def _choose_device(config: Any, threads: int) -> None:
    import paddle

    if paddle.device.is_compiled_with_cuda() and paddle.device.cuda.device_count():
        config.enable_use_gpu(256, 0)
        return
    config.disable_gpu()
    config.disable_mkldnn()  # its rounding differs from the trained network's; ONNX Runtime is the fast one
    if threads:
        config.set_cpu_math_library_num_threads(threads)
