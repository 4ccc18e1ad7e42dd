"""How an image becomes the tensor a network sees: the same in training and in serving.

PP-OCR's convention: BGR, ``x / 127.5 - 1``, shape ``[N, 3, height, width]``. A page is cut into tiles of its
own scale. A text line is scaled to a fixed height, bilinearly, and padded to a width of its own, never to
that of its neighbours in a batch, so a reading does not depend on what else is read at the same time.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from corpus.images import to_8_bit
from tasks.detection.contract import PagePreprocessing
from tasks.recognition.contract import LinePreprocessing

if TYPE_CHECKING:
    Pixels = NDArray[np.uint8]

PADDING = 127
"""The grey beside a line that is narrower than its tensor: 0 after normalisation, nearly."""
_BUCKET_PX = 32
"""Widths of keep-ratio lines are rounded up to a multiple of it, so that lines can share a batch."""


def pixels_of(image: Image.Image, how: LinePreprocessing | PagePreprocessing) -> Pixels:
    """Return the pixels of `image`, ``[height, width]`` in grey or ``[height, width, 3]`` in BGR."""
    plain = to_8_bit(image)
    if how.grayscale:
        return np.asarray(plain if plain.mode == "L" else plain.convert("L"))
    colour = plain if plain.mode == "RGB" else plain.convert("RGB")
    return np.asarray(cv2.cvtColor(np.asarray(colour), cv2.COLOR_RGB2BGR), np.uint8)


def tensor_width_px(width_px: int, height_px: int, how: LinePreprocessing) -> int:
    """Return how wide the tensor of an image of this size is."""
    if not how.dynamic:
        return how.width_px
    buckets = math.ceil(_scaled_width(width_px, height_px, how) / _BUCKET_PX)
    return min(buckets * _BUCKET_PX, how.width_px)


def narrowest_px(how: LinePreprocessing) -> int:
    """Return how wide the narrowest tensor is."""
    return tensor_width_px(1, how.height_px, how)


def fit(pixels: Pixels, how: LinePreprocessing) -> Pixels:
    """Scale `pixels` to the height and width of its tensor, padded on the right."""
    height, width = pixels.shape[:2]
    target = tensor_width_px(width, height, how)
    scaled_width = target if how.resize == "stretch" else _scaled_width(width, height, how)
    scaled = cv2.resize(pixels, (scaled_width, how.height_px), interpolation=cv2.INTER_LINEAR)
    if scaled_width == target:
        return np.asarray(scaled, np.uint8)
    whole = np.full((how.height_px, target, *pixels.shape[2:]), PADDING, np.uint8)
    whole[:, :scaled_width] = scaled
    return whole


def to_tensor(lines: Sequence[Pixels] | Pixels) -> NDArray[np.float32]:
    """Return lines of one width, as `fit` gives them, as ``[N, 1 or 3, height, width]`` in -1 to 1."""
    stacked = np.asarray(lines)
    planes = stacked[:, None] if stacked.ndim == 3 else stacked.transpose(0, 3, 1, 2)
    tensor = planes.astype(np.float32, order="C")
    tensor *= np.float32(1 / 127.5)
    tensor -= np.float32(1.0)
    return tensor


def to_input(lines: Sequence[Pixels] | Pixels) -> NDArray[np.float32]:
    """Return lines of one width as an exported network takes them: ``[N, 3, height, width]``."""
    tensor = to_tensor(lines)
    return tensor if tensor.shape[1] == 3 else np.repeat(tensor, 3, axis=1)


def _scaled_width(width_px: int, height_px: int, how: LinePreprocessing) -> int:
    return max(1, min(-(-width_px * how.height_px // max(height_px, 1)), how.width_px))
