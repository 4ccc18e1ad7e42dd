"""A graph of the account as a picture: a lane for each stack, from left to right as things happen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from infra.graph import READS, Graph, Node

_WIDTH, _HEIGHT = 156, 46
_GAP_X, _GAP_Y = 46, 16
_LANE_X, _LANE_PAD, _LANE_GAP = 130, 16, 10
_MARGIN = 8
_OVER = 44
_SILENT = ("", READS)
_COLOURS: Mapping[str, str] = {
    "bucket": "#d6f0d6",
    "queue": "#fde2ef",
    "rule": "#fde2ef",
    "topic": "#fde2ef",
    "function": "#ffe6cc",
    "build": "#ffe6cc",
    "table": "#dbe8fd",
    "search collection": "#dbe8fd",
    "search domain": "#dbe8fd",
    "pipeline": "#d5f2ee",
    "model group": "#d5f2ee",
    "endpoint": "#d5f2ee",
    "studio": "#d5f2ee",
    "studio profile": "#d5f2ee",
    "tracking": "#d5f2ee",
}
_OTHER = "#eceff3"
_DASHED = ' stroke-dasharray="4 4"'
_STROKES = ("#3b6fb6", "#b6573b", "#3f8f4f", "#8a4fa3", "#a0790d", "#0d8a92", "#b03a6e", "#5a6472")


@dataclass(frozen=True, slots=True)
class _Lane:
    """The box of a stack."""

    stack: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class _Layout:
    corners: Mapping[Node, tuple[float, float]]
    lanes: tuple[_Lane, ...]
    width: float
    height: float


def svg(graph: Graph, title: str) -> str:
    """Return the picture: the same graph gives the same bytes."""
    layout = _laid_out(graph)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{layout.width:g}" height="{layout.height:g}" '
        f'viewBox="0 0 {layout.width:g} {layout.height:g}" font-family="DejaVu Sans, Arial, sans-serif">',
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto"><path d="M0 0 L8 4 L0 8 z" fill="context-stroke"/></marker></defs>',
        '<rect width="100%" height="100%" fill="white"/>',
        f'<text x="16" y="30" font-size="19" font-weight="bold">{escape(title)}</text>',
    ]
    parts += [_lane(one) for one in layout.lanes]
    strokes = {node: _STROKES[number % len(_STROKES)] for number, node in enumerate(graph.nodes)}
    parts += [_edge(layout, source, target, how, strokes[source]) for source, target, how in graph.edges]
    parts += [_box(node, *layout.corners[node]) for node in graph.nodes]
    parts += [
        _word(layout, source, target, how, strokes[source])
        for source, target, how in graph.edges
        if how not in _SILENT
    ]
    return "\n".join([*parts, "</svg>", ""])


def _laid_out(graph: Graph) -> _Layout:
    """Put stacks that act below each other, with a column for each rank, and the others side by side."""
    ranks = _ranks(graph)
    corners: dict[Node, tuple[float, float]] = {}
    lanes: list[_Lane] = []
    most = max(ranks.values(), default=3)
    width = _LANE_X + (most + 1) * (_WIDTH + _GAP_X) - _GAP_X + 2 * _MARGIN
    x, y, row_height = float(_MARGIN), 48.0, 0.0
    for stack in _ordered(graph, ranks):
        own = [node for node in graph.nodes if node.stack == stack]
        acts = any(node in ranks for node in own)
        lane_width = width - 2 * _MARGIN if acts else _LANE_X + max(1, len(own)) * (_WIDTH + _LANE_PAD)
        if x + lane_width > width:
            x, y, row_height = float(_MARGIN), y + row_height + _LANE_GAP, 0.0
        step = _GAP_X if acts else _LANE_PAD
        rows: dict[int, int] = defaultdict(int)
        for number, node in enumerate(sorted(own, key=lambda one: (one not in ranks, one))):
            column = ranks.get(node, min(range(most + 1), key=lambda one: rows[one]) if acts else number)
            top = y + _LANE_PAD + rows[column] * (_HEIGHT + _GAP_Y)
            corners[node] = (x + _LANE_X + column * (_WIDTH + step) - _MARGIN, top)
            rows[column] += 1
        height = 2 * _LANE_PAD + max(rows.values(), default=1) * (_HEIGHT + _GAP_Y) - _GAP_Y
        lanes.append(_Lane(stack, x, y, lane_width, height))
        x, row_height = x + lane_width + _LANE_GAP, max(row_height, height)
    return _Layout(corners, tuple(lanes), width, y + row_height + _MARGIN)


def _ranks(graph: Graph) -> dict[Node, int]:
    """Return the column of every node that has an edge: one beyond what comes before it, circles cut.

    What is only looked at does not come before: it makes nothing happen.
    """
    after: dict[Node, list[Node]] = defaultdict(list)
    for source, target, how in graph.edges:
        if how != READS:
            after[source].append(target)
    reached = {target for targets in after.values() for target in targets}
    order: list[Node] = []
    state: dict[Node, str] = {}
    forward: list[tuple[Node, Node]] = []

    def visit(node: Node) -> None:
        state[node] = "open"
        for target in after[node]:
            if state.get(target) == "open":
                continue  # it closes a circle: drawn backwards
            forward.append((node, target))
            if target not in state:
                visit(target)
        state[node] = "done"
        order.append(node)

    connected = sorted({node for source, target, _ in graph.edges for node in (source, target)})
    for node in sorted(connected, key=lambda one: (one in reached, one.kind != "bucket", one)):
        if node not in state:
            visit(node)
    ranks = dict.fromkeys(connected, 0)
    for node in reversed(order):
        for source, target in forward:
            if source == node:
                ranks[target] = max(ranks[target], ranks[source] + 1)
    return ranks


def _ordered(graph: Graph, ranks: Mapping[Node, int]) -> list[str]:
    """Return the stacks from the first that acts to the last; those that nobody talks to come last."""

    def place(stack: str) -> tuple[float, str]:
        own = [ranks[node] for node in graph.nodes if node.stack == stack and node in ranks]
        return (sum(own) / len(own) if own else float("inf"), stack)

    return sorted(graph.stacks, key=place)


def _lane(lane: _Lane) -> str:
    start, _, short = lane.stack.rpartition("-")
    left, middle = lane.x + 12, lane.y + lane.height / 2
    return (
        f'<g><rect x="{lane.x:g}" y="{lane.y:g}" width="{lane.width:g}" height="{lane.height:g}" rx="8" '
        f'fill="#f7f8fa" stroke="#c9ced6"/><text x="{left:g}" y="{middle:g}" font-size="14" '
        f'font-weight="bold">{escape(short)}</text><text x="{left:g}" y="{middle + 15:g}" font-size="10" '
        f'fill="#666">{escape(start)}-</text></g>'
    )


def _box(node: Node, x: float, y: float) -> str:
    below = _short(", ".join(node.members), 26) if node.members else node.kind
    return (
        f'<g><rect x="{x:g}" y="{y:g}" width="{_WIDTH}" height="{_HEIGHT}" rx="6" '
        f'fill="{_COLOURS.get(node.kind, _OTHER)}" stroke="#555"/>'
        f'<text x="{x + _WIDTH / 2:g}" y="{y + 19:g}" font-size="12.5" font-weight="bold" '
        f'text-anchor="middle">{escape(_short(node.name, 20))}</text>'
        f'<text x="{x + _WIDTH / 2:g}" y="{y + 36:g}" font-size="10" fill="#444" text-anchor="middle">'
        f"{escape(below)}</text></g>"
    )


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _curve(layout: _Layout, source: Node, target: Node) -> tuple[tuple[float, float], ...]:
    """Return the four points of a Bézier curve: out on the right and in on the left, or round the back."""
    (x0, y0), (x1, y1) = layout.corners[source], layout.corners[target]
    middle = _HEIGHT / 2
    start, end = (x0 + _WIDTH, y0 + middle), (x1, y1 + middle)
    if x1 > x0:
        bend = (end[0] - start[0]) / 2
        over = _OVER if y1 == y0 and x1 - x0 > _WIDTH + _GAP_X else 0  # above what stands between them
        return start, (start[0] + bend, start[1] - over), (end[0] - bend, end[1] - over), end
    if x1 == x0:  # above or below each other: round the right side
        end = (x1 + _WIDTH, y1 + middle)
        return start, (start[0] + 46, start[1]), (end[0] + 46, end[1]), end
    start, end = (x0 + _WIDTH / 2, y0 + _HEIGHT), (x1 + _WIDTH / 2, y1 + _HEIGHT)
    low = max(start[1], end[1]) + 50
    return start, (start[0], low), (end[0], low), end


def _edge(layout: _Layout, source: Node, target: Node, how: str, stroke: str) -> str:
    a, b, c, d = (f"{x:g} {y:g}" for x, y in _curve(layout, source, target))
    return (
        f'<path d="M{a} C{b}, {c}, {d}" fill="none" stroke="{stroke}" stroke-width="1.6" '
        f'{_DASHED if how == READS else ""} opacity="0.85" marker-end="url(#tip)"/>'
    )


def _word(layout: _Layout, source: Node, target: Node, how: str, stroke: str) -> str:
    points = _curve(layout, source, target)
    x, y = (0.125 * a + 0.375 * b + 0.375 * c + 0.125 * d for a, b, c, d in zip(*points, strict=True))
    return (
        f'<text x="{x:g}" y="{y - 3:g}" font-size="9.5" fill="{stroke}" text-anchor="middle" '
        f'stroke="white" stroke-width="3" paint-order="stroke">{escape(how)}</text>'
    )
