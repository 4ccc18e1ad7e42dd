"""The images behind the lines: how good they are, and small copies for the report."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from PIL import Image
from upath import UPath

from corpus.errors import ImageError
from corpus.images import open_image, to_8_bit
from corpus.parallel import map_chunks
from corpus.paths import inside
from evaluation.predictions import Prediction, Predictions

_MAX_WIDTH_PX, _MAX_HEIGHT_PX = 640, 160
_WEBP_QUALITY = 80
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Quality:
    """How legible an image is.

    `contrast` is the span between the 5th and the 95th percentile of grey, 0 to 1. `sharpness` is the share
    of that span which an edge crosses from one pixel to the next: 1 for a clean edge, 1/3 for one that is
    blurred over three pixels.
    """

    height_px: int
    contrast: float
    sharpness: float


def with_quality(predictions: Predictions, folder: UPath, *, workers: int = 0) -> Predictions:
    """Return `predictions` with the quality of their images in `meta`, so that they can be sliced by it.

    Lines without a readable image below `folder` stay as they are, and so do keys of the same name that the
    predictions bring along: what is measured never takes their place.
    """
    own = frozenset(key for line in predictions.lines for key in line.meta)
    work = partial(_with_qualities, folder=folder, own=own)
    chunks = map_chunks(work, predictions.lines, chunk=_CHUNK, workers=workers)
    return replace(predictions, lines=tuple(line for chunk in chunks for line in chunk))


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


def thumbnails(predictions: Predictions, ids: Iterable[str], folder: UPath) -> dict[str, str]:
    """Return the images of the lines `ids` as data URIs; a line without a readable image is left out."""
    wanted = set(ids)
    found: dict[str, str] = {}
    for line in predictions.lines:
        if line.id in wanted and (image := _open(line, folder)) is not None:
            found[line.id] = _data_uri(image)
    return found


def _with_qualities(lines: list[Prediction], folder: UPath, own: frozenset[str]) -> list[Prediction]:
    return [_with_quality(line, folder, own) for line in lines]


def _with_quality(line: Prediction, folder: UPath, own: frozenset[str]) -> Prediction:
    image = _open(line, folder)
    if image is None:
        return line
    quality = assess(image)
    measured = {
        "image height": quality.height_px,
        "image contrast": round(quality.contrast, 3),
        "image sharpness": round(quality.sharpness, 3),
    }
    new = {key: value for key, value in measured.items() if key not in own}
    return replace(line, meta={**line.meta, **new})


def _open(line: Prediction, folder: UPath) -> Image.Image | None:
    # nothing outside the folder: a report goes to other people
    path = inside(folder, line.image) if line.image is not None else None
    try:
        return open_image(path.read_bytes(), str(path)) if path is not None else None
    except (ImageError, OSError):  # absent, unreadable, a folder, a name that is too long
        return None  # the line counts all the same; the report shows it without its picture


def _data_uri(image: Image.Image) -> str:
    small = to_8_bit(image)
    small.thumbnail((_MAX_WIDTH_PX, _MAX_HEIGHT_PX))
    buffer = io.BytesIO()
    small.save(buffer, "WEBP", quality=_WEBP_QUALITY)
    return f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode()}"
