"""What a detector's report shows: the worst pages, with what was found, missed and invented drawn on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from upath import UPath

from corpus.images import to_8_bit
from corpus.sample import Polygon
from evaluation.comparison import changed_most
from evaluation.exhibits import Exhibit
from evaluation.figures import Floats
from evaluation.html import render
from evaluation.pictures import data_uri, open_inside
from evaluation.regions import Matched, Page, match

_TEMPLATE = Path(__file__).parent / "pages.html.j2"
SHOWN_PAGES = 6
_LARGEST_PX = (1400, 1400)
"""Of a page in the report: its texts can still be made out."""
_LINE_SHARE = 1 / 500
"""The width of an outline, by the longer side of its page."""

FOUND, MISSED, INVENTED, IGNORED = "#17703a", "#b3261e", "#b3641e", "#8a93a0"
"""Colours, as the report's legend has them."""


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What was found on one page: counts of texts that are there, found, and both."""

    id: str
    true: int
    found: int
    matched: int

    @property
    def cost(self) -> int:
        """Texts that were missed, and those that were invented."""
        return self.true + self.found - 2 * self.matched


@dataclass(frozen=True, slots=True)
class PageCard:
    """A page as it is shown; `champion` is what the champion found there."""

    page: PageFacts
    picture: str | None
    champion: PageFacts | None


@dataclass(frozen=True, slots=True)
class _Judged:
    """The pages of one model, each with what matches on it."""

    pages: Sequence[Page]
    matched: Sequence[Matched]

    def facts(self) -> list[PageFacts]:
        pairs = zip(self.pages, self.matched, strict=True)
        return [PageFacts(page.id, len(one.true), len(one.found), len(one.pairs)) for page, one in pairs]


def exhibits_of(
    ours: Sequence[Page],
    theirs: Sequence[Page] | None,
    images: UPath | None,
    paths: Sequence[str | None],
) -> list[Exhibit]:
    """Return the worst pages, and those that changed most against the champion.

    `theirs` are the same pages as `ours`; `paths` are their images below the folder `images`.
    """
    judged = _judged(ours)
    facts = judged.facts()
    others = None if theirs is None else _judged(theirs).facts()
    costs = np.array([one.cost for one in facts], np.float64)
    worst = [k for k in np.argsort(-costs, kind="stable").tolist() if costs[k]][:SHOWN_PAGES]
    worse, better = ([], []) if others is None else changed_most(costs - _costs(others))
    data = {"pages": facts, "champion": others}
    if images is None:  # nobody asks for the page
        return [Exhibit("pages", data)]

    def cards(rows: Sequence[int]) -> list[PageCard]:
        return [
            PageCard(
                facts[k],
                _picture(judged.pages[k], judged.matched[k], open_inside(images, paths[k])),
                None if others is None else others[k],
            )
            for k in rows[:SHOWN_PAGES]
        ]

    colours = {"found": FOUND, "missed": MISSED, "invented": INVENTED, "unreadable": IGNORED}
    html = render(_TEMPLATE, worst=cards(worst), worse=cards(worse), better=cards(better), colours=colours)
    return [Exhibit("pages", data, html)]


def drawn(image: Image.Image, page: Page, matched: Matched) -> Image.Image:
    """Return a copy of a page's `image` with outlines around what was found, missed and invented."""
    copy = to_8_bit(image).convert("RGB")
    pen = ImageDraw.Draw(copy)
    width = max(2, round(max(copy.size) * _LINE_SHARE))
    pairs = dict(matched.pairs)
    partners = set(pairs.values())
    readable, judged = set(matched.true), set(matched.found)
    for row, region in enumerate(page.true):
        if row not in readable:
            _outline(pen, region.polygon, IGNORED, width)
        elif row not in pairs:
            _outline(pen, region.polygon, MISSED, width)
    for row, region in enumerate(page.found):
        if row in judged:
            _outline(pen, region.polygon, FOUND if row in partners else INVENTED, width)
    return copy


def _judged(pages: Sequence[Page]) -> _Judged:
    return _Judged(pages, [match(one) for one in pages])


def _costs(facts: Sequence[PageFacts]) -> Floats:
    return np.array([one.cost for one in facts], np.float64)


def _picture(page: Page, matched: Matched, image: Image.Image | None) -> str | None:
    return None if image is None else data_uri(drawn(image, page, matched), _LARGEST_PX)


def _outline(pen: ImageDraw.ImageDraw, polygon: Polygon, colour: str, width: int) -> None:
    pen.line([*polygon, polygon[0]], fill=colour, width=width, joint="curve")
