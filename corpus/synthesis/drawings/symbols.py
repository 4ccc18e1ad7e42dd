"""The symbols of a piping and instrumentation diagram as outlines, after ISO 10628-2 and ANSI/ISA-5.1.

Each is drawn about its own centre in pixels, for a flow from left to right; curves are polygons of many
corners, so that one way of turning and drawing serves all.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from corpus.sample import Point
from corpus.synthesis.drawings.geometry import DOWN, LEFT, RIGHT, UP, Box, Vector, box_around, turned

Fill = Literal["paper", "ink", "none"]


@dataclass(frozen=True, slots=True)
class Outline:
    """A line through `points`, closed or open; what lies inside is blank, black or left as it was."""

    points: tuple[Point, ...]
    closed: bool = True
    fill: Fill = "paper"


@dataclass(frozen=True, slots=True)
class Port:
    """Where a pipe may join, the way out of the symbol there, and whether it feeds (`inlet`) or leaves."""

    at: Point
    out: Vector
    inlet: bool


@dataclass(frozen=True, slots=True)
class Symbol:
    """A class of symbol: its name is the label in the ground truth."""

    name: str
    outlines: tuple[Outline, ...]
    ports: tuple[Port, ...] = ()

    def turned(self, along: Vector) -> Symbol:
        """Return it for a flow in the direction `along`."""
        return Symbol(
            self.name,
            tuple(
                Outline(tuple(turned(p, along) for p in outline.points), outline.closed, outline.fill)
                for outline in self.outlines
            ),
            tuple(Port(turned(p.at, along), _turn_vector(p.out, along), p.inlet) for p in self.ports),
        )

    def box(self, at: Point) -> Box:
        """Return its extent when its centre is at `at`."""
        return box_around(tuple((x + at[0], y + at[1]) for o in self.outlines for x, y in o.points))


def _turn_vector(vector: Vector, along: Vector) -> Vector:
    x, y = turned(vector, along)
    return int(x), int(y)


def _arc(x: float, y: float, rx: float, ry: float, start: float, end: float) -> tuple[Point, ...]:
    """Return points on an ellipse from `start` to `end` degrees, clockwise on the sheet from the right."""
    steps = max(6, round(abs(end - start) / 7.5))
    angles = (math.radians(start + (end - start) * step / steps) for step in range(steps + 1))
    return tuple((x + rx * math.cos(angle), y + ry * math.sin(angle)) for angle in angles)


def _circle(x: float, y: float, radius: float, fill: Fill = "paper") -> Outline:
    return Outline(_arc(x, y, radius, radius, 0, 360), fill=fill)


def _rectangle(left: float, top: float, right: float, bottom: float, fill: Fill = "paper") -> Outline:
    return Outline(Box(left, top, right, bottom).corners(), fill=fill)


def _open(*points: Point) -> Outline:
    return Outline(points, closed=False, fill="none")


_BOW = ((-20.0, -12.0), (-20.0, 12.0), (20.0, -12.0), (20.0, 12.0))
_BODY = Outline(_BOW)
_DOME = (*_arc(0, -36, 15, 14, 180, 360),)

VALVES: tuple[Symbol, ...] = (
    Symbol("valve-gate", (_BODY,)),
    Symbol("valve-globe", (_BODY, _circle(0, 0, 6, "ink"))),
    Symbol("valve-ball", (_BODY, _circle(0, 0, 7))),
    Symbol("valve-plug", (_BODY, Outline(((0, -8), (8, 0), (0, 8), (-8, 0)), fill="ink"))),
    Symbol("valve-needle", (_BODY, _open((-6, -12), (0, 12), (6, -12)))),
    Symbol(
        "valve-butterfly",
        (
            _open((-18, -12), (-18, 12)),
            _open((18, -12), (18, 12)),
            Outline(((-18, -12), (18, -12), (18, 12), (-18, 12)), closed=False),
            _open((-18, 12), (18, -12)),
            _circle(0, 0, 4, "ink"),
        ),
    ),
    Symbol(
        "valve-check", (_rectangle(-20, -12, 20, 12), _open((-20, 12), (20, -12)), _circle(-16, -8, 4, "ink"))
    ),
    Symbol("valve-gate-hand", (_BODY, _open((0, 0), (0, -24)), _open((-12, -24), (12, -24)))),
)
"""Valves that a person turns, and those that mind themselves."""

CONTROL_VALVE = Symbol("valve-control", (_BODY, _open((0, 0), (0, -36)), Outline(_DOME)))
MOTOR_VALVE = Symbol("valve-motor", (_BODY, _open((0, 0), (0, -24)), _rectangle(-12, -48, 12, -24)))
RELIEF_VALVE = Symbol(
    "valve-relief",
    (
        Outline(((0, 0), (-11, 20), (11, 20))),
        Outline(((0, 0), (20, -11), (20, 11))),
        _open((0, 0), (0, -28), (7, -24), (-7, -19), (7, -14), (-7, -9)),
    ),
)
"""Inlet from below, outlet to the right."""

IN_LINE: tuple[Symbol, ...] = (
    Symbol("reducer", (Outline(((-12, -12), (12, -7), (12, 7), (-12, 12))),)),
    Symbol("orifice-plate", (_open((-3, -14), (-3, 14)), _open((3, -14), (3, 14)))),
    Symbol("strainer-y", (_rectangle(-16, -9, 16, 9), _open((-6, 9), (10, 26), (16, 20), (2, 4)))),
    Symbol("spectacle-blind", (_circle(0, -9, 8, "ink"), _circle(0, 9, 8))),
    Symbol("flange", (_open((-3, -12), (-3, 12)), _open((3, -12), (3, 12)), _open((-3, 0), (3, 0)))),
    Symbol("flow-meter", (_rectangle(-22, -16, 22, 16), _open((-14, 0), (-6, -9), (6, 9), (14, 0)))),
)

ARROW = Symbol("flow-arrow", (Outline(((0, 0), (-18, -6), (-18, 6)), fill="ink"),))
"""Its tip is the origin."""

CAP = Symbol("cap", (_open((0, -8), (0, 8)), _open((4, -8), (4, 8))))

BUBBLE_RADIUS_PX = 29
_R = BUBBLE_RADIUS_PX
BUBBLES: Mapping[str, Symbol] = {
    "instrument-field": Symbol("instrument-field", (_circle(0, 0, _R),)),
    "instrument-panel": Symbol("instrument-panel", (_circle(0, 0, _R), _open((-_R, 0), (_R, 0)))),
    "instrument-shared": Symbol(
        "instrument-shared", (_rectangle(-_R, -_R, _R, _R), _circle(0, 0, _R), _open((-_R, 0), (_R, 0)))
    ),
    "instrument-logic": Symbol(
        "instrument-logic",
        (_rectangle(-_R, -_R, _R, _R), Outline(((0, -_R), (_R, 0), (0, _R), (-_R, 0)))),
    ),
}
"""Mounted in the field, on the panel, shown and shared by the control system, and interlock logic."""


def connector(length_px: float) -> Symbol:
    """Return the flag that continues a line on another drawing; the flow goes through it to the right."""
    half = length_px / 2
    points = ((-half, -18), (half - 18, -18), (half, 0), (half - 18, 18), (-half, 18))
    return Symbol("off-page-connector", (Outline(points),), (_in(-half, 0, LEFT), _out(half, 0, RIGHT)))


def _in(x: float, y: float, out: Vector) -> Port:
    return Port((x, y), out, inlet=True)


def _out(x: float, y: float, out: Vector) -> Port:
    return Port((x, y), out, inlet=False)


def _vertical_shell(half_width: float, half_height: float, head: float) -> Outline:
    top = _arc(0, -half_height + head, half_width, head, 180, 360)
    bottom = _arc(0, half_height - head, half_width, head, 0, 180)
    return Outline((*top, *bottom))


def _horizontal_shell(half_width: float, half_height: float, head: float) -> Outline:
    right = _arc(half_width - head, 0, head, half_height, -90, 90)
    left = _arc(-half_width + head, 0, head, half_height, 90, 270)
    return Outline((*right, *left))


def _column() -> Symbol:
    trays = tuple(
        _open((-50, y), (30, y)) if n % 2 else _open((-30, y), (50, y))
        for n, y in enumerate(range(-140, 141, 40))
    )
    ports = (
        _in(-50, 20, LEFT),
        _out(0, -220, UP),
        _out(0, 220, DOWN),
        _in(50, -160, RIGHT),
        _out(50, 160, RIGHT),
    )
    return Symbol("column", (_vertical_shell(50, 220, 40), *trays), ports)


EQUIPMENT: Mapping[str, Symbol] = {
    "V": Symbol(
        "vessel-vertical",
        (_vertical_shell(60, 160, 36), _open((-60, -124), (60, -124)), _open((-60, 124), (60, 124))),
        (
            _in(-60, -60, LEFT),
            _out(0, -160, UP),
            _out(0, 160, DOWN),
            _out(60, 60, RIGHT),
            _in(60, -80, RIGHT),
        ),
    ),
    "D": Symbol(
        "vessel-horizontal",
        (_horizontal_shell(160, 60, 36), _rectangle(-110, 60, -90, 80), _rectangle(90, 60, 110, 80)),
        (_in(-80, -60, UP), _out(0, 60, DOWN), _out(80, -60, UP), _in(-160, 0, LEFT), _out(160, 0, RIGHT)),
    ),
    "C": _column(),
    "TK": Symbol(
        "tank",
        (_rectangle(-120, -80, 120, 100), Outline(((-120, -80), (0, -120), (120, -80)))),
        (_in(-120, -40, LEFT), _out(120, 80, RIGHT), _out(-60, -100, UP), _in(120, -40, RIGHT)),
    ),
    "E": Symbol(
        "heat-exchanger",
        (
            _rectangle(-100, -40, 100, 40),
            _open((-70, -40), (-70, 40)),
            _open((70, -40), (70, 40)),
            _open((-70, -14), (70, -14)),
            _open((-70, 14), (70, 14)),
            Outline((*_arc(-100, 0, 18, 40, 90, 270),)),
        ),
        (_in(-40, -40, UP), _out(40, 40, DOWN), _in(100, 0, RIGHT), _out(-80, 40, DOWN)),
    ),
    "P": Symbol(
        "pump-centrifugal",
        (
            Outline(((-26, 20), (-44, 50), (44, 50), (26, 20))),
            _circle(0, 0, 40),
            _open((-40, 0), (0, 0)),
            Outline(((0, -40), (60, -40), (60, -20), (35, -20))),
        ),
        (_in(-40, 0, LEFT), _out(60, -40, UP)),
    ),
    "K": Symbol(
        "compressor",
        (Outline(((-60, -60), (60, -30), (60, 30), (-60, 60))),),
        (_in(-60, 0, LEFT), _out(60, 0, RIGHT), _in(-40, 60, DOWN)),
    ),
    "H": Symbol(
        "fired-heater",
        (
            Outline(
                ((-80, 120), (-80, -40), (-24, -80), (-24, -160), (24, -160), (24, -80), (80, -40), (80, 120))
            ),
            _open((-80, 0), (-50, 0), (-30, -20), (-10, 20), (10, -20), (30, 20), (50, 0), (80, 0)),
            _open((-12, 112), (0, 84), (12, 112)),
        ),
        (_in(-80, 0, LEFT), _out(80, 0, RIGHT), _in(0, 120, DOWN)),
    ),
    "R": Symbol(
        "reactor",
        (
            _vertical_shell(80, 130, 40),
            _open((0, -130), (0, 60)),
            Outline(((0, 60), (-30, 48), (-30, 72))),
            Outline(((0, 60), (30, 48), (30, 72))),
            _rectangle(-16, -162, 16, -130),
        ),
        (_in(-80, -60, LEFT), _out(0, 130, DOWN), _out(80, 60, RIGHT), _in(80, -60, RIGHT)),
    ),
    "F": Symbol(
        "filter",
        (_rectangle(-50, -70, 50, 70), _open((-50, 70), (50, -70)), _open((-50, -70), (50, -70))),
        (_in(-50, -40, LEFT), _out(50, 40, RIGHT), _out(0, 70, DOWN)),
    ),
}
"""Main equipment by the letter of its tag. Ports lie on multiples of 20 pixels, the router's grid."""
