"""What stands on a drawing and what joins it: equipment in rows, pipes between, flags at the edges."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from corpus.sample import Point
from corpus.synthesis.drawings import instruments, wording
from corpus.synthesis.drawings.board import SMALL_PX, TAG_PX, Board
from corpus.synthesis.drawings.geometry import LEFT, RIGHT, UP, Box, Vector, box_around, moved, opposite
from corpus.synthesis.drawings.lettered import put_where_free
from corpus.synthesis.drawings.routing import GRID_PX, on_grid
from corpus.synthesis.drawings.symbols import BUBBLE_RADIUS_PX, EQUIPMENT, Port, Symbol, connector
from corpus.synthesis.texts import tags

_STUB_PX = 40
_CLEARANCE_PX = 24
_HEADING_PX = 130
_EDGE_PX = 240
_SLOT_WIDTH_PX, _SLOT_HEIGHT_PX = 440, 560
_FLAG_PX = 180
_FLAG_INSET_PX = 110
"""From the edge of the process to the middle of a flag."""


@dataclass(slots=True)
class Piece:
    """One piece of equipment where it stands, and its ports that nothing is joined to yet."""

    tag: str
    letter: str
    symbol: Symbol
    at: Point
    free: list[Port] = field(default_factory=list)

    def take(self, port: Port) -> None:
        """Join something to `port`."""
        self.free.remove(port)


@dataclass(frozen=True, slots=True)
class End:
    """Where a pipe begins or ends: the point on the symbol, and the way out of it."""

    at: Point
    out: Vector

    @property
    def stub(self) -> Point:
        """The point on the router's grid in front of it."""
        return moved(self.at, self.out, _STUB_PX)


@dataclass(frozen=True, slots=True)
class Run:
    """A pipe through its corners, in the direction of flow, and its line number."""

    points: tuple[Point, ...]
    number: str


def place_equipment(board: Board, area: Box, stages: int) -> list[Piece]:
    """Stand `stages` pieces of equipment in a grid of slots, from left to right, with their headings."""
    rng = board.rng
    inner = Box(
        area.left + _EDGE_PX, area.top + _HEADING_PX, area.right - _EDGE_PX, area.bottom - _HEADING_PX
    )
    columns = max(1, int((inner.right - inner.left) // _SLOT_WIDTH_PX))
    rows = max(1, int((inner.bottom - inner.top) // _SLOT_HEIGHT_PX))
    slots = sorted(
        rng.sample([(c, r) for c in range(columns) for r in range(rows)], min(stages, columns * rows))
    )
    width, height = (inner.right - inner.left) / columns, (inner.bottom - inner.top) / rows
    pieces = []
    for column, row in slots:
        x = inner.left + (column + 0.5) * width + rng.uniform(-0.15, 0.15) * width
        y = inner.top + (row + 0.5) * height + rng.uniform(-0.1, 0.1) * height
        pieces.append(_stand(board, (on_grid(x), on_grid(y))))
    for (_, row), piece in zip(slots, pieces, strict=True):
        _heading(board, piece, area, on_top=row < rows / 2)
    return pieces


def _stand(board: Board, at: Point) -> Piece:
    letter = board.rng.choice(tuple(EQUIPMENT))
    symbol = EQUIPMENT[letter]
    piece = Piece(board.numbers.piece(letter), letter, symbol, at, list(symbol.ports))
    board.space.take(symbol.box(at).grown(_CLEARANCE_PX))
    for port in symbol.ports:
        end = end_of(piece, port)
        board.space.line(box_around((end.at, moved(end.stub, end.out, 60))).grown(16))
    return piece


def draw_equipment(board: Board, pieces: Iterable[Piece]) -> None:
    """Draw the symbols, each with its tag beside it."""
    for piece in pieces:
        box = board.canvas.symbol(piece.symbol, piece.at, tag=piece.tag)
        word = board.canvas.letter(piece.tag, TAG_PX + 1)
        aside = word.width / 2 + 14
        places = [
            (x, y)
            for y in (box.bottom + 40, box.top - 40, box.bottom + 64, box.top - 64)
            for x in (piece.at[0] + aside, piece.at[0] - aside, box.right, box.left)
        ]
        put_where_free(board, word, places)


def _heading(board: Board, piece: Piece, area: Box, *, on_top: bool) -> None:
    """Write what the piece is, in line with it at the edge of the sheet, as process engineers do."""
    canvas, rng = board.canvas, board.rng
    said = [wording.equipment_name(rng, piece.letter), *wording.equipment_data(rng, piece.letter)]
    words = [canvas.letter(piece.tag, TAG_PX + 5), *(canvas.letter(text, SMALL_PX) for text in said)]
    widest = max(word.width for word in words)
    top = area.top + 24 if on_top else area.bottom - 24 - 24 * len(words)
    for shift in (0, 60, -60, 120, -120, 180, -180, 240, -240):
        x = min(max(piece.at[0] + shift, area.left + widest / 2 + 16), area.right - widest / 2 - 16)
        room = Box(x - widest / 2, top, x + widest / 2, top + 24 * len(words)).grown(8)
        if not board.space.is_free(room):
            continue
        for n, word in enumerate(words):
            box = canvas.put_on_baseline(word, x - word.width / 2, top + 18 + 24 * n)
            if n == 0:
                canvas.line([(box.left, box.bottom + 3), (box.right, box.bottom + 3)], 1.5)
        board.space.take(room)
        return


def equip_with_instruments(board: Board, pieces: Iterable[Piece]) -> None:
    """Give vessels what they carry on spare nozzles: relief valves above, level instruments at the side."""
    for piece in pieces:
        if piece.letter not in ("V", "D", "C", "R", "TK"):
            continue
        for port in list(piece.free):
            at = end_of(piece, port).at
            if port.out == UP and not port.inlet and board.rng.random() < 0.6:
                box = instruments.relief_box(at)
                if board.space.is_open(box):
                    board.space.take(box)
                    piece.take(port)
                    instruments.relief(board, at)
            elif port.out in (LEFT, RIGHT) and board.rng.random() < 0.35:
                box = instruments.bubble_box(moved(at, port.out, 40 + BUBBLE_RADIUS_PX))
                if board.space.is_open(box):
                    board.space.take(box)
                    piece.take(port)
                    instruments.tapped(board, at, port.out, 40, "level")


def join(board: Board, pieces: Sequence[Piece], area: Box) -> list[Run]:
    """Lead pipes from the left edge through every piece to the right edge, and utilities to spare ports."""
    rng = board.rng
    runs: list[Run] = []
    leaving: tuple[Piece, Port] | None = None
    for piece in pieces:
        if leaving is None:
            runs += _to_edge(board, piece, _spare(board, piece, inlet=True), area, LEFT)
        else:
            runs += _between(board, leaving, piece)
        outlet = _spare(board, piece, inlet=False)
        leaving = (piece, outlet) if outlet is not None else None
    if leaving is not None:
        runs += _to_edge(board, *leaving, area, RIGHT)
    for piece in rng.sample(list(pieces), len(pieces)):
        side = LEFT if piece.at[0] < area.centre[0] else RIGHT
        for port in [port for port in piece.free if rng.random() < 0.7]:
            runs += _to_edge(board, piece, port, area, side)
    return runs


def _spare(board: Board, piece: Piece, *, inlet: bool) -> Port | None:
    ports = [port for port in piece.free if port.inlet == inlet]
    return board.rng.choice(ports) if ports else None


def _between(board: Board, leaving: tuple[Piece, Port], piece: Piece) -> list[Run]:
    """Join an outlet to the first inlet of `piece` that a way leads to."""
    inlets = [port for port in piece.free if port.inlet]
    for inlet in board.rng.sample(inlets, len(inlets)):
        if runs := _run(board, end_of(*leaving), end_of(piece, inlet)):
            leaving[0].take(leaving[1])
            piece.take(inlet)
            return runs
    return []


def _to_edge(board: Board, piece: Piece, port: Port | None, area: Box, side: Vector) -> list[Run]:
    """Join a port to a flag at an edge of the sheet, where there is room for one and a way to it."""
    if port is None:
        return []
    end = end_of(piece, port)
    flag = _flag(board, area, side, end.stub[1], inlet=port.inlet)
    if flag is None:
        return []
    runs = _run(board, flag.end, end) if port.inlet else _run(board, end, flag.end)
    if runs:
        piece.take(port)
        _draw_flag(board, flag, inlet=port.inlet)
    return runs


def _run(board: Board, start: End, end: End) -> list[Run]:
    """Return the pipe from `start` to `end`, or nothing where there is no way."""
    way = board.router.route(start.stub, start.out, end.stub, opposite(end.out))
    if way is None:
        return []
    points = _without_straight([start.at, *way, end.at])
    for pair in pairwise(points):
        board.space.line(box_around(pair).grown(6))
    return [Run(tuple(points), board.numbers.line())]


@dataclass(frozen=True, slots=True)
class _Flag:
    """An off-page connector where it will stand, and where its pipe joins it."""

    symbol: Symbol
    at: Point
    end: End


def _flag(board: Board, area: Box, side: Vector, y: float, *, inlet: bool) -> _Flag | None:
    """Find room for an off-page connector at an edge, near height `y`; `inlet`: the flow comes in there."""
    symbol = connector(_FLAG_PX).turned(opposite(side) if inlet else side)
    port = next(port for port in symbol.ports if port.inlet != inlet)
    edge = area.left + _FLAG_INSET_PX if side == LEFT else area.right - _FLAG_INSET_PX
    x = on_grid(edge) + _FLAG_PX / 2 % GRID_PX  # so that its port comes to lie on the grid
    for shift in (0, 60, -60, 120, -120, 180, -180, 240, -240, 300, -300):
        at = (x, float(on_grid(y) + shift))
        box = symbol.box(at)
        room = Box(box.left - 14, box.top - 38, box.right + 14, box.bottom + 14)
        end = End((at[0] + port.at[0], at[1] + port.at[1]), port.out)
        ahead = box_around((moved(end.at, end.out, 16), end.stub)).grown(8)
        on_sheet = area.top < room.top and room.bottom < area.bottom
        if on_sheet and board.space.is_free(room) and board.space.is_free(ahead):
            board.space.take(room)
            return _Flag(symbol, at, end)
    return None


def _draw_flag(board: Board, flag: _Flag, *, inlet: bool) -> None:
    canvas, rng = board.canvas, board.rng
    box = canvas.symbol(flag.symbol, flag.at)
    inside = canvas.letter(tags.drawing_number(rng).removeprefix("DWG. "), SMALL_PX)
    canvas.put_centred(inside, *flag.at)
    above = canvas.letter(f"{'FROM' if inlet else 'TO'} {tags.equipment(rng)}", SMALL_PX)
    canvas.put(above, box.left + 4, box.top - 8 - above.height)


def end_of(piece: Piece, port: Port) -> End:
    """Return where a pipe joins `piece` at `port`."""
    return End((piece.at[0] + port.at[0], piece.at[1] + port.at[1]), port.out)


def _without_straight(points: Sequence[Point]) -> list[Point]:
    """Drop the points at which the way does not bend."""
    kept = [points[0]]
    for before, here, after in zip(points, points[1:], points[2:], strict=False):
        bends = not (before[0] == here[0] == after[0] or before[1] == here[1] == after[1])
        if bends:
            kept.append(here)
    return [*kept, points[-1]]
