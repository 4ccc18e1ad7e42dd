"""Serve a model: `serve` in the container, and `glyphline serve` on a laptop."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from containers.common.artifact import open_artifact
from containers.common.contract import Job
from containers.common.entry import Stop
from containers.common.model import Image
from containers.common.shipped import served_task
from containers.runtime.serving.limits import limits_from, port_from
from containers.runtime.serving.server import serve

_EVERYWHERE = "0.0.0.0"  # noqa: S104 - SageMaker reaches the container from outside of it


def main(job: Job, _stop: Stop, image: Image[Any]) -> None:
    """Serve the artifact in the job's model folder on SageMaker's port until told to leave."""
    serve_artifact(job.model, lambda _: image, host=_EVERYWHERE, port=port_from())


def serve_artifact(
    place: Path, image_of: Callable[[str], Image[Any]], *, host: str, port: int, engine: str | None = None
) -> None:
    """Serve the artifact in the folder or archive `place` until SIGTERM or SIGINT.

    `image_of` finds the image by the name that the artifact says made it.

    Raises:
        ArtifactError: it cannot be used.
        JobError: the environment sets a limit wrongly.
        StateError: the port cannot be had.
    """
    with tempfile.TemporaryDirectory() as scratch:
        artifact = open_artifact(place, Path(scratch))
        task = served_task(artifact)
        limits = limits_from(accepts=task.family.accepts)
        predictor = image_of(artifact.description.image).open(artifact, engine)
        serve(task, predictor, limits, host=host, port=port)
