"""Cut a quadrilateral out of a page and set it upright: a detection annotation becomes a text line."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image

from corpus.sample import Polygon

UPRIGHT_RATIO = 1.5
"""A crop this much taller than wide is read as a rotated line (PaddleOCR's get_rotate_crop_image)."""
_TURNABLE = 3
_FARTHEST_PX = 1e9  # far beyond any page; with more, products of coordinates could overflow
_MAX_PAGES = 4
"""A slanted region reaches over the page's edge; one of many pages comes from broken coordinates."""


def is_turnable(text: str | None) -> bool:
    """Tell whether a tall crop of `text` lies on its side.

    Of three characters or more it does. A lone ``1``, or a ``12`` in the double-height type of a receipt,
    is tall by itself; PaddleOCR turns it all the same.
    """
    return len(text or "") >= _TURNABLE


def crop(page: Image.Image, polygon: Polygon, *, turnable: bool) -> tuple[Image.Image, bool]:
    """Return the region of `page` as an upright line image, and whether it was turned by 90 degrees.

    A quadrilateral is rectified by its perspective, any other polygon gives its bounding box. A tall crop
    is turned if it is `turnable`. It does not say which way its text runs: upwards, as drawings are lettered
    (ISO 129-1: to be read from the right). A quadrilateral that starts at the text's own top left needs no
    such guess.

    Raises:
        ValueError: the region has fewer than three points or no area, its bounding box lies for the most part
            outside the page, it is larger than the page, or its corners do not run clockwise (the text
            would be mirrored).
    """
    box = _box_on(page, polygon)
    line = page.crop(_within(box, page)) if _is_upright_box(polygon) else _rectify(page, polygon)
    turned = turnable and line.height >= UPRIGHT_RATIO * line.width
    return (line.transpose(Image.Transpose.ROTATE_270), True) if turned else (line, False)


def _box_on(page: Image.Image, polygon: Polygon) -> tuple[int, int, int, int]:
    """Return the bounding box of `polygon`; refuse one that shows too little of `page`."""
    if len(polygon) < 3:
        raise ValueError(f"the region has {len(polygon)} points; it takes three or more to have an area")
    of_page = f"the page of {page.width} x {page.height} pixels"
    if not all(-_FARTHEST_PX < value < _FARTHEST_PX for point in polygon for value in point):  # or no number
        raise ValueError(f"the region lies outside {of_page}, or reaches beyond any")
    box = _bounds(polygon)
    if not (area := _area(box)):
        raise ValueError("the region has no area")
    within = _area(_within(box, page))
    if not within:
        raise ValueError(f"the region lies outside {of_page}")
    if 2 * within < area:
        raise ValueError(f"most of the region lies outside {of_page}")
    return box


def _area(box: tuple[int, int, int, int]) -> int:
    return max(box[2] - box[0], 0) * max(box[3] - box[1], 0)


def _bounds(polygon: Polygon) -> tuple[int, int, int, int]:
    xs, ys = [p[0] for p in polygon], [p[1] for p in polygon]
    return math.floor(min(xs)), math.floor(min(ys)), math.ceil(max(xs)), math.ceil(max(ys))


def _within(box: tuple[int, int, int, int], page: Image.Image) -> tuple[int, int, int, int]:
    return max(box[0], 0), max(box[1], 0), min(box[2], page.width), min(box[3], page.height)


def _is_upright_box(polygon: Polygon) -> bool:
    """Tell whether cutting the bounding box is exact: a rectangle along the axes, starting top left."""
    if len(polygon) != 4:
        return True
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = polygon
    return x0 == x3 < x1 == x2 and y0 == y1 < y2 == y3


def _rectify(page: Image.Image, quad: Polygon) -> Image.Image:
    """Map `quad` (clockwise from the text's top left) to a rectangle with the length of its longer sides."""
    top_left, top_right, bottom_right, bottom_left = (np.array(point, dtype=float) for point in quad)
    width = round(max(_distance(top_left, top_right), _distance(bottom_left, bottom_right)))
    height = round(max(_distance(top_left, bottom_left), _distance(top_right, bottom_right)))
    if width < 1 or height < 1:
        raise ValueError("the region has no area")
    if width * height > _MAX_PAGES * page.width * page.height:
        raise ValueError(f"the region of {width} x {height} pixels is larger than the page")
    turns = _turns(quad)
    if not turns.any():
        raise ValueError("the region has no area")
    if not (turns > 0).all():
        raise ValueError("the corners do not run clockwise around the text")
    target = [(0, 0), (width, 0), (width, height), (0, height)]
    rows, values = [], []
    for (x, y), (u, v) in zip(target, quad, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    try:
        coefficients = np.linalg.solve(np.array(rows, dtype=float), np.array(values, dtype=float))
    except np.linalg.LinAlgError as error:
        raise ValueError("the region has no area") from error
    return page.transform(
        (width, height),
        Image.Transform.PERSPECTIVE,
        coefficients.tolist(),
        Image.Resampling.BICUBIC,
        fillcolor="white",  # what lies beyond the page is paper, not ink
    )


def _turns(quad: Polygon) -> np.ndarray:
    """Return how far each corner turns: to the right (y points down) where positive, as all do if convex."""
    corners = np.array([*quad, *quad[:2]], dtype=float)
    sides = np.diff(corners, axis=0)
    turns: np.ndarray = sides[:-1, 0] * sides[1:, 1] - sides[:-1, 1] * sides[1:, 0]
    return turns


def _distance(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.hypot(*(a - b)))
