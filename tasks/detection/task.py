"""Finding text on pages: one item is one page, whatever its regions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image
from upath import UPath

from config.tasks.detection import DetectionFamily
from corpus.examine.dataset import Dataset, Integers, Mask
from corpus.examine.examination import Ceiling
from corpus.examine.rules.base import Rule
from corpus.items import Item
from corpus.parallel import Progress
from corpus.sample import Sample
from corpus.snapshot import Snapshot
from evaluation.exhibits import Exhibit
from evaluation.figures import Figure
from evaluation.regions import SIZES_PX, UNREADABLE, Page, Region, region_figures, size_of
from evaluation.slices import Dimension, single
from tasks.base import Selected, Task
from tasks.detection.answer import Boxes
from tasks.detection.exhibits import exhibits_of
from tasks.detection.rules import RULES, ceilings, measures
from tasks.plain import Plain

_DECIMALS = 4
_COORDINATES = 1
"""Decimals of a pixel on the wire: a tenth is finer than any label."""
_MANY = 50
"""Texts from which on a page counts as dense."""


class DetectionTask(Plain[Boxes]):
    """What finding text on pages means by data, figures and mistakes."""

    answer = Boxes

    def rules(self) -> Sequence[Rule]:
        """Return what is asked of regions on pages."""
        return RULES

    def ceilings(self, data: Dataset) -> Sequence[Ceiling]:
        """Return the best hmean that any training could reach."""
        return ceilings(data)

    def measures(self, data: Dataset) -> Mapping[str, tuple[Integers, Mask]]:
        """Return how many texts a page holds, and how high they are."""
        return measures(data)

    def select(self, data: Snapshot, scratch: Path, progress: Progress) -> Selected:
        """Return all samples: also a page without regions says what is not to be found."""
        return Selected(data, tuple(data.samples()))

    def strata(self, item: Item) -> Iterable[str]:
        """Return the sizes of the texts on the page."""
        regions = regions_of(item.samples)
        return {f"size {SIZES_PX[size_of(one.polygon)]}" for one in regions if one.text != UNREADABLE}

    def as_json(self, answer: Boxes) -> Mapping[str, Any]:
        """Return each polygon with its score, rounded to a tenth of a pixel and four decimals."""
        return {
            "regions": [
                {
                    "polygon": [[round(x, _COORDINATES), round(y, _COORDINATES)] for x, y in polygon],
                    "score": round(score, _DECIMALS),
                }
                for polygon, score in zip(answer.polygons, answer.scores, strict=True)
            ]
        }

    def figures(self, truth: Sequence[Item], answers: Sequence[Boxes]) -> Sequence[Figure]:
        """Return hmean at IoU 0.5 and 0.75, precision, recall, and hmean by the size of texts."""
        return region_figures([page_of(*pair) for pair in zip(truth, answers, strict=True)])

    def dimensions(self, truth: Sequence[Item]) -> Sequence[Dimension]:
        """Return how many texts a page holds."""
        return (single("density", [_density(one) for one in truth]),)

    def exhibits(
        self,
        truth: Sequence[Item],
        ours: Sequence[Boxes],
        theirs: Sequence[Boxes] | None,
        images: UPath | None,
    ) -> Sequence[Exhibit]:
        """Return the worst pages and those that changed most, with outlines drawn on them."""
        mine = [page_of(*pair) for pair in zip(truth, ours, strict=True)]
        other = None if theirs is None else [page_of(*pair) for pair in zip(truth, theirs, strict=True)]
        return exhibits_of(mine, other, images, [one.first.image for one in truth])


def build(family: DetectionFamily) -> Task[Image.Image, Boxes]:
    """Return the task of `family`."""
    return DetectionTask(family)


def page_of(item: Item, found: Boxes) -> Page:
    """Return what is on a page beside what was found there."""
    return Page(item.id, regions_of(item.samples), tuple(Region(one, "") for one in found.polygons))


def regions_of(samples: Iterable[Sample]) -> tuple[Region, ...]:
    """Return where texts are on a page; ``###`` is the text of one that nobody could read."""
    texts = ((one, UNREADABLE if one.meta.get("unreadable") is True else one.text) for one in samples)
    return tuple(
        Region(one.polygon, text) for one, text in texts if one.polygon is not None and text is not None
    )


def _density(item: Item) -> str:
    count = len(regions_of(item.samples))
    return "no text" if count == 0 else f"fewer than {_MANY} texts" if count < _MANY else f"{_MANY} and more"
