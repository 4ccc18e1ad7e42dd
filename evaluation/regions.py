"""How well text is found on a page, and found and read: precision, recall and their harmonic mean.

D. Karatzas et al., ICDAR 2015 Competition on Robust Reading, section IV: one-to-one matches at IoU 0.5;
illegible text (``###``) neither helps nor harms.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from config.errors import Problem
from corpus.sample import Polygon
from evaluation.errors import FigureError
from evaluation.figures import Figure, Floats, rate_figure

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
    """Over all pages: `matched` of `true` regions by `found`, excluding those that do not count.

    Precision is None if nothing was found, recall if nothing is there, `hmean` if neither.
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
    """Regions found, and regions found whose text is also right (`end_to_end`)."""

    detection: RegionMetrics
    end_to_end: RegionMetrics


def spot(pages: Sequence[Page], iou: float = IOU) -> Spotting:
    """Return how well `pages` were read. Texts are compared as they are: normalise them first.

    Of overlapping candidates the pair with the highest IoU matches first. A found region that lies mostly (by
    its own area) inside an unreadable one is left out.

    Raises:
        FigureError: no pages, a region that has no area, or `iou` is not above 0 and at most 1.
    """
    if not pages:
        raise FigureError(Problem("regions.none", "no pages", "at least one", "Check the path."))
    matched = [match(page, iou) for page in pages]
    true, found, both, read = (
        sum(count)
        for count in zip(*((len(m.true), len(m.found), len(m.pairs), m.read) for m in matched), strict=True)
    )
    return Spotting(_metrics(len(pages), true, found, both), _metrics(len(pages), true, found, read))


@dataclass(frozen=True, slots=True)
class Matched:
    """What counts on one page: rows of its `true` and `found` regions, and the matching `pairs` of both.

    `read` counts the pairs whose text is also right.
    """

    true: tuple[int, ...]
    found: tuple[int, ...]
    pairs: tuple[tuple[int, int], ...]
    read: int


def match(page: Page, iou: float = IOU) -> Matched:
    """Return which regions of a page were found, by the rules of `spot`.

    Raises:
        FigureError: a region has no area, or `iou` is not above 0 and at most 1.
    """
    return next(matches(page, (iou,)))


def matches(page: Page, ious: Sequence[float]) -> Iterator[Matched]:
    """Yield what `match` returns for each of `ious`; overlaps, which take the time, are computed once.

    Raises:
        FigureError: as `match`.
    """
    for iou in ious:
        if not 0.0 < iou <= 1.0:
            raise FigureError(Problem("regions.iou", f"IoU {iou}", "above 0, at most 1", f"Take {IOU}."))
    true, found = _shapes(page, page.true), _shapes(page, page.found)
    overlap = shapely.area(shapely.intersection(true[:, None], found[None, :]))
    true_area, found_area = shapely.area(true), shapely.area(found)
    unreadable = np.array([region.text == UNREADABLE for region in page.true], dtype=bool)
    inside = (overlap[unreadable] > 0.5 * found_area).any(axis=0)
    scores = overlap / (true_area[:, None] + found_area[None, :] - overlap)
    scores[unreadable, :] = 0.0
    scores[:, inside] = 0.0
    counted = (tuple(np.flatnonzero(~one).tolist()) for one in (unreadable, inside))
    rows, columns = counted
    for iou in ious:
        pairs = tuple(_one_to_one(scores, iou))
        yield Matched(rows, columns, pairs, sum(page.true[i].text == page.found[j].text for i, j in pairs))


def region_figures(pages: Sequence[Page]) -> tuple[Figure, ...]:
    """Return hmean at IoU 0.5 and 0.75, precision and recall, over pages; and hmean by the size of texts.

    A found region counts with the size of the text that it matches, else with its own.

    Raises:
        FigureError: a region has no area.
    """
    tables = np.zeros((len(_IOUS), len(pages), len(SIZES_PX), 3))
    for row, page in enumerate(pages):
        sizes = [[size_of(one.polygon) for one in each] for each in (page.true, page.found)]
        for k, matched in enumerate(matches(page, _IOUS)):
            partner = {j: sizes[0][i] for i, j in matched.pairs}
            for i in matched.true:
                tables[k, row, sizes[0][i], 0] += 1
            for j in matched.found:
                tables[k, row, partner.get(j, sizes[1][j]), 1] += 1
            for size in partner.values():
                tables[k, row, size, 2] += 1
    (true, found, both), (_, found_75, both_75) = tables.sum(axis=2).transpose(0, 2, 1)
    made = [
        _hmean("hmean", true, found, both),
        _hmean("hmean_75", true, found_75, both_75),
        rate_figure("precision", "higher", both, found, found - both, support=found),
        rate_figure("recall", "higher", both, true, true - both, support=true),
    ]
    for k, low in enumerate(SIZES_PX):
        true, found, both = tables[0, :, k].T
        if true.any() or found.any():
            made.append(_hmean("hmean", true, found, both, f"size={_size_name(low)}"))
    return tuple(made)


SIZES_PX = (0, 16, 32, 64)
"""The side from which a text belongs to each size class: that of a square of its area."""
_IOUS = (IOU, 0.75)


def size_of(polygon: Polygon) -> int:
    """Return the size class, an index into `SIZES_PX`, that a region belongs to."""
    points = np.asarray(polygon)
    x, y = points[:, 0], points[:, 1]
    side = (abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2) ** 0.5
    return int(np.searchsorted(SIZES_PX, side, side="right")) - 1


def _size_name(low: int) -> str:
    following = next((one for one in SIZES_PX if one > low), None)
    return f"{low} px and more" if following is None else f"{low} to {following} px"


def _hmean(name: str, true: Floats, found: Floats, both: Floats, of: str = "") -> Figure:
    cost = true + found - 2 * both
    return rate_figure(name, "higher", 2 * both, true + found, cost, support=true, of=of)


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
        # corners are clicked in any order: a self-intersecting polygon consists of its parts
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
