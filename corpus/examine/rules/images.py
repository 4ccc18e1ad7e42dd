"""Rules about images: those that cannot be read, and those that a trainer sees otherwise than an eye does."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from corpus.examine.dataset import Dataset
from corpus.examine.facts import Facts, Fault
from corpus.examine.rules.base import Hit, Rule, rows, rule
from corpus.text import quoted

_BETTER = "Copy it again from where it came, or delete the sample."


def _unusable(rule_id: str, what: str, remedy: str = _BETTER) -> Rule:
    return Rule(rule_id, "error", what, remedy, lambda data: _faults(data, rule_id))


def _faults(data: Dataset, rule_id: str) -> Iterator[Hit]:
    for row in rows(~data.readable):
        fault = data.images.parts[row]
        if isinstance(fault, Fault) and fault.rule == rule_id:
            yield Hit(fault.found, row)


missing = _unusable("image.missing", "The image is not there.", "Copy it there, or delete the sample.")
outside = _unusable(
    "image.outside",
    "The image's path leads out of the dataset's folder; it is not read.",
    "Put the image below the folder and name it by its path there.",
)
unreadable = _unusable(
    "image.unreadable", "The image cannot be read.", "Check what it is and its permissions."
)
empty = _unusable("image.empty", "The image is a file of zero bytes.")
unknown = _unusable("image.unknown", "The file is not an image of a format that trainers read.")
truncated = _unusable(
    "image.truncated",
    "The image does not decode; PaddleOCR would train on a random other sample in its place.",
)
too_large = _unusable(
    "image.too-large",
    "The image is so large that decoding it could exhaust memory (a decompression bomb).",
    "Scale it down or cut it into sheets.",
)


@rule(
    "region.unusable",
    "error-if-many",
    "The region cannot be cut out: it lies, wholly or for the most part, outside its page, or has no area.",
    "Mend the coordinates or delete the sample.",
)
def unusable_region(data: Dataset) -> Iterator[Hit]:
    """Find regions that give no line image; a family that answers whole pages cuts none out."""
    return _faults(data, "region.unusable")


@rule(
    "image.changed",
    "error",
    "The file has other bytes than the manifest's hash says: it was changed after it was labelled.",
    "Restore the image, or import the data again.",
)
def changed(data: Dataset) -> Iterator[Hit]:
    """Compare the bytes with the hash in the manifest."""
    for row, (content, sample) in enumerate(zip(data.images.contents, data.samples, strict=True)):
        if content != sample.sha256 and content is not None:
            yield Hit(f"SHA-256 {content[:12]}…, the manifest says {(sample.sha256 or '')[:12]}…", row)


@rule(
    "image.wrong-size",
    "error",
    "The image has another size than the manifest says: coordinates and CTC steps would be wrong.",
    "Import the data again.",
)
def wrong_size(data: Dataset) -> Iterator[Hit]:
    """Compare the size with that in the manifest."""
    for row, (page, sample) in enumerate(zip(data.pages, data.samples, strict=True)):
        if (page.width != sample.width or page.height != sample.height) and page.width:
            said = f"{sample.width} x {sample.height}"
            yield Hit(f"{page.width} x {page.height} pixels, the manifest says {said}", row)


@rule(
    "image.exif-rotated",
    "error-if-many",
    "EXIF turns or mirrors the image: some readers obey and some do not, so it may be trained lying down.",
    "Turn the pixels and drop the EXIF tag.",
)
def exif_rotated(data: Dataset) -> Iterator[Hit]:
    """Find an EXIF orientation other than upright."""
    for row in data.unusual:  # each of its samples is spoilt
        if (page := data.pages[row]).exif_orientation > 1:
            yield Hit(f"EXIF orientation {page.exif_orientation}", row)


@rule(
    "image.blank",
    "error-if-many",
    "The image shows nothing, yet has a label: it teaches the model to invent.",
    "Cut it again, or delete the sample.",
)
def blank(data: Dataset) -> Iterator[Hit]:
    """Find images of one colour under a label."""
    for row, part in enumerate(data.parts):
        if part.blank and data.texts[row].strip():
            yield Hit(
                f"{part.width} x {part.height} pixels of one colour, labelled {quoted(data.texts[row])}", row
            )


@rule(
    "image.tiny",
    "warning",
    "The image is so small that no letter can be seen on it.",
    "Cut it again, or delete the sample.",
)
def tiny(data: Dataset) -> Iterator[Hit]:
    """Find images with a side below the least."""
    least = data.thresholds.min_image_side_px
    for row in rows(data.readable & data.is_head & (np.minimum(data.widths, data.heights) < least)):
        yield Hit(f"{_size(data, row)} pixels; at least {least} a side", row)


@rule(
    "image.huge",
    "warning",
    "The image is so large that it slows every epoch down.",
    "Scale it down.",
)
def huge(data: Dataset) -> Iterator[Hit]:
    """Find images with more megapixels than the most."""
    most = data.thresholds.max_image_megapixels
    for row in rows(data.is_head & (data.widths * data.heights > most * 1e6)):
        yield Hit(f"{_size(data, row)} pixels; at most {most:g} million", row)


@rule(
    "image.aspect-ratio",
    "warning",
    "The image is so long and thin that its text is squeezed beyond reading, or it is cut wrongly.",
    "Cut it again, into several lines if it holds several.",
)
def aspect_ratio(data: Dataset) -> Iterator[Hit]:
    """Find images whose sides differ by more than the greatest ratio."""
    most = data.thresholds.max_aspect_ratio
    long, short = np.maximum(data.widths, data.heights), np.minimum(data.widths, data.heights)
    for row in rows(data.readable & data.is_head & (long > most * short)):
        yield Hit(f"{_size(data, row)} pixels; at most {most:g} to 1", row)


@rule(
    "image.cmyk",
    "warning",
    "The image is CMYK: readers turn it into RGB each in their own way, some inverted.",
    "Save it as RGB or grey.",
)
def cmyk(data: Dataset) -> Iterator[Hit]:
    """Find CMYK images."""
    for row, page in _unusual(data):
        if page.mode == "CMYK":
            yield Hit(f"a {page.format} image in CMYK", row)


@rule(
    "image.sixteen-bit",
    "warning",
    "The image has 16 or more bits a channel: readers that clip instead of scaling see white.",
    "Save it with 8 bits.",
)
def sixteen_bit(data: Dataset) -> Iterator[Hit]:
    """Find images whose pixels are wider than a byte."""
    for row, page in _unusual(data):
        if page.mode[:1] in ("I", "F"):
            yield Hit(f"a {page.format} image of mode {page.mode}", row)


@rule(
    "image.transparent",
    "warning",
    "The image is partly transparent: OpenCV, and so PaddleOCR, drops that, and black text on nothing is "
    "black on black.",
    "Put it on a white ground.",
)
def transparent(data: Dataset) -> Iterator[Hit]:
    """Find images with a pixel that can be seen through."""
    for row, page in _unusual(data):
        if page.transparent:
            yield Hit(f"a see-through {page.format} image of mode {page.mode}", row)


@rule(
    "image.animated",
    "warning",
    "The image has several frames or pages: only the first is read.",
    "Keep the one that the label is about.",
)
def animated(data: Dataset) -> Iterator[Hit]:
    """Find images of several frames."""
    for row, page in _unusual(data):
        if page.frames > 1:
            yield Hit(f"a {page.format} image of {page.frames} frames", row)


def _unusual(data: Dataset) -> Iterator[tuple[int, Facts]]:
    return ((row, data.pages[row]) for row in data.unusual if data.is_head[row])


def _size(data: Dataset, row: int) -> str:
    return f"{data.widths[row]:,} x {data.heights[row]:,}"
