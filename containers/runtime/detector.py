"""Find text on pages with an exported model: the one path of validation, evaluation and serving."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from containers.common.artifact import Artifact
from containers.runtime.boxes import boxes_in
from containers.runtime.engine import Engine
from containers.runtime.preprocessing import pixels_of
from containers.runtime.tiles import page_map
from tasks.detection.answer import Boxes
from tasks.detection.contract import Contract, PagePreprocessing


@dataclass(frozen=True, slots=True)
class Detector:
    """A network that finds text, with what surrounds it: tiles before, boxes after.

    It is a `Predictor` of images and boxes. `engine` answers ``[N, 1, height, width]`` probabilities.
    """

    engine: Engine
    preprocessing: PagePreprocessing
    version: str
    threads: int = 1

    def warm_up(self) -> None:
        """Load the model and look at a white page of one tile."""
        how = self.preprocessing
        shape = (how.tile_px, how.tile_px)
        self.find(np.full(shape if how.grayscale else (*shape, 3), 255, np.uint8))

    def predict(self, inputs: Iterable[Image.Image]) -> list[Boxes]:
        """Return where texts are on each page."""
        # maps hold no page while the next is decoded
        return list(map(self.find, map(partial(pixels_of, how=self.preprocessing), inputs)))

    def find(self, page: NDArray[np.uint8]) -> Boxes:
        """Return where texts are on a page, given its pixels as `pixels_of` returns them."""
        return boxes_in(page_map(page, self.engine, self.preprocessing), self.preprocessing)


def detector_of(artifact: Artifact, engine: Engine, threads: int = 1) -> Detector:
    """Return the detector that `artifact` describes, run by `engine` in at most `threads` at once.

    Raises:
        ArtifactError: it is a model of another task.
    """
    return Detector(engine, artifact.contract_as(Contract).pages, artifact.version, threads)
