"""Serve a recogniser: `serve` in the container, and `glyphline serve` on a laptop."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from containers.common.contract import Job
from containers.common.entry import Stop
from containers.common.recogniser import BATCH, Recogniser
from containers.common.serving.limits import limits_from, port_from
from containers.common.serving.server import serve
from containers.paddle.engines import EngineName
from containers.paddle.predict import open_trained

_EVERYWHERE = "0.0.0.0"  # noqa: S104 - SageMaker reaches the container from outside of it


def main(job: Job, _stop: Stop) -> None:
    """Serve the artifact in the job's model folder on SageMaker's port until told to leave."""
    serve_artifact(job.model, host=_EVERYWHERE, port=port_from())


def serve_artifact(place: Path, *, host: str, port: int, engine: EngineName | None = None) -> None:
    """Serve the artifact in the folder or archive `place` until SIGTERM or SIGINT.

    Raises:
        ArtifactError: it cannot be used.
        JobError: the environment sets a limit wrongly.
        StateError: the port cannot be had.
    """
    limits = limits_from()
    with tempfile.TemporaryDirectory() as scratch:
        trained = open_trained(place, Path(scratch), engine)

        def load() -> Recogniser:
            recogniser = trained.load()
            warm_up(recogniser)
            return recogniser

        serve(load, limits, host=host, port=port, threads=trained.threads)


def warm_up(recogniser: Recogniser) -> None:
    """Read white lines, one and many, narrow to wide: the first of a kind is slow, no request is to be."""
    how = recogniser.preprocessing
    width_px = how.height_px if how.dynamic else how.width_px
    while True:
        shape = (how.height_px, min(width_px, how.width_px))
        line = np.full(shape if how.grayscale else (*shape, 3), 255, np.uint8)
        recogniser.read_pixels([line])
        recogniser.read_pixels([line] * BATCH)
        if width_px >= how.width_px:
            return
        width_px *= 2
