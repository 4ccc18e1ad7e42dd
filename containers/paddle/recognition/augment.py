"""Change training images at random, a whole batch at a time: cheap, since it runs before every step."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from containers.common.preprocessing import PADDING
from containers.paddle.recipe import Augmentation

Pixels = NDArray[np.uint8]

_STROKE = np.ones((2, 2), np.uint8)


def augment(pixels: Pixels, how: Augmentation, random: np.random.Generator) -> Pixels:
    """Return `pixels` (``[N, height, width]`` or ``[…, 3]``), each line changed in its way or left alone."""
    changed = pixels.copy()
    for row in np.flatnonzero(random.random(len(pixels)) < how.share):
        changed[row] = _warped(_restroked(changed[row], how, random), how, random)
    return _relit(changed, how, random)


def _warped(line: Pixels, how: Augmentation, random: np.random.Generator) -> Pixels:
    height, width = line.shape[:2]
    stretch_x, stretch_y = 1 + random.uniform(-how.stretch, how.stretch, 2)
    shear = random.uniform(-how.shear, how.shear)
    shift_x = random.uniform(-how.shift, how.shift) * min(width, 2 * height)
    shift_y = random.uniform(-how.shift, how.shift) * height
    # sheared and stretched about the middle, so that shear alone moves nothing out of sight
    matrix = np.array(
        [
            [stretch_x, shear, shift_x - shear * height / 2],
            [0.0, stretch_y, shift_y + (1 - stretch_y) * height / 2],
        ],
        np.float32,
    )
    return np.asarray(
        cv2.warpAffine(line, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def _restroked(line: Pixels, how: Augmentation, random: np.random.Generator) -> Pixels:
    """Thicken or thin the strokes, or blur the line."""
    choice = random.random()
    if choice < how.stroke:
        change = cv2.erode if random.random() < 0.5 else cv2.dilate
        return np.asarray(change(line, _STROKE), np.uint8)
    if choice < how.stroke + how.blur:
        return np.asarray(cv2.GaussianBlur(line, (3, 3), random.uniform(0.5, 1.5)), np.uint8)
    return line


def _relit(lines: Pixels, how: Augmentation, random: np.random.Generator) -> Pixels:
    """Change contrast and brightness of every line, and add noise."""
    each = (len(lines), *(1,) * (lines.ndim - 1))
    contrast = random.uniform(1 - how.contrast, 1 + how.contrast, each).astype(np.float32)
    brightness = random.uniform(-how.brightness, how.brightness, each).astype(np.float32) * 255
    level = random.uniform(0.0, how.noise, each).astype(np.float32) * 255
    relit = (lines.astype(np.float32) - PADDING) * contrast + (PADDING + brightness)
    if how.noise:
        relit += random.standard_normal(lines.shape, np.float32) * level
    clipped: Pixels = np.clip(relit, 0, 255).astype(np.uint8)
    return clipped
