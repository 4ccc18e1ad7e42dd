"""Read text lines with an exported model: the one path of evaluation, batch prediction and serving."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from containers.common.artifact import Artifact
from containers.common.ctc import Reading, decode
from containers.common.preprocessing import Preprocessing, fit, pixels_of, to_input

BATCH = 32
"""More lines at once bring nothing on a CPU (benchmarks/LOG.md)."""


Engine = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""Runs an exported recogniser: ``[N, 3, height, width]`` in, ``[N, steps, classes]`` probabilities out."""


@dataclass(frozen=True, slots=True)
class Recogniser:
    """An exported model with what surrounds it: preprocessing before, decoding after."""

    engine: Engine
    preprocessing: Preprocessing
    alphabet: tuple[str, ...]
    version: str

    def read(self, images: Iterable[Image.Image]) -> list[Reading]:
        """Return what each image says; a reading does not depend on the others."""
        return self.read_pixels(map(partial(pixels_of, how=self.preprocessing), images))

    def read_pixels(self, lines: Iterable[NDArray[np.uint8]]) -> list[Reading]:
        """Return what each line says, given its pixels as `pixels_of` returns them."""
        # maps, here and above: they hold no page while the next is decoded
        fitted = list(map(partial(fit, how=self.preprocessing), lines))
        readings: dict[int, Reading] = {}
        for rows in batches([line.shape[1] for line in fitted], BATCH):
            probabilities = self.engine(to_input([fitted[row] for row in rows]))
            readings.update(zip(rows, decode(probabilities, self.alphabet), strict=True))
        return [readings[row] for row in range(len(fitted))]


def recogniser_of(artifact: Artifact, engine: Engine) -> Recogniser:
    """Return the recogniser that `artifact` describes, run by `engine`."""
    preprocessing = artifact.description.preprocessing
    assert preprocessing is not None  # every recogniser has one
    return Recogniser(engine, preprocessing, artifact.charset.entries, artifact.version)


def batches(widths: Sequence[int], most: int) -> list[list[int]]:
    """Return the rows 0 … n-1 in groups of equal width, at most `most` in each."""
    by_width: dict[int, list[int]] = defaultdict(list)
    for row, width in enumerate(widths):
        by_width[width].append(row)
    return [rows[i : i + most] for rows in by_width.values() for i in range(0, len(rows), most)]
