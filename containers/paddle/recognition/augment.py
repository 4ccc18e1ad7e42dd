"""Change training images at random, a whole batch at a time: cheap, since it runs before every step."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from config.tasks.recognition import Augmentation
from containers.runtime.preprocessing import PADDING

Pixels = NDArray[np.uint8]

Labels = Sequence[NDArray[np.int32]]
"""The classes of each line."""

_JOIN_JITTER = 0.1
_ENDS = 0.1
"""Of the height: stretch and slope move the ends no further, or letters of a long line would leave it."""
_STROKE = np.ones((2, 2), np.uint8)
_STROKE_SHARE = 0.6
"""A whole pixel more or less would close the loops of small type."""
_BLUR_PX = (0.4, 0.9)


def joined(
    pixels: Pixels, labels: Labels, share: float, longest: int, random: np.random.Generator
) -> tuple[Pixels, Labels]:
    """Squeeze a `share` of the lines to the left half, and another line of the batch to the right half.

    A network then sees longer texts than the data has, of more combinations; none of more than `longest`
    characters. For lines that are stretched to one width.
    """
    result, texts = pixels.copy(), list(labels)
    height, width = pixels.shape[1:3]
    partners = random.permutation(len(pixels))
    for row in np.flatnonzero(random.random(len(pixels)) < share):
        text = np.concatenate([labels[row], labels[partners[row]]])
        if len(text) > longest:
            continue
        cut = round(width * (0.5 + random.uniform(-_JOIN_JITTER, _JOIN_JITTER)))
        left = cv2.resize(pixels[row], (cut, height), interpolation=cv2.INTER_AREA)
        right = cv2.resize(pixels[partners[row]], (width - cut, height), interpolation=cv2.INTER_AREA)
        paper = np.percentile(left, 90) - np.percentile(right, 90)  # one sheet of paper under both
        result[row] = np.hstack([left, np.clip(right + paper, 0, 255).astype(np.uint8)])
        texts[row] = text
    return result, texts


def augment(pixels: Pixels, how: Augmentation, random: np.random.Generator) -> Pixels:
    """Return `pixels` (``[N, height, width]`` or ``[…, 3]``), each line changed in its own way."""
    changed = [_restroked(_warped(line, how, random), how, random) for line in pixels]
    return _relit(np.stack(changed), how, random)


def _warped(line: Pixels, how: Augmentation, random: np.random.Generator) -> Pixels:
    """Stretch, shear and slope about the middle, then shift."""
    height, width = line.shape[:2]
    ends = _ENDS * height / (width / 2)
    shift = how.shift * height
    limits = (min(how.stretch, ends), how.shear, min(how.slope, ends), how.stretch, shift, shift)
    along, shear, slope, across, right, down = random.uniform(-1, 1, 6) * limits
    turn = np.array([[1 + along, shear], [slope, 1 + across]])
    middle = np.array([width / 2, height / 2])
    matrix = np.column_stack([turn, middle - turn @ middle + (right, down)])
    return np.asarray(
        cv2.warpAffine(line, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def _restroked(line: Pixels, how: Augmentation, random: np.random.Generator) -> Pixels:
    """Make the strokes thicker or thinner, or blur the line, or leave it."""
    choice = random.random()
    if choice < how.stroke:
        changed = (cv2.erode if random.random() < 0.5 else cv2.dilate)(line, _STROKE)
        return np.asarray(cv2.addWeighted(changed, _STROKE_SHARE, line, 1 - _STROKE_SHARE, 0), np.uint8)
    if choice < how.stroke + how.blur:
        return np.asarray(cv2.GaussianBlur(line, (0, 0), random.uniform(*_BLUR_PX)), np.uint8)
    return line


def _relit(lines: Pixels, how: Augmentation, random: np.random.Generator) -> Pixels:
    """Change contrast and brightness of every line, and add noise to some."""
    each = (len(lines), *(1,) * (lines.ndim - 1))
    contrast = random.uniform(1 - how.contrast, 1 + how.contrast, each).astype(np.float32)
    brightness = random.uniform(-how.brightness, how.brightness, each).astype(np.float32) * 255
    relit = (lines.astype(np.float32) - PADDING) * contrast + (PADDING + brightness)
    noisy = np.flatnonzero(random.random(len(lines)) < how.noisy)
    if len(noisy):
        level = random.uniform(0.0, how.noise, (len(noisy), *each[1:])).astype(np.float32) * 255
        relit[noisy] += random.standard_normal((len(noisy), *lines.shape[1:]), np.float32) * level
    clipped: Pixels = np.clip(relit, 0, 255).astype(np.uint8)
    return clipped
