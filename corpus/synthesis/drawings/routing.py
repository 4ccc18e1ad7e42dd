"""Lead a pipe from port to port: along the axes, around what is solid, with few bends and crossings."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from itertools import pairwise

from corpus.sample import Point
from corpus.synthesis.drawings.geometry import DOWN, LEFT, RIGHT, UP, Box, Vector, opposite
from corpus.synthesis.drawings.space import Space

GRID_PX = 20
_CLEAR_PX = 8
_BEND, _CROSSING = 8, 10
"""What a bend and a crossing cost, in steps of the grid."""
_MOST_STATES = 20_000

_Node = tuple[int, int]
_State = tuple[_Node, Vector]


class Router:
    """Finds ways by A* over (node, direction), and remembers them so that pipes cross but never overlap."""

    def __init__(self, space: Space) -> None:
        self._space = space
        self._used: dict[_Node, set[bool]] = {}
        """For each node on a pipe: whether one runs there across the sheet (True), up and down (False)."""
        self._open: dict[_Node, bool] = {}

    def route(self, start: Point, leaving: Vector, end: Point, arriving: Vector) -> list[Point] | None:
        """Return the corners of a way, or None where there is none.

        It leaves `start` in the direction `leaving` and comes to `end` in the direction `arriving`; both
        points are on the grid.
        """
        first, goal = (_node(start), leaving), (_node(end), arriving)
        self._open.clear()  # things were put on the sheet since the last time
        came_from: dict[_State, _State] = {}
        cost = {first: 0}
        queue: list[tuple[int, int, _State]] = [(0, 0, first)]
        while queue and len(cost) < _MOST_STATES:
            _, _, state = heapq.heappop(queue)
            if state == goal:
                return self._settle([*_trace(came_from, state)][::-1])
            for following, step in self._steps(state, goal[0]):
                total = cost[state] + step
                if total < cost.get(following, 1 << 30):
                    cost[following] = total
                    came_from[following] = state
                    heapq.heappush(queue, (total + _distance(following[0], goal[0]), len(cost), following))
        return None

    def _steps(self, state: _State, goal: _Node) -> Iterator[tuple[_State, int]]:
        """Yield what may follow `state`, and its cost.

        Nothing leaves a node along an axis on which a pipe runs there: so it passes pipes straight, and
        dies out on their bends.
        """
        (x, y), along = state
        axes_here = self._used.get((x, y), ())
        for turn in (RIGHT, DOWN, LEFT, UP):
            if turn == opposite(along) or (turn[0] != 0) in axes_here:
                continue
            node = (x + turn[0], y + turn[1])
            if node == goal or self._is_open(node):
                yield (node, turn), 1 + _BEND * (turn != along) + _CROSSING * (node in self._used)

    def _is_open(self, node: _Node) -> bool:
        if (known := self._open.get(node)) is None:
            x, y = node[0] * GRID_PX, node[1] * GRID_PX
            known = self._space.is_open(Box(x, y, x, y).grown(_CLEAR_PX))
            self._open[node] = known
        return known

    def _settle(self, states: Sequence[_State]) -> list[Point]:
        """Remember the way and return where it begins, bends and ends."""
        corners = [states[0][0]]
        for (before, arrived), (node, along) in pairwise(states):
            self._used.setdefault(before, set()).add(along[0] != 0)
            self._used.setdefault(node, set()).add(along[0] != 0)
            if along != arrived:
                corners.append(before)
        corners.append(states[-1][0])
        return [(float(x * GRID_PX), float(y * GRID_PX)) for x, y in dict.fromkeys(corners)]


def on_grid(value: float) -> int:
    """Return the nearest multiple of the grid."""
    return round(value / GRID_PX) * GRID_PX


def _node(point: Point) -> _Node:
    return round(point[0] / GRID_PX), round(point[1] / GRID_PX)


def _distance(a: _Node, b: _Node) -> int:
    return abs(a[0] - b[0]) + abs(a[1] - b[1])


def _trace(came_from: dict[_State, _State], state: _State) -> Iterator[_State]:
    yield state
    while state in came_from:
        state = came_from[state]
        yield state
