"""What copying and scanning do to ink on paper, one function each; all work on grey images (``L``).

Effects that need randomness for each pixel cut a window out of a fixed tile of noise, which costs a tenth
of drawing new numbers.
"""

from __future__ import annotations

import io
import random
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from corpus.synthesis.recipe import Effect, Tone

_TILE_HEIGHT_PX, _TILE_WIDTH_PX = 512, 2048
_WEIGHT_SIGMA = 0.035
"""Of the ink's height: how far the edges of strokes may move."""
_WEIGHT_REACH = 0.7
_WEIGHT_LEAST = 0.7
"""Of the darkest that blurring leaves: hairlines do not vanish."""
_INK_SHARES = np.arange(256, dtype=np.float32) / np.float32(255)


def strength(effect: Effect | None, rng: random.Random) -> float | None:
    """Return how strong `effect` is this time, or None where it does not happen."""
    if effect is None or rng.random() >= effect.probability:
        return None
    return rng.uniform(*effect.range)


def reweigh(ink: Image.Image, weight: float) -> Image.Image:
    """Make the strokes of a mask thicker (`weight` to 1) or thinner (to -1): blur, then cut elsewhere."""
    soft = np.asarray(ink.filter(ImageFilter.GaussianBlur(ink.height * _WEIGHT_SIGMA)), dtype=np.float32)
    level = min(128.0 * (1.0 - _WEIGHT_REACH * weight), _WEIGHT_LEAST * float(soft.max()))
    return Image.fromarray(np.clip((soft - np.float32(level)) * 4.0 + 128.0, 0.0, 255.0).astype(np.uint8))


def fade(ink: Image.Image, share: float, rng: random.Random) -> Image.Image:
    """Take ink away in patches, a `share` of it about where it fades most."""
    patches = _window(_paper(), ink, rng)
    left = np.clip(1.0 - np.float32(share) * np.clip(0.5 + patches, 0.0, 2.0), 0.0, 1.0)
    return Image.fromarray((np.asarray(ink, dtype=np.float32) * left).astype(np.uint8))


def turn(ink: Image.Image, degrees: float) -> Image.Image:
    """Turn a mask counter-clockwise and crop it to its ink again."""
    turned = ink.rotate(degrees, Image.Resampling.BILINEAR, expand=True)
    return turned.crop(turned.getbbox())


def cross_with_strokes(ink: Image.Image, width_px: float, rng: random.Random) -> None:
    """Draw one or two lines into the mask: through the text, under it, or down across it."""
    draw = ImageDraw.Draw(ink)
    for _ in range(rng.choice((1, 1, 2))):
        if rng.random() < 0.6:
            y, slope = rng.uniform(0.0, ink.height), rng.uniform(-0.01, 0.01) * ink.width
            ends = (0.0, y, float(ink.width), y + slope)
        else:
            x, slope = rng.uniform(0.0, ink.width), rng.uniform(-0.3, 0.3) * ink.height
            ends = (x, 0.0, x + slope, float(ink.height))
        draw.line(ends, fill=255, width=max(1, round(width_px)))


def bleed_through(ink: Image.Image, back: Image.Image, share: float, rng: random.Random) -> Image.Image:
    """Let the mask of the `back` side shine through `ink`: mirrored, soft and `share` as dark."""
    ghost = Image.new("L", ink.size)
    place = (
        rng.randint(-back.width // 2, ink.width // 2),
        rng.randint(-back.height // 3, max(1, ink.height // 3)),
    )
    ghost.paste(back.transpose(Image.Transpose.FLIP_LEFT_RIGHT), place)
    ghost = ghost.filter(ImageFilter.GaussianBlur(max(1.0, ink.height / 40)))
    return ImageChops.lighter(ink, ghost.point([round(level * share) for level in range(256)]))


def print_on_paper(ink: Image.Image, tone: Tone, rng: random.Random) -> Image.Image:
    """Turn a mask into grey: paper where there is no ink, ink where there is."""
    paper, dark = rng.uniform(*tone.paper), rng.uniform(*tone.ink)
    greys = np.rint(paper + (dark - paper) * _INK_SHARES).astype(np.uint8)
    return Image.fromarray(greys[np.asarray(ink)])


def blur(image: Image.Image, sigma_px: float) -> Image.Image:
    """Blur as a lens does."""
    return image.filter(ImageFilter.GaussianBlur(sigma_px))


def add_grain(
    image: Image.Image, paper_grey: float | None, noise_grey: float | None, rng: random.Random
) -> Image.Image:
    """Add the paper's unevenness (soft) and the sensor's noise (sharp), each by its standard deviation."""
    if paper_grey is None and noise_grey is None:
        return image
    grey = np.asarray(image, dtype=np.float32)
    if paper_grey is not None:
        grey = grey + np.float32(paper_grey) * _window(_paper(), image, rng)
    if noise_grey is not None:
        grey = grey + np.float32(noise_grey) * _window(_noise(), image, rng)
    return Image.fromarray(np.clip(grey + np.float32(0.5), 0.0, 255.0).astype(np.uint8))


def through_jpeg(image: Image.Image, quality: float) -> Image.Image:
    """Compress as JPEG and read it again."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=round(quality))
    buffer.seek(0)
    reread = Image.open(buffer)
    reread.load()
    return reread


@lru_cache(maxsize=1)
def _noise() -> NDArray[np.float32]:
    return np.random.default_rng(0).standard_normal((_TILE_HEIGHT_PX, _TILE_WIDTH_PX), dtype=np.float32)


@lru_cache(maxsize=1)
def _paper() -> NDArray[np.float32]:
    """Return fibres and clouds: noise at three scales, standard deviation 1."""
    total: NDArray[np.float32] = np.zeros((_TILE_HEIGHT_PX, _TILE_WIDTH_PX), dtype=np.float32)
    rng = np.random.default_rng(1)
    for step_px, weight in ((3, 0.5), (16, 0.6), (128, 1.0)):
        size = (_TILE_WIDTH_PX // step_px + 1, _TILE_HEIGHT_PX // step_px + 1)
        coarse = Image.fromarray(rng.standard_normal(size[::-1], dtype=np.float32))
        total += weight * np.asarray(
            coarse.resize((_TILE_WIDTH_PX, _TILE_HEIGHT_PX), Image.Resampling.BICUBIC), dtype=np.float32
        )
    return total / np.float32(total.std())


def _window(tile: NDArray[np.float32], image: Image.Image, rng: random.Random) -> NDArray[np.float32]:
    """Cut a piece of the image's size out of `tile` at random; a large image gets it mirrored, not cut."""
    height, width = image.height, image.width
    short = (max(0, height + 1 - tile.shape[0]), max(0, width + 1 - tile.shape[1]))
    if any(short):
        tile = np.pad(tile, ((0, short[0]), (0, short[1])), mode="symmetric")
    y, x = rng.randrange(tile.shape[0] - height), rng.randrange(tile.shape[1] - width)
    return tile[y : y + height, x : x + width]
