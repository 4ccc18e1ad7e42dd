"""A contact sheet: the first images of a snapshot with their labels, for the eye."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice

from PIL import Image, ImageDraw
from upath import UPath

from corpus.images import open_image, to_8_bit, to_png
from corpus.paths import write_whole
from corpus.sample import Sample
from corpus.snapshot import Snapshot
from corpus.synthesis.fonts import covering
from corpus.synthesis.lettering import font_of

_WIDTH_PX = 1600
_GAP_PX = 12
_CAPTION_PX = 15
_MOST_IMAGES = 120
_MOST_PAGES = 4
_GROUND, _INK, _TEXT_BOX, _OTHER_BOX = "#e4e4e4", "#303030", "#0050c0", "#d02000"


def contact_sheet(snapshot: Snapshot, out: UPath) -> None:
    """Write a PNG to `out` with the first images of `snapshot`, each above its label.

    An image that several samples share is a page: it is shown large, with the outline of each region
    (blue: text, red: symbols and lines). Labels are in a font that covers them, whatever the image's own.

    Raises:
        ImageError: an image of the snapshot cannot be read.
    """
    by_image = (list(samples) for _, samples in groupby(snapshot.samples(), key=lambda sample: sample.image))
    shown = list(islice(by_image, _MOST_IMAGES))
    pages = [samples for samples in shown if len(samples) > 1][:_MOST_PAGES]
    lines = [samples[0] for samples in shown if len(samples) == 1]
    cells = [_page(snapshot, samples) for samples in pages]
    cells += [_captioned(_open(snapshot, sample), sample) for sample in lines]
    write_whole(out, to_png(_flow(cells)))


def _open(snapshot: Snapshot, sample: Sample) -> Image.Image:
    path = snapshot.image_path(sample)
    return to_8_bit(open_image(path.read_bytes(), str(path)))


def _page(snapshot: Snapshot, samples: Sequence[Sample]) -> Image.Image:
    page = _open(snapshot, samples[0])
    scale = min(1.0, (_WIDTH_PX - 2 * _GAP_PX) / page.width)
    small = page.resize((round(page.width * scale), round(page.height * scale))).convert("RGB")
    draw = ImageDraw.Draw(small)
    for sample in samples:
        colour = _TEXT_BOX if sample.text is not None else _OTHER_BOX
        if sample.polygon is not None:
            draw.polygon([(x * scale, y * scale) for x, y in sample.polygon], outline=colour)
    return small


def _captioned(image: Image.Image, sample: Sample) -> Image.Image:
    caption = _caption(sample.text if sample.text is not None else sample.label or "")
    scale = min(1.0, (_WIDTH_PX - 2 * _GAP_PX) / max(image.width, caption.width))
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    cell = Image.new("RGB", (max(size[0], caption.width), size[1] + caption.height), _GROUND)
    cell.paste(image.resize(size), (0, 0))
    cell.paste(caption, (0, size[1]))
    return cell


def _caption(text: str) -> Image.Image:
    face = covering(text)
    height = round(1.8 * _CAPTION_PX)
    if face is None:
        return Image.new("RGB", (1, height), _GROUND)
    font = font_of(face, _CAPTION_PX)
    caption = Image.new("RGB", (max(1, round(font.getlength(text)) + 4), height), _GROUND)
    ImageDraw.Draw(caption).text((2, 0.25 * _CAPTION_PX), text, font=font, fill=_INK)
    return caption


def _flow(cells: Iterable[Image.Image]) -> Image.Image:
    """Set cells in rows from left to right, as words on a page."""
    placed: list[tuple[Image.Image, int, int]] = []
    bottom = 0
    for row in _rows(cells):
        left, top = _GAP_PX, bottom + _GAP_PX
        for cell in row:
            placed.append((cell, left, top))
            left += cell.width + _GAP_PX
        bottom = top + max(cell.height for cell in row)
    sheet = Image.new("RGB", (_WIDTH_PX, bottom + _GAP_PX), _GROUND)
    for cell, left, top in placed:
        sheet.paste(cell, (left, top))
    return sheet


def _rows(cells: Iterable[Image.Image]) -> Iterator[list[Image.Image]]:
    row: list[Image.Image] = []
    for cell in cells:
        if row and sum(c.width + _GAP_PX for c in row) + cell.width + 2 * _GAP_PX > _WIDTH_PX:
            yield row
            row = []
        row.append(cell)
    if row:
        yield row
