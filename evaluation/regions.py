"""How well text is found on a page, and found and read: precision, recall and their harmonic mean.

D. Karatzas et al., ICDAR 2015 Competition on Robust Reading, section IV: one-to-one matches at IoU 0.5,
and what nobody could read (``###``) neither helps nor harms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from config.errors import Problem
from corpus.sample import Polygon
from evaluation.errors import FigureError

IOU = 0.5
UNREADABLE = "###"


@dataclass(frozen=True, slots=True)
class Region:
    """A polygon in pixels of the page, and the text in it."""

    polygon: Polygon
    text: str


@dataclass(frozen=True, slots=True)
class Page:
    """What is on one page and what a model found there."""

    id: str
    true: tuple[Region, ...]
    found: tuple[Region, ...]


@dataclass(frozen=True, slots=True)
class RegionMetrics:
    """Over all pages: `matched` of `true` regions by `found`, without those that do not count.

    Precision is None where nothing was found, recall where nothing is there, `hmean` where neither.
    """

    pages: int
    true: int
    found: int
    matched: int
    precision: float | None
    recall: float | None
    hmean: float | None


@dataclass(frozen=True, slots=True)
class Spotting:
    """Regions found, and regions found whose text is right, too (`end_to_end`)."""

    detection: RegionMetrics
    end_to_end: RegionMetrics


def spot(pages: Sequence[Page], iou: float = IOU) -> Spotting:
    """Return how well `pages` were read. Texts are compared as they are: normalise them before.

    Of overlapping candidates the pair with the highest IoU matches first. What was found mostly (by its own
    area) inside an unreadable region is left out.

    Raises:
        FigureError: no pages, a region that has no area, or `iou` is not above 0 and at most 1.
    """
    if not 0.0 < iou <= 1.0:
        raise FigureError(Problem("regions.iou", f"IoU {iou}", "above 0, at most 1", f"Take {IOU}."))
    if not pages:
        raise FigureError(Problem("regions.none", "no pages", "at least one", "Check the path."))
    tallies = np.array([_tally(page, iou) for page in pages]).sum(axis=0)
    true, found, matched, read = map(int, tallies)
    return Spotting(_metrics(len(pages), true, found, matched), _metrics(len(pages), true, found, read))


def _tally(page: Page, iou: float) -> tuple[int, int, int, int]:
    """Return how many regions are there, were found, match, and match with the right text."""
    true, found = _shapes(page, page.true), _shapes(page, page.found)
    overlap = shapely.area(shapely.intersection(true[:, None], found[None, :]))
    true_area, found_area = shapely.area(true), shapely.area(found)
    unreadable = np.array([region.text == UNREADABLE for region in page.true], dtype=bool)
    inside = (overlap[unreadable] > 0.5 * found_area).any(axis=0)
    scores = overlap / (true_area[:, None] + found_area[None, :] - overlap)
    scores[unreadable, :] = 0.0
    scores[:, inside] = 0.0
    pairs = _one_to_one(scores, iou)
    read = sum(page.true[i].text == page.found[j].text for i, j in pairs)
    return int((~unreadable).sum()), int((~inside).sum()), len(pairs), read


def _one_to_one(scores: NDArray[np.float64], least: float) -> list[tuple[int, int]]:
    pairs: list[tuple[int, int]] = []
    rows, columns = set[int](), set[int]()
    for flat in np.argsort(-scores, axis=None, kind="stable").tolist():
        row, column = divmod(flat, scores.shape[1])
        if scores[row, column] < least:
            break
        if row not in rows and column not in columns:
            rows.add(row)
            columns.add(column)
            pairs.append((row, column))
    return pairs


def _shapes(page: Page, regions: Sequence[Region]) -> NDArray[np.object_]:
    shapes = np.empty(len(regions), dtype=object)
    for k, region in enumerate(regions):
        shape = shapely.Polygon(region.polygon) if len(region.polygon) > 2 else shapely.Polygon()
        # people click corners in any order: a polygon that crosses itself is made of its parts
        shapes[k] = shape if shape.is_valid else shapely.make_valid(shape)
        if not shapes[k].area > 0:
            found = f"a region without area on {page.id}: {region.polygon}"
            raise FigureError(
                Problem("regions.area", found, "a polygon of three corners or more", "Drop it.")
            )
    return shapes


def _metrics(pages: int, true: int, found: int, matched: int) -> RegionMetrics:
    return RegionMetrics(
        pages=pages,
        true=true,
        found=found,
        matched=matched,
        precision=matched / found if found else None,
        recall=matched / true if true else None,
        hmean=2 * matched / (true + found) if true + found else None,
    )
