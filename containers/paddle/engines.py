"""Run what this image exported: by Paddle's own inference library, or by ONNX Runtime."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from config.errors import Problem, did_you_mean
from config.protocol import ARTIFACT_FILE
from containers.common.artifact import Artifact
from containers.common.entry import signals_kept
from containers.common.errors import ArtifactError
from containers.common.model import Predictor
from containers.runtime.engine import Engine, lazily
from containers.runtime.onnx import ONNX, onnx_engine
from containers.runtime.opening import open_onnx, predictor_of

EngineName = Literal["onnx", "paddle"]
ENGINES: tuple[EngineName, ...] = ("paddle", "onnx")
MODEL, PARAMETERS = "inference.json", "inference.pdiparams"


def open_predictor(artifact: Artifact, engine: str | None = None) -> Predictor[Any, Any]:
    """Return what runs `artifact`; `engine` None: ONNX where the artifact has it, else Paddle.

    Raises:
        ArtifactError: the artifact has no model for this engine, or there is no such engine.
    """
    name = engine or ("onnx" if ONNX in artifact.description.files else "paddle")
    if name not in ENGINES:
        remedy, path = did_you_mean(name, ENGINES), str(artifact.folder / ARTIFACT_FILE)
        raise ArtifactError(
            Problem("artifact.engine", f"the engine {name!r}", " or ".join(ENGINES), remedy, path)
        )
    if name == "onnx":
        return open_onnx(artifact)
    files = [str(artifact.file(one)) for one in (MODEL, PARAMETERS)]
    with signals_kept():  # now, while its grip on the signals can be undone: SIGTERM would be a crash
        import_module("paddle")
    return predictor_of(artifact, lazily(partial(_paddle, *files)))  # Paddle's predictor is for one thread


def open_engine(artifact: Artifact, name: EngineName) -> Engine:
    """Load the exported model of `artifact`.

    Raises:
        ArtifactError: the artifact has no model for this engine.
    """
    if name == "onnx":
        return onnx_engine(str(artifact.file(ONNX)))
    return _paddle(str(artifact.file(MODEL)), str(artifact.file(PARAMETERS)))


def _paddle(model: str, parameters: str) -> Engine:
    from paddle import inference

    config = inference.Config(model, parameters)
    config.disable_glog_info()
    config.enable_new_ir(True)
    config.enable_new_executor()  # without it, creating a predictor with memory optimisation fails (3.3.1)
    config.enable_memory_optim()
    _choose_device(config)
    predictor: Any = inference.create_predictor(config)
    source = predictor.get_input_handle(predictor.get_input_names()[0])
    target = predictor.get_output_handle(predictor.get_output_names()[0])

    def run(batch: NDArray[np.float32]) -> NDArray[np.float32]:
        source.copy_from_cpu(batch)
        predictor.run()
        result: NDArray[np.float32] = target.copy_to_cpu()
        return result

    return run


def _choose_device(config: Any) -> None:
    import paddle

    if paddle.device.is_compiled_with_cuda() and paddle.device.cuda.device_count():
        config.enable_use_gpu(256, 0)
        return
    config.disable_gpu()
    config.disable_mkldnn()  # its rounding differs from the trained network's; ONNX Runtime is the fast one
