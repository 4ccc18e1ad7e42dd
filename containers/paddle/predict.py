"""Open what a training of this image made, ready to read lines."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from config.errors import Problem
from containers.common.artifact import DESCRIPTION, Artifact, open_artifact
from containers.common.entry import signals_kept
from containers.common.errors import ArtifactError
from containers.common.recogniser import Recogniser, recogniser_of
from containers.paddle.engines import ONNX, EngineName, open_engine
from corpus.parallel import cores


@dataclass(frozen=True, slots=True)
class Opened:
    """A verified artifact, and how it is to be run: `threads` may read at once."""

    artifact: Artifact
    engine: EngineName
    threads: int

    def load(self) -> Recogniser:
        """Return its recogniser; this takes seconds."""
        alone = self.threads == 1
        return recogniser_of(
            self.artifact, open_engine(self.artifact, self.engine, threads=0 if alone else 1)
        )


def open_trained(place: Path, scratch: Path, engine: EngineName | None = None) -> Opened:
    """Verify the artifact in the folder or archive `place`; an archive is unpacked below `scratch`.

    Raises:
        ArtifactError: there is no whole artifact, it is none of this image's recognisers, or has no model
            for `engine`.
    """
    artifact = open_artifact(place, scratch)
    found = artifact.description
    if (found.image, found.task) != ("paddle", "recognition"):
        was = f"a model for {found.task}, made by the image {found.image!r}"
        expected = "one for recognition, made by the image 'paddle'"
        remedy = f"Run it in the image {found.image!r}."
        path = str(artifact.folder / DESCRIPTION)
        raise ArtifactError(Problem("artifact.image", was, expected, remedy, path))
    name: EngineName = engine or ("onnx" if ONNX in found.files else "paddle")
    if name == "onnx":
        artifact.file(ONNX)
    else:
        _import_paddle()
    return Opened(artifact, name, _at_once(name))


def _import_paddle() -> None:
    """Import Paddle now, while its grip on the signals can be undone: SIGTERM would be a crash."""
    with signals_kept():
        import_module("paddle")


def _at_once(engine: EngineName) -> int:
    """Return how many threads may call one engine at once.

    ONNX Runtime on a CPU: one for each core, with one thread each. So a core reads a batch from end to end,
    where sharing each small operation makes cores wait for one another (benchmarks/LOG.md). Paddle's
    predictor is for one thread, and a GPU does one thing at a time.
    """
    if engine == "paddle":
        return 1
    import onnxruntime

    return 1 if "CUDAExecutionProvider" in onnxruntime.get_available_providers() else cores()
