"""Read text lines with an exported model: the one path of evaluation, batch prediction and serving."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from containers.common.artifact import Artifact, charset_of
from containers.runtime.ctc import decode
from containers.runtime.engine import Engine
from containers.runtime.preprocessing import fit, pixels_of, to_input
from tasks.recognition.answer import Reading
from tasks.recognition.contract import Contract, LinePreprocessing

BATCH = 32
"""More lines at once bring nothing on a CPU (benchmarks/LOG.md)."""


@dataclass(frozen=True, slots=True)
class Recogniser:
    """An exported model with what surrounds it: preprocessing before, decoding after.

    It is a `Predictor` of images and readings. `engine` answers ``[N, steps, classes]`` probabilities.
    """

    engine: Engine
    preprocessing: LinePreprocessing
    alphabet: tuple[str, ...]
    version: str
    threads: int = 1

    def warm_up(self) -> None:
        """Load the model and read white lines, one and many, narrow to wide: the first of a kind is slow."""
        how = self.preprocessing
        width_px = how.height_px if how.dynamic else how.width_px
        while True:
            shape = (how.height_px, min(width_px, how.width_px))
            line = np.full(shape if how.grayscale else (*shape, 3), 255, np.uint8)
            self.read_pixels([line])
            self.read_pixels([line] * BATCH)
            if width_px >= how.width_px:
                return
            width_px *= 2

    def predict(self, inputs: Iterable[Image.Image]) -> list[Reading]:
        """Return what each image says; a reading does not depend on the others."""
        return self.read_pixels(map(partial(pixels_of, how=self.preprocessing), inputs))

    def read_pixels(self, lines: Iterable[NDArray[np.uint8]]) -> list[Reading]:
        """Return what each line says, given its pixels as `pixels_of` returns them."""
        # maps, here and above: they hold no page while the next is decoded
        fitted = list(map(partial(fit, how=self.preprocessing), lines))
        readings: dict[int, Reading] = {}
        for rows in batches([line.shape[1] for line in fitted], BATCH):
            probabilities = self.engine(to_input([fitted[row] for row in rows]))
            readings.update(zip(rows, decode(probabilities, self.alphabet), strict=True))
        return [readings[row] for row in range(len(fitted))]


def recogniser_of(artifact: Artifact, engine: Engine, threads: int = 1) -> Recogniser:
    """Return the recogniser that `artifact` describes, run by `engine` in at most `threads` at once.

    Raises:
        ArtifactError: it is a model of another task, or its charset is not the one it says.
    """
    contract = artifact.contract_as(Contract)
    alphabet = charset_of(artifact).entries
    return Recogniser(engine, contract.preprocessing, alphabet, artifact.version, threads)


def batches(widths: Sequence[int], most: int) -> list[list[int]]:
    """Return the rows 0 … n-1 in groups of equal width, at most `most` in each."""
    by_width: dict[int, list[int]] = defaultdict(list)
    for row, width in enumerate(widths):
        by_width[width].append(row)
    return [rows[i : i + most] for rows in by_width.values() for i in range(0, len(rows), most)]
