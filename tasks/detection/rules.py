"""Rules that prove whether a detector can learn where the texts on these pages are, and the best hmean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

import numpy as np

from config.tasks.detection import STRIDE_PX
from corpus.examine.dataset import Dataset, Integers, Mask, once
from corpus.examine.examination import Ceiling
from corpus.examine.rules.base import Hit, Rule, rows, rule
from corpus.sample import SPLITS, Sample
from corpus.text import percent, quoted
from tasks.detection.regions import TWIN_IOU, Regions, is_text, least_side_px, regions_of

LEAST_ON_PAGE = 0.5
"""Of a text's area: with less on the page, nothing that is found there can match it at IoU 0.5."""
_SLACK_PX = 1.0
"""By how much a box may reach over the page's edge without a word: boxes are drawn by hand."""

REASONS = {
    "image": "the page does not decode",
    "no-area": "the text has no area",
    "off-page": "most of the text lies outside its page",
    "too-small": "the text is smaller than min_side_px",
    "twin": "another text is in the very same place",
}
"""Why no training can make a model find a text; the first that applies is the one that is counted."""


@once
def ceilings(data: Dataset) -> tuple[Ceiling, ...]:
    """Return the best hmean of each split that has readable texts, then that of all of them together.

    Nothing forbids a precision of 1; with it and a recall of r, the harmonic mean is ``2 r / (1 + r)``.
    """
    regions = regions_of(data)
    splits = data.splits[regions.rows]
    parts: dict[str, Mask] = {split: splits == number for number, split in enumerate(SPLITS)}
    parts["all"] = np.ones(len(splits), np.bool_)
    readable = {name: inside & regions.readable for name, inside in parts.items()}
    obstacles = _obstacles(regions)
    return tuple(_ceiling(name, texts, obstacles) for name, texts in readable.items() if texts.any())


def measures(data: Dataset) -> Mapping[str, tuple[Integers, Mask]]:
    """Return how many texts each page has, and the shorter side of each text."""
    regions = regions_of(data)
    texts = np.bincount(data.items[regions.rows], minlength=len(data.heads))[data.items]
    sides, known = np.zeros(len(data.samples), np.int64), np.zeros(len(data.samples), np.bool_)
    sides[regions.rows] = np.round(regions.shorter_px).astype(np.int64)
    known[regions.rows] = True
    return {"texts on a page": (texts, data.is_head), "shorter side of a text, px": (sides, known)}


def _obstacles(regions: Regions) -> dict[str, Mask]:
    """Return the texts that each obstacle stops, those that an earlier one stops left out."""
    found: dict[str, Mask] = {
        "image": ~regions.on_image,
        "no-area": ~regions.has_area,
        "off-page": regions.share_on_page < LEAST_ON_PAGE,
        "too-small": regions.too_small,
        "twin": regions.twin_of >= 0,
    }
    stopped = np.zeros(len(regions.rows), np.bool_)
    for obstacle, which in found.items():
        found[obstacle] = which & ~stopped
        stopped |= which
    return found


def _ceiling(name: str, texts: Mask, obstacles: Mapping[str, Mask]) -> Ceiling:
    count = int(texts.sum())
    lost = {
        obstacle: number for obstacle, which in obstacles.items() if (number := int((which & texts).sum()))
    }
    reachable = count - sum(lost.values())
    best = Fraction(2 * reachable, count + reachable)
    return Ceiling(name, count, reachable, lost, "hmean", best, "texts", REASONS)


@rule(
    "region.none-readable",
    "error",
    "Train or val has pages, but no text on them that somebody could read: there is nothing to find.",
    "Label the texts on its pages, or import with --regions: line images have no regions.",
)
def none_readable(data: Dataset) -> Iterator[Hit]:
    """Find out whether train and val have a readable text."""
    regions = regions_of(data)
    for split in ("train", "val"):
        pages = data.of_split(split)
        if pages.any() and not (pages[regions.rows] & regions.readable).any():
            yield Hit(f"{split}: no readable text in {int(pages.sum()):,} samples")


@rule(
    "region.no-polygon",
    "error",
    "The sample has a text and does not say where on its page: training refuses it.",
    "Import whole pages (--regions), or examine it for a family that reads lines.",
)
def no_polygon(data: Dataset) -> Iterator[Hit]:
    """Find texts without a region."""
    for row, sample in enumerate(data.samples):
        if sample.polygon is None and is_text(sample):
            yield Hit(f"the text {quoted(sample.text or '')} without a polygon", row)


@rule(
    "region.no-area",
    "error",
    "The region of the text has no area: it cannot be found, and training refuses the page.",
    "Draw it again, with three corners or more, or delete the sample.",
)
def no_area(data: Dataset) -> Iterator[Hit]:
    """Find texts whose corners lie on one line, or are fewer than three."""
    regions = regions_of(data)
    for text in rows(~regions.has_area):
        yield _hit(data, regions, text, f"the corners {_corners(data.samples[int(regions.rows[text])])}")


@rule(
    "region.off-page",
    "error-if-many",
    "Most of the text lies outside its page: whatever is found there does not match it.",
    "Mend the coordinates, or delete the sample.",
)
def off_page(data: Dataset) -> Iterator[Hit]:
    """Find texts of which too little is on the page."""
    regions = regions_of(data)
    for text in rows(_on_pages(regions) & (regions.share_on_page < LEAST_ON_PAGE)):
        found = f"{percent(float(regions.share_on_page[text]))} of it is on the page"
        yield _hit(data, regions, text, f"{found}: {_corners(data.samples[int(regions.rows[text])])}")


@rule(
    "region.leaves-page",
    "warning",
    "The text reaches over the edge of its page: what lies beyond is never seen.",
    "Draw it again within the page, if it is not meant.",
)
def leaves_page(data: Dataset) -> Iterator[Hit]:
    """Find texts that reach over the edge by more than a pixel."""
    regions = regions_of(data)
    beyond = _on_pages(regions) & (regions.share_on_page >= LEAST_ON_PAGE) & (regions.beyond_px > _SLACK_PX)
    for text in rows(beyond):
        yield _hit(data, regions, text, f"{regions.beyond_px[text]:,.0f} pixels over the edge")


@rule(
    "region.too-small",
    "error-if-many",
    "The text is smaller than min_side_px: even where it is found, it is dropped.",
    "Scan at a higher resolution, or lower min_side_px in the family.",
)
def too_small(data: Dataset) -> Iterator[Hit]:
    """Find texts that are lower or narrower than the least that is given back."""
    regions, least = regions_of(data), least_side_px(data)
    for text in rows(_on_pages(regions) & regions.too_small):
        yield _hit(data, regions, text, f"{regions.size_of(text)} pixels; at least {least:g} a side")


@rule(
    "region.below-stride",
    "warning",
    "The text is smaller in both directions than one step of the detector's deepest features: it is hard to "
    "find.",
    "Scan at a higher resolution, if there are many.",
)
def below_stride(data: Dataset) -> Iterator[Hit]:
    """Find texts that are shorter than the stride even along their longer side."""
    regions = regions_of(data)
    for text in rows(_on_pages(regions) & ~regions.too_small & (regions.longer_px < STRIDE_PX)):
        yield _hit(data, regions, text, f"{regions.size_of(text)} pixels; a step is {STRIDE_PX}")


@rule(
    "region.twin",
    "warning",
    "Two texts of a page are in the very same place: a model can find only one of them.",
    "Delete one of the two.",
)
def twin(data: Dataset) -> Iterator[Hit]:
    """Find texts that share nearly all of their area with an earlier one of their page."""
    regions = regions_of(data)
    for text in rows(regions.twin_of >= 0):
        row, other = (int(regions.rows[one]) for one in (text, regions.twin_of[text]))
        texts = " and ".join(quoted(data.samples[one].text or "") for one in (other, row))
        yield Hit(f"{texts} share at least {percent(TWIN_IOU)} of their area", row, other)


def _on_pages(regions: Regions) -> Mask:
    mask: Mask = regions.on_image & regions.has_area
    return mask


def _hit(data: Dataset, regions: Regions, text: int, found: str) -> Hit:
    row = int(regions.rows[text])
    return Hit(f"the text {quoted(data.samples[row].text or '')}: {found}", row)


def _corners(sample: Sample) -> str:
    corners: Sequence[tuple[float, float]] = sample.polygon or ()
    return ", ".join(f"{x:g} {y:g}" for x, y in corners[:4]) + (", …" if len(corners) > 4 else "")


RULES: tuple[Rule, ...] = (
    none_readable,
    no_polygon,
    no_area,
    off_page,
    leaves_page,
    too_small,
    below_stride,
    twin,
)
