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


def set_type(
    text: str,
    face: Face,
    size_px: int,
    *,
    spacing_px: float = 0.0,
    full_height: bool = False,
    crisp: bool = False,
) -> Lettering:
    """Set `text` in `face` at `size_px` pixels to the em.

    With `spacing_px`, letters are set one by one, so many pixels farther apart. With `full_height` the mask
    reaches at least from the baseline to the capitals' height. `crisp`: without grey at the edges.

    Raises:
        ValueError: the text leaves no ink (it is blank).
    """
    font = font_of(face, size_px)
    length = font.getlength(text) + max(0.0, spacing_px) * len(text)
    # one rendering instead of a measuring and a rendering: draw on a plate that is surely large enough
    plate = Image.new("L", (round(length) + 2 * size_px, 3 * size_px))
    draw = ImageDraw.Draw(plate)
    draw.fontmode = "1" if crisp else "L"
    at = float(size_px)
    for piece in text if spacing_px else (text,):
        draw.text((at, 2 * size_px), piece, font=font, fill=255, anchor="ls")
        at += font.getlength(piece) + spacing_px
    box = plate.getbbox()
    if box is None:
        raise ValueError(f"{text!r} leaves no ink in {face.name}")
    if full_height:
        capitals = 2 * size_px + font.getbbox("H", anchor="ls")[1]
        box = (box[0], min(box[1], round(capitals)), box[2], max(box[3], 2 * size_px))
    return Lettering(plate.crop(box), 2 * size_px - box[1])
