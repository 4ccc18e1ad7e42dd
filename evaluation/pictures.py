"""The images of the items: how good they are, and thumbnails for the report."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from PIL import Image
from upath import UPath

from corpus.errors import ImageError
from corpus.images import open_image, to_8_bit
from corpus.items import Item
from corpus.parallel import map_chunks
from corpus.paths import inside

_MAX_WIDTH_PX, _MAX_HEIGHT_PX = 640, 160
_WEBP_QUALITY = 80
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Quality:
    """How legible an image is.

    `contrast` is the span between the 5th and the 95th percentile of grey, 0 to 1. `sharpness` is the share
    of that span which an edge crosses from one pixel to the next: 1 for a clean edge, 1/3 for one blurred
    over three pixels.
    """

    height_px: int
    contrast: float
    sharpness: float


def with_quality(items: Sequence[Item], folder: UPath, *, workers: int = 0) -> tuple[Item, ...]:
    """Return `items` with the quality of their images in `meta`, so that they can be sliced by it.

    Items without a readable image below `folder` stay unchanged, and so do existing keys of the same name:
    what is measured never replaces them.
    """
    own = frozenset(key for one in items for key in one.meta)
    work = partial(_measured, folder=folder)
    chunks = map_chunks(work, [one.first.image for one in items], chunk=_CHUNK, workers=workers)
    measured = (one for chunk in chunks for one in chunk)
    return tuple(
        item if not found else replace(item, meta={**item.meta, **_without(found, own)})
        for item, found in zip(items, measured, strict=True)
    )


def assess(image: Image.Image) -> Quality:
    """Return how legible `image` is."""
    grey = to_8_bit(image).convert("L")
    below = np.cumsum(grey.histogram()) / (grey.width * grey.height)
    span = int(np.searchsorted(below, 0.95)) - int(np.searchsorted(below, 0.05))
    pixels = np.asarray(grey, dtype=np.float32)
    steps = np.concatenate([np.abs(np.diff(pixels, axis=axis)).ravel() for axis in (0, 1)])
    change = float(steps.sum()) * span
    sharpness = min(1.0, float(steps @ steps) / change) if change else 0.0
    return Quality(image.height, span / 255.0, sharpness)


def thumbnails(images: Mapping[str, str | None], folder: UPath) -> dict[str, str]:
    """Return thumbnails of the images below `folder` as data URIs, by the same names.

    A name without a path, or without a readable image, is left out.
    """
    opened = ((name, open_inside(folder, path)) for name, path in images.items())
    return {name: data_uri(image) for name, image in opened if image is not None}


def open_inside(folder: UPath, image: str | None) -> Image.Image | None:
    """Return an image below `folder`; None if it cannot be read or lies elsewhere."""
    # nothing outside the folder: a report is passed on
    path = inside(folder, image) if image is not None else None
    try:
        return open_image(path.read_bytes(), str(path)) if path is not None else None
    except (ImageError, OSError):  # missing, unreadable, a folder, too long a name
        return None  # the item still counts; the report shows it without its picture


def data_uri(image: Image.Image, most_px: tuple[int, int] = (_MAX_WIDTH_PX, _MAX_HEIGHT_PX)) -> str:
    """Return a copy of `image`, at most this wide and high, as a data URI."""
    small = to_8_bit(image)
    small.thumbnail(most_px)
    buffer = io.BytesIO()
    small.save(buffer, "WEBP", quality=_WEBP_QUALITY)
    return f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _measured(images: list[str | None], folder: UPath) -> list[dict[str, float]]:
    return [_quality_of(image, folder) for image in images]


def _quality_of(image: str | None, folder: UPath) -> dict[str, float]:
    opened = open_inside(folder, image)
    if opened is None:
        return {}
    quality = assess(opened)
    return {
        "image height": quality.height_px,
        "image contrast": round(quality.contrast, 3),
        "image sharpness": round(quality.sharpness, 3),
    }


def _without(found: dict[str, float], own: frozenset[str]) -> dict[str, float]:
    return {key: value for key, value in found.items() if key not in own}
