"""Draw one text line as a scanner would deliver it: type, skew, strokes, paper, blur, noise, JPEG."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from corpus.sample import Polygon
from corpus.synthesis import degrade
from corpus.synthesis.fonts import Covering, Face, pick
from corpus.synthesis.lettering import set_type
from corpus.synthesis.recipe import Degradations, LineSettings, Recipe, Tone
from corpus.synthesis.texts.compose import Label, compose

_SETTING_SIZES_PX = (24, 32, 48, 64, 96)
"""Type is set at one of these, worked on, and shrunk once at the end: edges come out as soft as in a scan."""


@dataclass(frozen=True, slots=True)
class DrawnLine:
    """A line's image, its label, its face, and the text's own corners where it does not lie upright."""

    image: Image.Image
    label: Label
    face: Face
    polygon: Polygon | None


@dataclass(frozen=True, slots=True)
class _Fit:
    """Where the ink goes on its canvas, in the canvas's pixels, and how much it is scaled each way."""

    scale_x: float
    scale_y: float
    left: float
    top: float
    width: int
    height: int


def draw_line(recipe: Recipe, faces: Sequence[Covering], rng: random.Random) -> DrawnLine:
    """Draw one line of `recipe`, which draws lines: every choice comes from `rng`."""
    text, line = recipe.text, recipe.line
    assert text is not None
    assert line is not None
    label = compose(text, rng)
    face = pick(faces, label.text, rng)
    ink_px = rng.uniform(*line.ink_px)
    setting_px = next((size for size in _SETTING_SIZES_PX if size >= 2 * ink_px), _SETTING_SIZES_PX[-1])
    ink = _typed(label.text, face, setting_px, recipe, rng)
    scale = ink_px / ink.height
    if (degrees := degrade.strength(recipe.degradations.skew_deg, rng)) is not None:
        ink = degrade.turn(ink, degrees)
    fit = _fit(ink, scale, line, rng)
    plate = Image.new("L", (round(fit.width / fit.scale_x), round(fit.height / fit.scale_y)))
    plate.paste(ink, (round(fit.left / fit.scale_x), round(fit.top / fit.scale_y)))
    if (stroke_px := degrade.strength(recipe.degradations.strokes_px, rng)) is not None:
        degrade.cross_with_strokes(plate, stroke_px / fit.scale_y, rng)
    if (share := degrade.strength(recipe.degradations.bleed_share, rng)) is not None:
        other = compose(text, rng).text
        back = set_type(other, pick(faces, other, rng), setting_px).mask
        plate = degrade.bleed_through(plate, back, share, rng)
    shrunk = plate.resize((fit.width, fit.height), Image.Resampling.BILINEAR)
    image = scan(shrunk, recipe.tone, recipe.degradations, rng)
    if rng.random() >= line.turned_share:
        return DrawnLine(image, label, face, None)
    turned = image.transpose(Image.Transpose.ROTATE_90)
    width, height = turned.size
    upwards: Polygon = ((0, height), (0, 0), (width, 0), (width, height))
    return DrawnLine(turned, label, face, upwards)


def _typed(text: str, face: Face, setting_px: int, recipe: Recipe, rng: random.Random) -> Image.Image:
    """Return the mask of `text` as a press or a printer leaves it, about `setting_px` to the em."""
    line, how = recipe.line, recipe.degradations
    assert line is not None
    dots = degrade.strength(how.dots_px, rng)
    size_px = setting_px if dots is None else round(dots)
    spacing_px = (degrade.strength(how.spacing_em, rng) or 0.0) * size_px
    ink = set_type(
        text, face, size_px, spacing_px=spacing_px, full_height=line.full_height, crisp=dots is not None
    ).mask
    aspect = 1.0 if line.aspect == (1.0, 1.0) else rng.uniform(*line.aspect)
    scale = setting_px / size_px
    if dots is not None or aspect != 1.0:
        size = (max(1, round(ink.width * scale * aspect)), max(1, round(ink.height * scale)))
        ink = ink.resize(size, Image.Resampling.NEAREST if dots is not None else Image.Resampling.BILINEAR)
    if (weight := degrade.strength(how.weight, rng)) is not None:
        ink = degrade.reweigh(ink, weight)
    if (share := degrade.strength(how.fade_share, rng)) is not None:
        ink = degrade.fade(ink, share, rng)
    return ink


def _fit(ink: Image.Image, scale: float, line: LineSettings, rng: random.Random) -> _Fit:
    """Give the ink its margins, or set it into the middle (nearly) of a fixed canvas."""
    left, top, right, bottom = (rng.uniform(*line.margin_px) for _ in range(4))
    if line.width_px is None or line.height_px is None:
        width, height = ink.width * scale + left + right, ink.height * scale + top + bottom
        return _Fit(scale, scale, left, top, max(1, round(width)), max(1, round(height)))
    room_x, room_y = line.width_px - left - right, line.height_px - top - bottom
    scale_y = min(scale, room_y / ink.height)
    if line.stretch:
        scale_x = room_x / ink.width
    else:
        scale_x = scale_y = min(scale_y, room_x / ink.width)
    spare_x, spare_y = room_x - ink.width * scale_x, room_y - ink.height * scale_y
    return _Fit(scale_x, scale_y, left + spare_x / 2, top + spare_y / 2, line.width_px, line.height_px)


def scan(ink: Image.Image, tone: Tone, degradations: Degradations, rng: random.Random) -> Image.Image:
    """Turn a mask of ink into what a scanner delivers."""
    image = degrade.print_on_paper(ink, tone, rng)
    if (sigma_px := degrade.strength(degradations.blur_px, rng)) is not None:
        image = degrade.blur(image, sigma_px)
    paper_grey = degrade.strength(degradations.paper_grey, rng)
    noise_grey = degrade.strength(degradations.noise_grey, rng)
    image = degrade.add_grain(image, paper_grey, noise_grey, rng)
    if (quality := degrade.strength(degradations.jpeg_quality, rng)) is not None:
        image = degrade.through_jpeg(image, quality)
    return image
