"""From an artifact and an engine to the predictor of its task: one line for each task."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from config.errors import Problem, did_you_mean
from config.protocol import ARTIFACT_FILE
from containers.common.artifact import Artifact
from containers.common.errors import ArtifactError
from containers.common.model import Predictor
from containers.runtime.detector import detector_of
from containers.runtime.engine import Engine, lazily
from containers.runtime.onnx import ONNX, onnx_engine, threads_at_once
from containers.runtime.recogniser import recogniser_of

PREDICTORS: dict[str, Callable[[Artifact, Engine, int], Predictor[Any, Any]]] = {
    "detection": detector_of,
    "recognition": recogniser_of,
}


def predictor_of(artifact: Artifact, engine: Engine, threads: int = 1) -> Predictor[Any, Any]:
    """Return what runs `artifact` by `engine`, which at most `threads` may call at once.

    Raises:
        ArtifactError: nothing here answers for its task.
    """
    task = artifact.description.task
    if task not in PREDICTORS:
        found, expected = f"a model of {task}", f"one of {' or '.join(PREDICTORS)}"
        path = str(artifact.folder / ARTIFACT_FILE)
        raise ArtifactError(Problem("artifact.task", found, expected, did_you_mean(task, PREDICTORS), path))
    return PREDICTORS[task](artifact, engine, threads)


def open_onnx(artifact: Artifact) -> Predictor[Any, Any]:
    """Return what runs `artifact` by ONNX Runtime; `warm_up` loads it.

    Raises:
        ArtifactError: it has no ONNX model, or nothing here answers for its task.
    """
    threads, model = threads_at_once(), str(artifact.file(ONNX))
    engine = lazily(partial(onnx_engine, model, 0 if threads == 1 else 1))
    return predictor_of(artifact, engine, threads)
