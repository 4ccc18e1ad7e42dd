"""From a map of probabilities to boxes around texts, and what a text's middle has lost of it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from config.tasks.detection import Detection
from corpus.sample import Polygon
from tasks.detection.answer import Boxes


def boxes_in(probabilities: NDArray[np.float32], how: Detection) -> Boxes:
    """Return the boxes on a page, from the top down. `probabilities` is ``[height, width]``.

    The score of a box (0 to 1) is the mean probability in the middle of its text.
    """
    found = sorted(_boxes(probabilities, how), key=lambda one: one[0][0][::-1])
    kept = [(polygon, score) for polygon, score in found if score >= how.min_score]
    return Boxes(tuple(polygon for polygon, _ in kept), tuple(score for _, score in kept))


def lost_px(width_px: float, height_px: float, shrink_ratio: float) -> float:
    """Return what was taken off a rectangle of which this core is left.

    M. Liao et al. (2020) grow a core by 1.5 times its area over its circumference (equation 11), which gives
    a line twenty times as long as high only half of its height back. For a rectangle equation 10 can be
    solved: with m the margin, c the constant and w and h the core's sides,
    ``m (2w + 2h + 8m) = c (w + 2m) (h + 2m)``.
    """
    c = 1 - shrink_ratio**2
    half = (width_px + height_px) * (1 - c)
    square, rest = 8 - 4 * c, c * width_px * height_px
    return (math.sqrt(half * half + square * rest) - half) / square


def _boxes(probabilities: NDArray[np.float32], how: Detection) -> Iterator[tuple[Polygon, float]]:
    binary = (probabilities >= how.binarise).astype(np.uint8)
    contours, _ = cv2.findContours(binary, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    for contour in contours:
        (x, y), (width, height), angle = cv2.minAreaRect(contour)
        # the contour goes through the middles of pixels: half a pixel more on each side
        width, height = width + 1, height + 1
        lost = lost_px(width, height, how.shrink_ratio)
        size = (width + 2 * lost, height + 2 * lost)
        if min(size) < how.min_side_px:
            continue
        corners = cv2.boxPoints(((x + 0.5, y + 0.5), size, angle))
        yield _clockwise(np.asarray(corners)), _score(probabilities, contour)


def _score(probabilities: NDArray[np.float32], contour: Any) -> float:
    left, top, width, height = cv2.boundingRect(contour)
    mask = np.zeros((height, width), np.uint8)
    cv2.drawContours(mask, [contour], 0, (1,), cv2.FILLED, offset=(-left, -top))
    return float(cv2.mean(probabilities[top : top + height, left : left + width], mask)[0])


def _clockwise(corners: NDArray[Any]) -> Polygon:
    # boxPoints goes round clockwise already (y points down)
    first = int(corners.sum(axis=1).argmin())
    return tuple((float(x), float(y)) for x, y in np.roll(corners, -first, axis=0))
