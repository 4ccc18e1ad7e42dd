"""Store the images of records by content: each is read once, and what cannot be used is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from PIL import Image
from upath import UPath

from config.errors import Problem
from corpus.crops import crop, is_turnable
from corpus.errors import ImageError
from corpus.images import (
    EXTENSIONS,
    ImageFacts,
    facts_of,
    is_transparent,
    open_image,
    put_image,
    to_8_bit,
    to_png,
)
from corpus.paths import local
from corpus.records import Record

_SUFFIXES = {suffix: suffix for suffix in EXTENSIONS.values()} | {"jpeg": "jpg", "tiff": "tif"}


@dataclass(frozen=True, slots=True)
class Stored:
    """A record whose image lies in the snapshot's folder."""

    record: Record
    image: str
    sha256: str
    width: int
    height: int
    crop: dict[str, object] | None


def store_all(
    pages: list[list[Record | Problem]], *, folder: str, crop_regions: bool
) -> list[Stored | Problem]:
    """Run in a worker: store every record's image, or say why not."""
    root = UPath(folder)
    results: list[Stored | Problem] = []
    for page in pages:
        records = [item for item in page if isinstance(item, Record)]
        results += [item for item in page if isinstance(item, Problem)]
        results += [problem for record in records for problem in _empty_text(record)]
        if records:
            results += _store_page(records, root, crop_regions=crop_regions)
    return results


def _store_page(records: list[Record], folder: UPath, *, crop_regions: bool) -> Iterator[Stored | Problem]:
    """Store the image that all `records` are on, and their crops where that was asked for."""
    first = records[0]
    try:
        data = _read(first)
        image = open_image(data, str(first.image))
        facts = facts_of(image, str(first.image))
    except ImageError as error:
        yield from (_at(error.problem, record) for record in records)
        return
    yield from _oddities(first, image, facts)
    if crop_regions:
        yield from _without_regions(records)
        regions_on_it = [record for record in records if not record.is_page]
        yield from _not_cut(regions_on_it)
        records = [record for record in regions_on_it if _can_be_cut(record)]
    whole = [r for r in records if r.polygon is None or not crop_regions]
    regions = [r for r in records if r.polygon is not None and crop_regions]
    if whole:
        path, sha256 = put_image(folder, data, facts.format)
        yield from (Stored(record, path, sha256, facts.width, facts.height, None) for record in whole)
    if regions and facts.exif_orientation != 1:
        found = f"{first.image_name} is turned by EXIF (orientation {facts.exif_orientation})"
        remedy = "Turn the pixels, drop the EXIF tag, and check the coordinates against them."
        problem = Problem("image.exif-rotated", found, "a page whose pixels lie as it is shown", remedy)
        yield from (replace(problem, file=record.file, line=record.line) for record in regions)
    elif regions:
        page = to_8_bit(image)
        yield from (_store_region(record, page, folder) for record in regions)


def _empty_text(record: Record) -> Iterator[Problem]:
    if record.text is not None and not record.text.strip():
        found = f"the text {record.text!r} for {record.image_name}"
        remedy = "Write what is there, or delete the line."
        yield Problem("text.empty", found, "a text", remedy, record.file, record.line, severity="warning")


def _can_be_cut(record: Record) -> bool:
    """Tell whether a line image of this region is worth having: it says something and has an area."""
    says_something = record.text is not None or record.label is not None
    return says_something and (record.polygon is None or len(record.polygon) > 2)


def _without_regions(records: list[Record]) -> Iterator[Problem]:
    """Name a page that gives no line image, because nothing is on it."""
    first = records[0]
    if all(record.is_page for record in records):
        found, remedy = f"the page {first.image_name} without a region", "Nothing; --regions keeps the page."
        expected = "regions to cut out"
        yield Problem("page.no-regions", found, expected, remedy, first.file, first.line, severity="warning")


def _not_cut(records: list[Record]) -> Iterator[Problem]:
    left = [record for record in records if not _can_be_cut(record)]
    if left:
        first, many = left[0], "regions" if len(left) > 1 else "region"
        found = f"{len(left)} {many} of {first.image_name} without text, label or area, not cut out"
        remedy = "Nothing, if they are unreadable or mere lines; --regions keeps them."
        expected = "regions to read"
        yield Problem("region.not-cut", found, expected, remedy, first.file, first.line, severity="warning")


def _store_region(record: Record, page: Image.Image, folder: UPath) -> Stored | Problem:
    polygon = record.polygon or ()
    try:
        line, turned = crop(page, polygon, turnable=is_turnable(record.text))
    except ValueError as error:
        remedy = "Mend the coordinates or delete the line."
        found, expected = f"{error}: {list(polygon)}", "a region of the page"
        return Problem("region.unusable", found, expected, remedy, record.file, record.line)
    path, sha256 = put_image(folder, to_png(line), "PNG")
    origin: dict[str, object] = {"page": record.image_name, "polygon": polygon, "turned": turned}
    return Stored(record, path, sha256, line.width, line.height, origin)


def _read(record: Record) -> bytes:
    try:
        place = local(record.image)
        if place is not None and place.exists() and not place.is_file():  # a pipe would be waited for
            found, remedy = f"{record.image_name}, which is not a file", "Copy the image there."
            raise ImageError(Problem("image.unreadable", found, "a readable file", remedy))
        return record.image.read_bytes()
    except FileNotFoundError as error:
        found, remedy = f"no image {record.image_name}", "Copy it there, or delete the line."
        raise ImageError(Problem("image.missing", found, "the labelled image", remedy)) from error
    except OSError as error:
        found, remedy = f"an image that cannot be read: {error}", "Check what it is and its permissions."
        raise ImageError(Problem("image.unreadable", found, "a readable file", remedy)) from error


def _at(problem: Problem, record: Record) -> Problem:
    """Say where the label stands, and which image it names."""
    found = problem.found if problem.file is None else f"{record.image_name} is {problem.found}"
    return replace(problem, file=record.file, line=record.line, found=found)


def _oddities(record: Record, image: Image.Image, facts: ImageFacts) -> Iterator[Problem]:
    """Name what is odd about an image file, with the line that labels it; it is stored as it is."""

    def odd(rule: str, found: str, expected: str, remedy: str) -> Problem:
        return Problem(
            rule, f"{record.image_name} {found}", expected, remedy, record.file, record.line, "warning"
        )

    suffix = record.image_name.rpartition(".")[2].lower()
    actual = EXTENSIONS[facts.format]
    if _SUFFIXES.get(suffix) not in (None, actual):
        remedy = "It was imported as what it is; rename it for tools that trust the name."
        yield odd("image.wrong-extension", f"is a {facts.format} image", f"a name in .{actual}", remedy)
    if facts.mode == "CMYK":
        yield odd("image.cmyk", "has printing colours (CMYK)", "grey or RGB", "Convert it to RGB.")
    if facts.mode.startswith(("I", "F")):
        yield odd("image.sixteen-bit", "has more than 8 bits a channel", "8", "Convert it to 8 bits.")
    if facts.frames > 1:
        remedy = "Only the first is seen; keep one frame."
        yield odd("image.animated", f"has {facts.frames} frames", "one", remedy)
    if facts.exif_orientation != 1:
        found = f"is turned by EXIF (orientation {facts.exif_orientation})"
        remedy = "Turn the pixels and drop the EXIF tag: most trainers ignore it."
        yield odd("image.exif-rotated", found, "pixels that lie as they are shown", remedy)
    if is_transparent(image):
        remedy = "Put it on white: some tools put it on black."
        yield odd("image.transparent", "is transparent in places", "an opaque image", remedy)
