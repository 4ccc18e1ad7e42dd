"""Set a text in type: shaped by raqm, as a mask of its ink with nothing around it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

from corpus.synthesis.fonts import Face


@dataclass(frozen=True, slots=True)
class Lettering:
    """The ink of a text, a mask (``L``, 255 is ink) without margins; `ascent_px` of it above the baseline."""

    mask: Image.Image
    ascent_px: int


@lru_cache(maxsize=256)
def font_of(face: Face, size_px: int) -> ImageFont.FreeTypeFont:
    """Return `face` at `size_px` to the em, laid out by raqm (Pillow's basic layout stacks no marks)."""
    return ImageFont.truetype(face.path, size_px, layout_engine=ImageFont.Layout.RAQM)


def set_type(text: str, face: Face, size_px: int) -> Lettering:
    """Set `text` in `face` at `size_px` pixels to the em.

    Raises:
        ValueError: the text leaves no ink (it is blank).
    """
    font = font_of(face, size_px)
    # one rendering instead of a measuring and a rendering: draw on a plate that is surely large enough
    plate = Image.new("L", (round(font.getlength(text)) + 2 * size_px, 3 * size_px))
    ImageDraw.Draw(plate).text((size_px, 2 * size_px), text, font=font, fill=255, anchor="ls")
    box = plate.getbbox()
    if box is None:
        raise ValueError(f"{text!r} leaves no ink in {face.name}")
    return Lettering(plate.crop(box), 2 * size_px - box[1])
