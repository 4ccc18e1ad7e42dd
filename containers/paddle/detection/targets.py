"""What a detector should say of one crop of a page: where the middles of texts are, and where their edges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from containers.paddle.detection.outlines import Outline, Points

_FINENESS = 4
"""Polygons are filled at so many times the size: OpenCV fills whole pixels, a core is few of them high."""
_LOW, _HIGH = 0.3, 0.7
"""The threshold far from an edge and on it; the authors' values."""


@dataclass(frozen=True, slots=True)
class Targets:
    """Maps ``[height, width]`` of one crop, or ``[crops, height, width]`` of several.

    `core` is 1 in the middles of texts, else 0, and counts where `core_counts` is 1: not where nobody could
    read. `threshold` counts around readable texts.
    """

    core: NDArray[np.float32]
    core_counts: NDArray[np.float32]
    threshold: NDArray[np.float32]
    threshold_counts: NDArray[np.float32]


def targets_of(texts: Sequence[Outline], unreadable: Sequence[Outline], x: int, y: int, side: int) -> Targets:
    """Return the targets of the square crop whose top left is at `x`, `y` of the page."""
    shape = (side, side)
    core, nearness = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    core_counts, threshold_counts = np.ones(shape, np.float32), np.zeros(shape, np.float32)
    for outline in unreadable:
        _fill(outline.text, x, y, core_counts, 0.0)
    for outline in texts:
        for part in outline.core:
            _fill(part, x, y, core, 1.0)
        if not outline.core:
            _fill(outline.text, x, y, core_counts, 0.0)
        _fill(outline.reach, x, y, threshold_counts, 1.0)
        _near(outline, x, y, nearness)
    return Targets(core, core_counts, _LOW + (_HIGH - _LOW) * nearness, threshold_counts)


def stacked(several: Sequence[Targets]) -> Targets:
    """Return the targets of several crops as one."""
    names = Targets.__dataclass_fields__
    return Targets(*(np.stack([getattr(one, name) for one in several]) for name in names))


def _fill(polygon: Points, x: int, y: int, onto: NDArray[np.float32], value: float) -> None:
    """Set every pixel of `onto` that lies in the polygon by half at least."""
    room = _room(polygon, x, y, len(onto))
    if room is not None:
        left, top, right, bottom = room
        part = onto[top:bottom, left:right]
        part[_cover(polygon - (x + left, y + top), *part.shape)] = value


def _near(outline: Outline, x: int, y: int, onto: NDArray[np.float32]) -> None:
    """Raise `onto` to how near the text's edge is: 1 on it, 0 at its margin and beyond."""
    room = _room(outline.reach, x, y, len(onto))
    if room is None:
        return
    left, top, right, bottom = room
    part = onto[top:bottom, left:right]
    inside = _cover(outline.text - (x + left, y + top), *part.shape).astype(np.uint8)
    # a pixel beside the edge is at distance 1 from the other side's nearest middle, 0.5 from the edge
    distance = np.where(inside, _distance(inside), _distance(1 - inside)) - 0.5
    np.maximum(part, np.clip(1 - distance / outline.margin_px, 0, 1), out=part)


def _distance(inside: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.asarray(cv2.distanceTransform(inside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE), np.float32)


def _room(polygon: Points, x: int, y: int, side: int) -> tuple[int, int, int, int] | None:
    """Return left, top, right and bottom of the polygon in the crop, or None where it is elsewhere."""
    low = np.floor(polygon.min(axis=0) - (x, y)).astype(int).clip(0, side)
    high = np.ceil(polygon.max(axis=0) - (x, y)).astype(int).clip(0, side)
    if (low >= high).any():
        return None
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])


def _cover(polygon: Points, height: int, width: int) -> NDArray[np.bool_]:
    """Return which pixels lie in the polygon by half at least."""
    fine = np.zeros((height * _FINENESS, width * _FINENESS), np.uint8)
    cv2.fillPoly(fine, [np.round(polygon * _FINENESS - 0.5).astype(np.int32)], (255,))
    share = cv2.resize(fine, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(share >= 128)
