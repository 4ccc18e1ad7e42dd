"""The straight pieces of pipes: measured along, with what crosses them and what sits on them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from corpus.sample import Point
from corpus.synthesis.drawings.board import Board
from corpus.synthesis.drawings.geometry import DOWN, UP, Box, Vector, along_axis, left_of, moved
from corpus.synthesis.drawings.plant import Run

END_PX = 30
"""What is kept free at both ends of a straight piece."""
BESIDE_PX = 12
"""From the middle of a pipe to where something beside it may begin."""
_GAP_PX = 7
"""Half of the gap in a pipe that passes under another."""
PIPE_PX = 3.0


@dataclass(slots=True)
class Straight:
    """A straight piece of a run, measured along it from its start; `taken` are stretches in use."""

    start: Point
    along: Vector
    length: float
    crossings: tuple[float, ...]
    taken: list[tuple[float, float]] = field(default_factory=list)

    @property
    def upright(self) -> bool:
        """Whether it runs up or down the sheet."""
        return self.along in (UP, DOWN)

    def point(self, t: float, aside: float = 0.0) -> Point:
        """Return the point `t` along and `aside` to the left."""
        return moved(moved(self.start, self.along, t), left_of(self.along), aside)

    def room(self, t: float, half: float, low: float, high: float) -> Box:
        """Return the box from ``t - half`` to ``t + half`` along and from `low` to `high` aside."""
        (x0, y0), (x1, y1) = self.point(t - half, low), self.point(t + half, high)
        return Box(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))

    def fits(self, t: float, half: float) -> bool:
        """Tell whether the stretch about `t` is clear of ends, crossings and what sits there."""
        return (
            END_PX + half <= t <= self.length - END_PX - half
            and all(abs(t - at) > half + 14 for at in self.crossings)
            and all(t + half < low or t - half > high for low, high in self.taken)
        )

    def take(self, t: float, half: float) -> None:
        """Claim the stretch about `t`."""
        self.taken.append((t - half, t + half))


def draw_runs(board: Board, runs: Sequence[Run]) -> list[list[Straight]]:
    """Draw the pipes, with gaps where upright ones pass under level ones, and return their pieces."""
    segments = [pair for run in runs for pair in pairwise(run.points)]
    by_run = []
    for run in runs:
        straights = [
            Straight(start, along_axis(start, end), math.dist(start, end), _crossings(start, end, segments))
            for start, end in pairwise(run.points)
        ]
        for straight in straights:
            _draw(board, straight)
        board.canvas.note_run(run.points, "pipe", PIPE_PX, line=run.number)
        by_run.append(straights)
    return by_run


def _draw(board: Board, straight: Straight) -> None:
    at = 0.0
    for crossing in straight.crossings if straight.upright else ():
        board.canvas.line([straight.point(at), straight.point(crossing - _GAP_PX)], PIPE_PX)
        at = crossing + _GAP_PX
    board.canvas.line([straight.point(at), straight.point(straight.length)], PIPE_PX)


def _crossings(start: Point, end: Point, segments: Sequence[tuple[Point, Point]]) -> tuple[float, ...]:
    """Return how far along from `start` pipes of the other direction cross."""
    along = 0 if start[1] == end[1] else 1
    across = 1 - along
    low, high = sorted((start[along], end[along]))
    found = []
    for a, b in segments:
        crosses = a[along] == b[along] and low < a[along] < high
        if crosses and min(a[across], b[across]) < start[across] < max(a[across], b[across]):
            found.append(abs(a[along] - start[along]))
    return tuple(sorted(found))
