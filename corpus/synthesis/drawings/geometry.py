"""Points, boxes and quarter turns on a sheet, in its pixels; y grows downwards."""

from __future__ import annotations

from dataclasses import dataclass

from corpus.sample import Point, Polygon

Vector = tuple[int, int]
"""A direction along an axis: (1, 0) right, (0, 1) down, (-1, 0) left, (0, -1) up."""

RIGHT, DOWN, LEFT, UP = (1, 0), (0, 1), (-1, 0), (0, -1)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle along the axes."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def centre(self) -> Point:
        """Its middle."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def grown(self, by: float) -> Box:
        """Return it with `by` more on every side."""
        return Box(self.left - by, self.top - by, self.right + by, self.bottom + by)

    def corners(self) -> Polygon:
        """Return its corners clockwise from the top left."""
        return (
            (self.left, self.top),
            (self.right, self.top),
            (self.right, self.bottom),
            (self.left, self.bottom),
        )

    def corners_upwards(self) -> Polygon:
        """Return its corners clockwise from the top left of a text in it that reads upwards."""
        top_left, top_right, bottom_right, bottom_left = self.corners()
        return (bottom_left, top_left, top_right, bottom_right)


def box_around(points: Polygon) -> Box:
    """Return the smallest box that holds `points`."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return Box(min(xs), min(ys), max(xs), max(ys))


def turned(point: Point, along: Vector) -> Point:
    """Turn `point` about the origin by the quarter turns that take the direction right to `along`."""
    (x, y), (ux, uy) = point, along
    return x * ux - y * uy, x * uy + y * ux


def moved(point: Point, along: Vector, by: float) -> Point:
    """Return `point` moved `by` pixels in the direction `along`."""
    return point[0] + along[0] * by, point[1] + along[1] * by


def left_of(along: Vector) -> Vector:
    """Return the direction to the left of somebody who walks `along`; on the sheet, left of right is up."""
    return along[1], -along[0]


def opposite(along: Vector) -> Vector:
    """Return the other way."""
    return -along[0], -along[1]


def along_axis(start: Point, end: Point) -> Vector:
    """Return the direction from `start` to `end`.

    Raises:
        ValueError: it is not along an axis.
    """
    (x0, y0), (x1, y1) = start, end
    if (x0 == x1) == (y0 == y1):
        raise ValueError(f"{start} to {end} is not along an axis")
    return ((x1 > x0) - (x1 < x0), (y1 > y0) - (y1 < y0))
