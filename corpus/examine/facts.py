"""What the pixels of an image say, measured once for each content: size, kind, blankness, fingerprint."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import NamedTuple

import numpy as np
import orjson
from PIL import Image
from upath import UPath

from corpus.crops import crop, is_turnable
from corpus.errors import ImageError
from corpus.images import facts_of, is_transparent, open_image, to_8_bit
from corpus.sample import Polygon, Sample

VERSION = 2
"""To be raised when facts or `corpus.crops` change what they say: what was measured before is forgotten."""

BLANK_RANGE = 8
"""Grey levels between the darkest and the lightest pixel up to which an image shows nothing."""

WHOLE = ""
"""The region that is the whole image."""

_THUMBNAIL = (64, 16)
_FREQUENCIES = 8
_ROUNDING = 1e-6  # a frequency that is not there comes out as a sum of rounding errors, of either sign


class Facts(NamedTuple):
    """One image, or one region of it: then the size is that of its upright crop, in pixels.

    `transparent`: some pixel can be seen through. `blank`: all pixels look the same. `fingerprint` is
    the perceptual hash, 64 bits in a signed integer.
    """

    format: str
    mode: str
    width: int
    height: int
    frames: int
    exif_orientation: int
    transparent: bool
    blank: bool
    fingerprint: int


class Fault(NamedTuple):
    """Why an image, or a region of it, cannot be used: the rule that it breaks and what was found."""

    rule: str
    found: str


Measured = Facts | Fault

NO_IMAGE = Facts("", "", 0, 0, 0, 1, transparent=False, blank=False, fingerprint=0)
"""What can be said where there is no image to look at."""


class Region(NamedTuple):
    """A part of an image by its outline, turned upright if it is tall and `turnable`."""

    polygon: Polygon
    turnable: bool

    @property
    def key(self) -> str:
        """The name under which what was measured is kept."""
        return orjson.dumps([self.polygon, self.turnable]).decode()


def as_posix(image: str) -> str:
    """Return a path that was perhaps written on Windows with forward slashes."""
    return image.replace("\\", "/")


def region_of(sample: Sample) -> Region | None:
    """Return the region of its image that `sample` means, None where it means all of it."""
    return None if sample.polygon is None else Region(sample.polygon, is_turnable(sample.text))


@dataclass(frozen=True, slots=True)
class ImageToRead:
    """An image file to read. `known` is a content that was measured before: it need not be decoded."""

    image: str
    known: str | None
    regions: tuple[Region, ...]


class Measurements(NamedTuple):
    """What a file held: the hash of its bytes, and what was measured of them by region."""

    image: str
    sha256: str
    measured: dict[str, Measured]


class Unreadable(NamedTuple):
    """A file that gave no bytes at all, and why."""

    image: str
    fault: Fault


def read_all(wanted: list[ImageToRead], *, folder: UPath) -> list[Measurements | Unreadable]:
    """Read, hash and where needed decode the images that are `wanted`; runs in a worker process."""
    return [_read(one, folder) for one in wanted]


def _read(one: ImageToRead, folder: UPath) -> Measurements | Unreadable:
    try:
        data = (folder / as_posix(one.image)).read_bytes()
    except FileNotFoundError:
        return Unreadable(one.image, Fault("image.missing", f"no file {one.image}"))
    except OSError as error:
        found = f"{one.image}, which cannot be read ({error.strerror or error})"
        return Unreadable(one.image, Fault("image.unreadable", found))
    sha256 = hashlib.sha256(data).hexdigest()
    return Measurements(one.image, sha256, {} if sha256 == one.known else measure(data, one.regions))


def measure(data: bytes, regions: Sequence[Region] = ()) -> dict[str, Measured]:
    """Return what the image in `data` is, under `WHOLE`, and each of `regions` under its key."""
    try:
        image = open_image(data, "")
        whole = facts_of(image)
        transparent = is_transparent(image)
        flat = to_8_bit(image)
    except ImageError as error:
        fault = Fault(error.problem.rule, error.problem.found)
        return dict.fromkeys((WHOLE, *(region.key for region in regions)), fault)
    kind = partial(
        Facts,
        format=whole.format,
        mode=whole.mode,
        frames=whole.frames,
        exif_orientation=whole.exif_orientation,
        transparent=transparent,
    )
    measured: dict[str, Measured] = {WHOLE: _facts(flat, kind)}
    for region in regions:
        try:
            line, _ = crop(flat, region.polygon, turnable=region.turnable)
        except ValueError as error:
            measured[region.key] = Fault("region.unusable", f"{error}: {list(region.polygon)}")
        else:
            measured[region.key] = _facts(line, kind)
    return measured


def _facts(picture: Image.Image, kind: partial[Facts]) -> Facts:
    grey = picture.convert("L")
    low, high = grey.getextrema()
    return kind(
        width=picture.width,
        height=picture.height,
        blank=high - low <= BLANK_RANGE,  # type: ignore[operator]  # one band gives two numbers
        fingerprint=fingerprint(grey),
    )


def fingerprint(grey: Image.Image) -> int:
    """Return the perceptual hash of a grey picture: the signs of its 8 x 8 lowest frequencies, 64 bits.

    A DCT hash (Zauner 2010, *Implementation and benchmarking of perceptual image hash functions*) of a
    thumbnail as wide as text lines are, 64 x 16: docs/examine.md has the rates that were measured.
    """
    thumbnail = np.asarray(grey.resize(_THUMBNAIL, Image.Resampling.BILINEAR), dtype=np.float64)
    rows, columns = _cosines(_THUMBNAIL[1]), _cosines(_THUMBNAIL[0])
    bits = rows @ thumbnail @ columns.T > _ROUNDING
    bits[0, 0] = False  # the mean brightness
    return int.from_bytes(np.packbits(bits).tobytes(), signed=True)


@cache
def _cosines(length: int) -> np.ndarray:
    """Return the lowest rows of the DCT-II matrix for `length` values."""
    positions = (np.arange(length) + 0.5) * np.pi / length
    return np.cos(np.outer(np.arange(_FREQUENCIES), positions))
