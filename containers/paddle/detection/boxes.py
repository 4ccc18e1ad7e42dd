"""From a map of probabilities to boxes around texts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from config.detection import Detection
from containers.paddle.detection.outlines import lost_px
from corpus.sample import Polygon


@dataclass(frozen=True, slots=True)
class Box:
    """Where a text is, in pixels of the page: clockwise from the corner nearest the page's top left.

    `score` (0 to 1) is the mean probability in its middle.
    """

    polygon: Polygon
    score: float


def boxes_in(probabilities: NDArray[np.float32], how: Detection) -> list[Box]:
    """Return the boxes on a page, from the top down. `probabilities` is ``[height, width]``."""
    boxes = sorted(_boxes(probabilities, how), key=lambda box: box.polygon[0][::-1])
    return [box for box in boxes if box.score >= how.min_score]


def _boxes(probabilities: NDArray[np.float32], how: Detection) -> Iterator[Box]:
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
        yield Box(_clockwise(np.asarray(corners)), _score(probabilities, contour))


def _score(probabilities: NDArray[np.float32], contour: Any) -> float:
    left, top, width, height = cv2.boundingRect(contour)
    mask = np.zeros((height, width), np.uint8)
    cv2.drawContours(mask, [contour], 0, (1,), cv2.FILLED, offset=(-left, -top))
    return float(cv2.mean(probabilities[top : top + height, left : left + width], mask)[0])


def _clockwise(corners: NDArray[Any]) -> Polygon:
    # boxPoints goes round clockwise already (y points down)
    first = int(corners.sum(axis=1).argmin())
    return tuple((float(x), float(y)) for x, y in np.roll(corners, -first, axis=0))
