"""The outline of a text and its middle, which a detector learns; `containers.runtime.boxes` has the way back.

M. Liao et al., Real-time Scene Text Detection with Differentiable Binarization (2020), section 3.4:
https://arxiv.org/abs/1911.08947
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from corpus.sample import Polygon

Points = NDArray[np.float64]
"""``[n, 2]``: x and y in pixels; whole numbers are edges of pixels, not their middles."""


@dataclass(frozen=True, slots=True)
class Outline:
    """A text as a network learns it.

    `core` is what is left when `margin_px` is taken off all round (several parts, or none, where the text is
    odd or minute), `reach` the text with as much added.
    """

    text: Points
    core: tuple[Points, ...]
    reach: Points
    margin_px: float


def outlines_of(polygons: Sequence[Polygon], shrink_ratio: float) -> list[Outline]:
    """Return how each text, a polygon in pixels with an area, is learnt."""
    shapes = np.array([_simple(polygon) for polygon in polygons], dtype=object)
    margins = margin_px(shapely.area(shapes), shapely.length(shapes), shrink_ratio)
    cores = shapely.buffer(shapes, -margins, join_style="mitre")
    reaches = shapely.buffer(shapes, margins, join_style="round")
    return [
        Outline(_points(shape), tuple(map(_points, _parts(core))), _points(reach), float(margin))
        for shape, core, reach, margin in zip(shapes, cores, reaches, margins, strict=True)
    ]


def margin_px(
    area: NDArray[np.float64], length: NDArray[np.float64], shrink_ratio: float
) -> NDArray[np.float64]:
    """Return how much is taken off a text of this area and circumference (equation 10)."""
    result: NDArray[np.float64] = area * (1 - shrink_ratio**2) / length
    return result


def _simple(polygon: Polygon) -> Any:
    """Return the polygon; where its corners were clicked crosswise, what a string around them would hold."""
    shape = shapely.Polygon(polygon)
    return shape if shape.is_valid else shape.convex_hull


def _parts(shape: Any) -> list[Any]:
    return [part for part in shapely.get_parts(shape) if not part.is_empty]


def _points(shape: Any) -> Points:
    points: Points = shapely.get_coordinates(shape.exterior)[:-1]
    return points
