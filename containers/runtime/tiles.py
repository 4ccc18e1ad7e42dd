"""A page of any size through a network that sees squares: tiles overlap, and each answers for its middle.

Maps are put together before boxes are looked for, so a text that crosses the edges of tiles is one text.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from config.tasks.detection import Detection
from containers.runtime.engine import Engine
from containers.runtime.preprocessing import to_input

_TILES = 4
"""At once: more bring nothing on a CPU."""


@dataclass(frozen=True, slots=True)
class Span:
    """A tile along one axis: where it starts, and from where to where its answer is taken."""

    start: int
    begin: int
    end: int


def spans(size: int, tile: int, overlap: int) -> list[Span]:
    """Return tiles that share `overlap` or more; their answers cover 0 to `size` once."""
    if size <= tile:
        return [Span(0, 0, size)]
    count = math.ceil((size - overlap) / (tile - overlap))
    starts = [round(k * (size - tile) / (count - 1)) for k in range(count)]
    cuts = [(before + tile + after) // 2 for before, after in pairwise(starts)]
    return [Span(*one) for one in zip(starts, [0, *cuts], [*cuts, size], strict=True)]


def square(page: NDArray[np.uint8], x: int, y: int, side: int) -> NDArray[np.uint8]:
    """Return the square of `page` whose top left is at `x`, `y`; a small page is continued by its edges."""
    part = page[y : y + side, x : x + side]
    height, width = part.shape[:2]
    if (height, width) == (side, side):
        return part
    padded = cv2.copyMakeBorder(part, 0, side - height, 0, side - width, cv2.BORDER_REPLICATE)
    return np.asarray(padded, np.uint8)


def page_map(page: NDArray[np.uint8], engine: Engine, how: Detection) -> NDArray[np.float32]:
    """Return the probability of text's middle at every pixel of `page`.

    `page` is ``[height, width]`` or ``[height, width, 3]``; `engine` answers ``[N, 1, side, side]``.
    """
    height, width = page.shape[:2]
    places = [
        (down, across)
        for down in spans(height, how.tile_px, how.overlap_px)
        for across in spans(width, how.tile_px, how.overlap_px)
    ]
    whole = np.empty((height, width), np.float32)
    for first in range(0, len(places), _TILES):
        some = places[first : first + _TILES]
        tiles = [square(page, across.start, down.start, how.tile_px) for down, across in some]
        for (down, across), answer in zip(some, engine(to_input(tiles)), strict=True):
            rows = slice(down.begin - down.start, down.end - down.start)
            columns = slice(across.begin - across.start, across.end - across.start)
            whole[down.begin : down.end, across.begin : across.end] = answer[0, rows, columns]
    return whole
