"""Coordinates from label files: numbers checked once, rectangles as the four corners that a crop wants."""

from __future__ import annotations

import math
from typing import Any

from corpus.formats.lines import EntryError
from corpus.sample import Polygon

MAX_COORDINATE_PX = 1_000_000.0


def polygon_of(points: Any) -> Polygon:
    """Return ``[[x, y], …]`` as a polygon of at least three points.

    Raises:
        EntryError: it is something else, or a coordinate is no number of a sane size.
    """
    if not isinstance(points, list) or len(points) < 3:
        raise EntryError(f"the points are {_short(points)}, not three or more of [x, y]")
    polygon = []
    for point in points:
        if not isinstance(point, list) or len(point) != 2:
            raise EntryError(f"a point is {_short(point)}, not [x, y]")
        polygon.append((coordinate(point[0]), coordinate(point[1])))
    return tuple(polygon)


def rectangle(box: Any) -> Polygon:
    """Return ``[x1, y1, x2, y2]``, two opposite corners, as four corners clockwise from the top left.

    Raises:
        EntryError: it is something else.
    """
    if not isinstance(box, list | tuple) or len(box) != 4:
        raise EntryError(f"the box is {_short(box)}, not [x1, y1, x2, y2]")
    x1, y1, x2, y2 = (coordinate(value) for value in box)
    left, right, top, bottom = min(x1, x2), max(x1, x2), min(y1, y2), max(y1, y2)
    return (left, top), (right, top), (right, bottom), (left, bottom)


def coordinate(value: Any) -> float:
    """Return a coordinate in pixels.

    Raises:
        EntryError: not a number, not finite, or larger than any page.
    """
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        try:
            number = float(value)
        except (ValueError, OverflowError):
            number = math.nan
        if abs(number) <= MAX_COORDINATE_PX:
            return number
    raise EntryError(f"a coordinate is {_short(value)}, not a number of pixels")


def written(polygon: Polygon) -> list[list[float]]:
    """Return `polygon` for JSON, whole numbers without a decimal point."""
    return [[int(value) if value.is_integer() else value for value in point] for point in polygon]


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
