"""The texts of a dataset as shapes on their pages: what can be said of each before anything is trained."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from config.tasks.detection import DetectionFamily
from corpus.examine.dataset import Dataset, Integers, Mask, once
from corpus.sample import Polygon, Sample
from evaluation.regions import UNREADABLE

TWIN_IOU = 0.9
_FARTHEST_PX = 1e9  # far beyond any page; areas of larger numbers could overflow

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Regions:
    """The texts that have a region, in order; `rows` are their rows in the dataset.

    `readable`: somebody could read it, so that it counts. `share_on_page` of its area; `beyond_px` is how far
    it reaches over the page's edge. `shorter_px` and `longer_px` are the sides of the smallest rectangle
    around it, upright or turned. `twin_of`: an earlier readable text of the page in the same place, -1: none.
    """

    rows: Integers
    readable: Mask
    on_image: Mask
    has_area: Mask
    too_small: Mask
    share_on_page: Floats
    beyond_px: Floats
    shorter_px: Floats
    longer_px: Floats
    twin_of: Integers

    def size_of(self, text: int) -> str:
        """Return the size of a text for a message: its longer side first."""
        return f"{self.longer_px[text]:.1f} x {self.shorter_px[text]:.1f}"


def is_text(sample: Sample) -> bool:
    """Tell whether `sample` is something to find: a text, be it unreadable."""
    return sample.text is not None or sample.meta.get("unreadable") is True


def least_side_px(data: Dataset) -> float:
    """Return how high and wide a text must be for the family that is examined to give it back.

    Raises:
        TypeError: it is no family that finds text.
    """
    family = data.family
    if not isinstance(family, DetectionFamily):
        raise TypeError(f"{family.family} is a family for {family.task}, not for detection")
    return family.detection.min_side_px


@once
def regions_of(data: Dataset) -> Regions:
    """Return the texts of `data` that have a region."""
    chosen = [row for row, one in enumerate(data.samples) if one.polygon is not None and is_text(one)]
    rows = np.array(chosen, np.int64)
    samples = [data.samples[row] for row in chosen]
    readable = np.array([_is_readable(one) for one in samples], np.bool_)
    shapes = np.array([_shape(one.polygon or ()) for one in samples], dtype=object)
    sizes = np.array([(data.pages[row].width, data.pages[row].height) for row in chosen], float).reshape(
        -1, 2
    )
    areas = shapely.area(shapes)
    has_area: Mask = areas > 0
    shorter, longer = _sides(shapes, has_area)
    share, beyond = _on_page(shapes, sizes, areas)
    return Regions(
        rows=rows,
        readable=readable,
        on_image=sizes[:, 0] > 0,
        has_area=has_area,
        too_small=shorter < least_side_px(data),
        share_on_page=share,
        beyond_px=beyond,
        shorter_px=shorter,
        longer_px=longer,
        twin_of=_twins(shapes, data.items[rows], readable & has_area),
    )


def _is_readable(sample: Sample) -> bool:
    return sample.text not in (None, UNREADABLE) and sample.meta.get("unreadable") is not True


def _shape(polygon: Polygon) -> Any:
    """Return the polygon; where its corners were clicked crosswise, what a string around them would hold."""
    if len(polygon) < 3 or any(abs(value) > _FARTHEST_PX for point in polygon for value in point):
        return shapely.Polygon()
    shape = shapely.Polygon(polygon)
    return shape if shape.is_valid else shape.convex_hull


def _sides(shapes: NDArray[Any], has_area: Mask) -> tuple[Floats, Floats]:
    """Return the shorter and the longer side of the smallest rectangle around each shape; 0 without area."""
    sides = np.zeros((len(shapes), 2))
    around = shapely.oriented_envelope(shapes[has_area])
    corners = shapely.get_coordinates(around).reshape(-1, 5, 2)
    sides[has_area] = np.sort(np.hypot(*np.moveaxis(np.diff(corners[:, :3], axis=1), -1, 0)), axis=1)
    return sides[:, 0], sides[:, 1]


def _on_page(shapes: NDArray[Any], sizes: Floats, areas: Floats) -> tuple[Floats, Floats]:
    """Return which share of each shape lies on its page, and how many pixels it reaches beyond."""
    bounds = shapely.bounds(shapes).reshape(-1, 4)
    over = np.concatenate([-bounds[:, :2], bounds[:, 2:] - sizes], axis=1)
    beyond = np.clip(np.nan_to_num(over), 0, None).max(axis=1, initial=0.0)
    share = np.ones(len(shapes))
    for k in np.flatnonzero((beyond > 0) & (areas > 0)).tolist():
        page = shapely.box(0, 0, *sizes[k])
        share[k] = shapely.area(shapely.intersection(shapes[k], page)) / areas[k]
    return share, beyond


def _twins(shapes: NDArray[Any], pages: Integers, counts: Mask) -> Integers:
    """Return for each shape an earlier one of its page that it nearly covers, -1 where there is none."""
    found = np.full(len(shapes), -1, np.int64)
    order = np.flatnonzero(counts)
    order = order[np.argsort(pages[order], kind="stable")]
    for on_page in _runs(order, pages):
        one, other = shapely.STRtree(shapes[on_page]).query(shapes[on_page], predicate="intersects")
        later = one > other
        one, other = on_page[one[later]], on_page[other[later]]
        both = shapely.area(shapely.intersection(shapes[one], shapes[other]))
        either = shapely.area(shapes[one]) + shapely.area(shapes[other]) - both
        for k in np.flatnonzero(both >= TWIN_IOU * either).tolist():
            found[one[k]] = other[k]
    return found


def _runs(order: Integers, pages: Integers) -> Iterator[Integers]:
    """Yield the shapes of each page that has more than one."""
    edges = np.flatnonzero(np.diff(pages[order])) + 1
    for start, end in itertools.pairwise([0, *edges.tolist(), len(order)]):
        if end - start > 1:
            yield order[start:end]
