"""A sheet while it is drawn: ink at twice its size, and the truth about every mark."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from PIL import Image, ImageChops, ImageDraw

from corpus.sample import Point, Polygon
from corpus.synthesis.drawings.geometry import Box
from corpus.synthesis.drawings.symbols import Symbol
from corpus.synthesis.fonts import Face
from corpus.synthesis.lettering import set_type

_FINENESS = 2
"""Drawn this many times as large and shrunk at the end, which makes edges soft."""

_TEXT_MARGIN_PX = 1.0
"""What a text's region has around its ink: soft edges reach that far."""

TEXT = "text"
"""The label of every region that has a text."""


@dataclass(frozen=True, slots=True)
class Region:
    """One mark of the ground truth. A text's polygon is clockwise from the text's own top left."""

    polygon: Polygon
    label: str
    text: str | None = None
    meta: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Word:
    """A text set in type and turned, ready to be put down; sizes in the sheet's pixels."""

    text: str
    mask: Image.Image
    upwards: bool
    width: float
    height: float
    ascent: float


class Canvas:
    """Ink (``L``, 255 is ink) and regions; all coordinates are in the finished sheet's pixels."""

    def __init__(
        self, width_px: int, height_px: int, face: Face, *, type_scale: float, pen_scale: float
    ) -> None:
        self.width_px, self.height_px, self.face = width_px, height_px, face
        self._type_scale, self._pen_scale = type_scale, pen_scale
        self.regions: list[Region] = []
        self._ink = Image.new("L", (width_px * _FINENESS, height_px * _FINENESS))
        self._draw = ImageDraw.Draw(self._ink)

    def finished(self) -> Image.Image:
        """Return the ink at the sheet's own size."""
        return self._ink.reduce(_FINENESS)

    def line(self, points: Sequence[Point], width_px: float = 2.0) -> None:
        """Draw through `points`."""
        fine = [(x * _FINENESS, y * _FINENESS) for x, y in points]
        self._draw.line(
            fine, fill=255, width=max(1, round(width_px * self._pen_scale * _FINENESS)), joint="curve"
        )

    def dashes(self, start: Point, end: Point, *, dash_px: float = 10, gap_px: float = 6) -> None:
        """Draw a broken line."""
        length = math.dist(start, end)
        if length == 0:
            return
        ux, uy = (end[0] - start[0]) / length, (end[1] - start[1]) / length
        at = 0.0
        while at < length:
            to = min(at + dash_px, length)
            ends = [(start[0] + ux * t, start[1] + uy * t) for t in (at, to)]
            self.line(ends, 1.5)
            at = to + gap_px

    def box(self, box: Box, width_px: float = 2.0) -> None:
        """Draw a rectangle's outline."""
        corners = box.corners()
        self.line((*corners, corners[0], corners[1]), width_px)

    def symbol(self, symbol: Symbol, at: Point, *, width_px: float = 2.0, **meta: object) -> Box:
        """Draw `symbol` with its centre at `at` and note it."""
        for outline in symbol.outlines:
            points = [(x + at[0], y + at[1]) for x, y in outline.points]
            if outline.fill != "none":
                fine = [(x * _FINENESS, y * _FINENESS) for x, y in points]
                self._draw.polygon(fine, fill=255 if outline.fill == "ink" else 0)
            self.line([*points, *points[:2]] if outline.closed else points, width_px)
        box = symbol.box(at).grown(width_px / 2)
        self.regions.append(Region(box.corners(), symbol.name, None, meta))
        return box

    def letter(self, text: str, size_px: float, *, upwards: bool = False) -> Word:
        """Set `text` at `size_px` to the em, reading to the right or upwards."""
        lettering = set_type(text, self.face, round(size_px * self._type_scale * _FINENESS))
        mask = lettering.mask.transpose(Image.Transpose.ROTATE_90) if upwards else lettering.mask
        width, height = mask.width / _FINENESS, mask.height / _FINENESS
        return Word(text, mask, upwards, width, height, lettering.ascent_px / _FINENESS)

    def put(self, word: Word, left: float, top: float) -> Box:
        """Put `word` down with the top left of its ink at (`left`, `top`) and note it."""
        x, y = round(left * _FINENESS), round(top * _FINENESS)
        where = (x, y, x + word.mask.width, y + word.mask.height)
        self._ink.paste(ImageChops.lighter(self._ink.crop(where), word.mask), where[:2])
        box = Box(*(value / _FINENESS for value in where))
        around = box.grown(_TEXT_MARGIN_PX)
        polygon = around.corners_upwards() if word.upwards else around.corners()
        self.regions.append(Region(polygon, TEXT, word.text))
        return box

    def put_on_baseline(self, word: Word, left: float, baseline: float) -> Box:
        """Put an upright `word` down so that it stands on `baseline`."""
        return self.put(word, left, baseline - word.ascent)

    def put_centred(self, word: Word, x: float, y: float) -> Box:
        """Put `word` down about a point."""
        return self.put(word, x - word.width / 2, y - word.height / 2)

    def note_run(self, points: Sequence[Point], label: str, width_px: float, **meta: object) -> None:
        """Note each straight piece of a line as a region as thick as the line."""
        for (x0, y0), (x1, y1) in pairwise(points):
            box = Box(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)).grown(width_px / 2)
            ends = {"from": [x0, y0], "to": [x1, y1]}
            self.regions.append(Region(box.corners(), label, None, {**ends, **meta}))
