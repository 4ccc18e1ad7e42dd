"""Find text on a page with an exported detector: the one path of validation, evaluation and serving."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from config.errors import Problem
from containers.common.artifact import DESCRIPTION, Artifact
from containers.common.errors import ArtifactError
from containers.common.preprocessing import PagePreprocessing, pixels_of
from containers.common.recogniser import Engine
from containers.paddle.detection.boxes import boxes_in
from containers.paddle.detection.tiles import page_map
from containers.paddle.engines import EngineName, open_engine
from evaluation.regions import Region


@dataclass(frozen=True, slots=True)
class Detector:
    """A network that finds text, with what surrounds it: tiles before, boxes after."""

    engine: Engine
    preprocessing: PagePreprocessing
    version: str

    def find(self, image: Image.Image) -> tuple[Region, ...]:
        """Return where texts are on a page, in its pixels, from the top down; their texts are empty."""
        return self.find_in(pixels_of(image, self.preprocessing))

    def find_in(self, page: NDArray[np.uint8]) -> tuple[Region, ...]:
        """Return the same, given a page's pixels as `pixels_of` returns them."""
        found = boxes_in(page_map(page, self.engine, self.preprocessing), self.preprocessing)
        return tuple(Region(box.polygon, "") for box in found)


def open_detector(artifact: Artifact, name: EngineName | None = None, *, threads: int = 0) -> Detector:
    """Return the detector in `artifact`; the engine is as in `open_engine`.

    Raises:
        ArtifactError: it is no detector, or has no model for this engine.
    """
    preprocessing = artifact.description.pages
    if preprocessing is None:
        found = f"a model for {artifact.description.task}"
        remedy = "Name the artifact of a family that finds text."
        place = str(artifact.folder / DESCRIPTION)
        raise ArtifactError(Problem("artifact.task", found, "one for detection", remedy, place))
    return Detector(open_engine(artifact, name, threads=threads), preprocessing, artifact.version)
