"""Images from outside, read without trust: every way in which one can be unusable has a rule id."""

from __future__ import annotations

import hashlib
import io
import struct
import warnings
import zlib
from dataclasses import dataclass

import numpy as np
from PIL import Image, UnidentifiedImageError
from upath import UPath

from config.errors import Problem
from corpus.errors import ImageError
from corpus.paths import local, write_whole

Image.MAX_IMAGE_PIXELS = None  # the limit is ours, checked before a pixel is decoded

MAX_PIXELS = 250_000_000
"""An A0 drawing at 400 dpi has 248 million pixels; what is larger is taken for a decompression bomb."""

EXTENSIONS = {"PNG": "png", "JPEG": "jpg", "BMP": "bmp", "TIFF": "tif", "WEBP": "webp", "GIF": "gif"}
_EXIF_ORIENTATION = 0x0112
_TURNED = range(2, 9)

# a decoder that meets nonsense may fail in any of these ways (met by tests/corpus/test_ingest_bad_images.py)
_NOT_DECODABLE = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What an image file says of itself. `mode` is Pillow's (``L``, ``RGB``, ``CMYK``, ``I;16``…)."""

    format: str
    mode: str
    width: int
    height: int
    frames: int
    exif_orientation: int


def open_image(data: bytes, file: str, *, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """Return the image in `data`, its pixels decoded. `file` is the name used in messages.

    Raises:
        ImageError: empty, not an image, of a format that is not supported, larger than `max_pixels`, or
            truncated.
    """
    if not data:
        raise _error("image.empty", "a file of zero bytes", "an image", "Copy it again or drop it.", file)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of odd metadata; the pixels decide
            image = Image.open(io.BytesIO(data), formats=tuple(EXTENSIONS))
            if image.width * image.height > max_pixels:
                found = f"{image.width} x {image.height} pixels"
                expected = f"at most {max_pixels / 1_000_000:g} million"
                raise _error("image.too-large", found, expected, "Scale it down or cut it into sheets.", file)
            image.load()
    except UnidentifiedImageError as error:
        expected = ", ".join(EXTENSIONS)
        raise _error("image.unknown", "not an image", expected, "Convert it or drop it.", file) from error
    except _NOT_DECODABLE as error:
        found = f"an image that does not decode ({error or type(error).__name__})"
        raise _error("image.truncated", found, "a whole image", "Copy it again or drop it.", file) from error
    return image


def facts_of(image: Image.Image, file: str = "") -> ImageFacts:
    """Return what the opened `image` says of itself.

    Raises:
        ImageError: its EXIF or its further frames do not decode.
    """
    orientation = orientation_of(image, file)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of odd metadata that it then skips
            frames = int(getattr(image, "n_frames", 1))
    except _NOT_DECODABLE as error:
        found = f"an image whose further frames do not decode ({error or type(error).__name__})"
        raise _error("image.truncated", found, "a whole image", "Save it again as one PNG.", file) from error
    return ImageFacts(
        format=image.format or "",
        mode=image.mode,
        width=image.width,
        height=image.height,
        frames=frames,
        exif_orientation=orientation,
    )


def orientation_of(image: Image.Image, file: str = "") -> int:
    """Return the EXIF orientation of the opened `image`; one that EXIF does not define is none (1).

    Raises:
        ImageError: its EXIF does not decode.
    """
    # getexif() parses lazily and costs 30 microseconds: ask only where there is something to ask
    if "exif" not in image.info and image.format not in ("TIFF", "JPEG", "WEBP"):
        return 1
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of odd metadata that it then skips
            orientation = image.getexif().get(_EXIF_ORIENTATION, 1)
    except _NOT_DECODABLE as error:
        found = f"an image whose EXIF does not decode ({error or type(error).__name__})"
        raise _error("image.truncated", found, "a whole image", "Save it again as PNG.", file) from error
    return orientation if orientation in _TURNED else 1


def is_transparent(image: Image.Image) -> bool:
    """Tell whether any pixel of `image` lets the background through."""
    if image.mode not in ("LA", "PA", "La", "RGBA", "RGBa") and "transparency" not in image.info:
        return False
    return image.convert("RGBA").getchannel("A").getextrema()[0] < 255  # type: ignore[operator]  # one band


def content_path(sha256: str, image_format: str) -> str:
    """Return where an image lies below a snapshot's folder: ``images/ab/cdef….png``."""
    return f"images/{sha256[:2]}/{sha256[2:]}.{EXTENSIONS[image_format]}"


def put_image(folder: UPath, data: bytes, image_format: str) -> tuple[str, str]:
    """Store `data` below `folder` under its content's name, once; return (path, sha256)."""
    sha256 = hashlib.sha256(data).hexdigest()
    relative = content_path(sha256, image_format)
    target = folder / relative
    if not target.exists():
        if (place := local(target)) is not None:
            place.parent.mkdir(parents=True, exist_ok=True)
        write_whole(target, data)
    return relative, sha256


def to_8_bit(image: Image.Image) -> Image.Image:
    """Return `image` as ``L`` or ``RGB``, as an eye would see it: transparency on white, 16 bits scaled.

    Pillow's own ``convert`` puts transparency on black and clips 16 bits to white.
    """
    if image.mode in ("L", "RGB"):
        return image
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        with np.errstate(invalid="ignore"):  # an F image may hold NaN: black
            values = np.nan_to_num(np.asarray(image, dtype=np.float64), posinf=0.0, neginf=0.0)
        top = 65535.0 if image.mode.startswith("I") else max(float(values.max()), 1.0)
        return Image.fromarray((np.clip(values / top, 0.0, 1.0) * 255.0).round().astype(np.uint8))
    if image.mode in ("LA", "PA", "La", "RGBA", "RGBa", "P") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(white, rgba).convert("L" if image.mode in ("LA", "La") else "RGB")
    return image.convert("L" if image.mode == "1" else "RGB")


def to_png(image: Image.Image) -> bytes:
    """Return `image` as PNG bytes; the same pixels give the same bytes."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def _error(rule: str, found: str, expected: str, remedy: str, file: str) -> ImageError:
    return ImageError(Problem(rule, found, expected, remedy, file))
