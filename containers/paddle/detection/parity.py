"""Prove an exported detector equal to the trained one: page by page, pixel by pixel, box by box."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from containers.common.description import Parity
from containers.common.errors import TrainingError
from containers.paddle.detection.pages import Page
from containers.runtime.boxes import boxes_in
from containers.runtime.engine import Engine
from containers.runtime.tiles import page_map
from tasks.detection.answer import Boxes
from tasks.detection.contract import PagePreprocessing

TOLERANCE = 1e-3
"""Between probabilities, which steps of 0.1 turn into boxes."""
_SAME_PX = 2.0
"""A pixel at the edge of a text may fall to either side of the threshold; it moves a corner no further."""


def prove(trained: Engine, exported: Engine, pages: Sequence[Page], how: PagePreprocessing) -> Parity:
    """Hold `exported` against `trained` on every page.

    Raises:
        TrainingError: a box differs, or a probability by more than the tolerance; the message names the
            first such image.
    """
    worst = 0.0
    differing: list[str] = []
    for page in pages:
        maps = [page_map(page.pixels, engine, how) for engine in (trained, exported)]
        difference = float(np.abs(maps[0] - maps[1]).max())
        worst = max(worst, difference)
        one, other = (boxes_in(each, how) for each in maps)
        if not difference <= TOLERANCE or not _same(one, other):
            differing.append(
                f"{page.image}: trained finds {len(one.polygons)} boxes, exported {len(other.polygons)}, "
                f"probabilities differ by {difference:.2g}"
            )
    if differing:
        raise TrainingError(
            f"the exported model is not the trained network on {len(differing):,} of {len(pages):,} "
            f"validation pages, first {differing[0]} (tolerance {TOLERANCE}). Do not deploy it; report "
            "this with the recipe and the versions of paddlepaddle and paddle2onnx."
        )
    return Parity(images=len(pages), mismatches=0, largest_difference=worst, tolerance=TOLERANCE)


def _same(one: Boxes, other: Boxes) -> bool:
    return len(one.polygons) == len(other.polygons) and all(
        np.abs(np.subtract(a, b)).max() <= _SAME_PX for a, b in zip(one.polygons, other.polygons, strict=True)
    )
