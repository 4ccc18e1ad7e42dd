"""The drawing board: one sheet's canvas, map, router, chance and running numbers."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from corpus.synthesis.drawings.canvas import Canvas
from corpus.synthesis.drawings.routing import Router
from corpus.synthesis.drawings.space import Space
from corpus.synthesis.texts import tags

TAG_PX, SMALL_PX = 19.0, 16.0
"""Sizes of lettering, pixels to the em: tags and numbers; remarks."""


@dataclass(slots=True)
class Numbers:
    """Tags of one drawing: numbers begin with the unit's digits and run on, as they do in a plant."""

    rng: random.Random
    unit: str
    _loops: int = 0
    _lines: int = 0
    _pieces: int = 0
    instruments: list[str] = field(default_factory=list)
    equipment: list[str] = field(default_factory=list)

    def loop(self) -> str:
        """Return the number of the next loop."""
        self._loops += self.rng.choice((1, 1, 1, 2, 3))
        return f"{self.unit}{self._loops:02d}"

    def line(self) -> str:
        """Return the next line's number."""
        self._lines += self.rng.choice((1, 1, 2))
        return tags.line(self.rng, f"{self.unit}{self._lines:02d}")

    def piece(self, letter: str) -> str:
        """Return the tag of the next piece of equipment and remember it."""
        self._pieces += 1
        spare = self.rng.choice(("A/B", "A", "B", "")) if letter == "P" else ""
        self.equipment.append(f"{letter}-{self.unit}{self._pieces:02d}{spare}")
        return self.equipment[-1]


@dataclass(frozen=True, slots=True)
class Board:
    """Everything that drawing one sheet needs at hand."""

    canvas: Canvas
    space: Space
    router: Router
    rng: random.Random
    numbers: Numbers
