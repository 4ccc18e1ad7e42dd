"""What a detector answers."""

from __future__ import annotations

from dataclasses import dataclass

from corpus.sample import Polygon


@dataclass(frozen=True, slots=True)
class Boxes:
    """Where texts are on one page, in its pixels, from the top down; each polygon with its score, 0 to 1.

    A polygon goes clockwise from the corner nearest the page's top left.
    """

    polygons: tuple[Polygon, ...]
    scores: tuple[float, ...]
