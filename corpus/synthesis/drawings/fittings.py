"""What sits on pipes: valves, control loops, taps, drains, arrows, and the line's number along it."""

from __future__ import annotations

from collections.abc import Sequence

from corpus.synthesis.drawings import instruments
from corpus.synthesis.drawings.board import SMALL_PX, TAG_PX, Board
from corpus.synthesis.drawings.geometry import DOWN, LEFT, UP, Vector, left_of, opposite
from corpus.synthesis.drawings.lettered import put_where_free
from corpus.synthesis.drawings.plant import Run
from corpus.synthesis.drawings.straights import BESIDE_PX, END_PX, Straight
from corpus.synthesis.drawings.symbols import (
    ARROW,
    BUBBLE_RADIUS_PX,
    CAP,
    CONTROL_VALVE,
    IN_LINE,
    MOTOR_VALVE,
    VALVES,
)
from corpus.synthesis.texts import tags

_LOOP_PX = 118
"""How far from the pipe the bubbles of a control loop stand."""
_BUBBLE_PX = BUBBLE_RADIUS_PX + 5
_VALVE_PX = 26
"""Half of the stretch that a valve takes."""
_POSITIONS = ("NC", "NO", "LO", "LC", "CSO", "CSC", "FB")


def fit_out(board: Board, run: Run, straights: Sequence[Straight]) -> None:
    """Write the line's number, then put fittings wherever there is room for them."""
    rng = board.rng
    _arrow(board, straights[-1], straights[-1].length)
    by_length = sorted(straights, key=lambda straight: -straight.length)
    for straight in by_length:
        if _number(board, straight, run.number):
            break
    for straight in by_length:
        if rng.random() < 0.7:
            _control_loop(board, straight)
        for _ in range(int(straight.length // 50)):
            t = rng.uniform(0, straight.length)
            rng.choice((_valve, _valve, _tap, _branch, _in_line, _flow))(board, straight, t)


def _number(board: Board, straight: Straight, number: str) -> bool:
    """Write the number along the pipe: above a level one, to the left of an upright one, reading upwards."""
    word = board.canvas.letter(number, TAG_PX, upwards=straight.upright)
    length, thick = (word.height, word.width) if straight.upright else (word.width, word.height)
    side = 1 if left_of(straight.along) in (UP, LEFT) else -1
    span = straight.length - length - 2 * END_PX
    if span < 0:
        return False
    spots = [END_PX + length / 2 + share * span for share in (0.5, 0.3, 0.7, 0.1, 0.9, 0.0, 1.0)]
    return put_where_free(board, word, [straight.point(t, side * (BESIDE_PX + 2 + thick / 2)) for t in spots])


def _arrow(board: Board, straight: Straight, t: float) -> None:
    board.canvas.symbol(ARROW.turned(straight.along), straight.point(t))


def _flow(board: Board, straight: Straight, t: float) -> None:
    """Show the direction of flow on the way."""
    if straight.fits(t, 14):
        straight.take(t, 14)
        _arrow(board, straight, t + 9)


def _sits(board: Board, straight: Straight, t: float, left: float, right: float) -> bool:
    """Claim the stretch about `t` for a fitting and the room beside it, if all of it is free."""
    rooms = (
        straight.room(t, _VALVE_PX, BESIDE_PX, left),
        straight.room(t, _VALVE_PX, -right, -BESIDE_PX),
    )
    if not (straight.fits(t, _VALVE_PX) and all(board.space.is_free(room) for room in rooms)):
        return False
    straight.take(t, _VALVE_PX)
    board.space.take(straight.room(t, _VALVE_PX, -right, left))
    return True


def _valve(board: Board, straight: Straight, t: float) -> None:
    rng = board.rng
    symbol = rng.choice((*VALVES, MOTOR_VALVE))
    if not _sits(board, straight, t, 54 if symbol is MOTOR_VALVE else 28, 18):
        return
    board.canvas.symbol(symbol.turned(straight.along), straight.point(t))
    if rng.random() < 0.6:
        _beside(board, straight, t, rng.choice((rng.choice(_POSITIONS), tags.size(rng))))


def _in_line(board: Board, straight: Straight, t: float) -> None:
    symbol = board.rng.choice(IN_LINE)
    if not _sits(board, straight, t, 22, 30):
        return
    board.canvas.symbol(symbol.turned(straight.along), straight.point(t))
    if symbol.name == "reducer":
        large = board.rng.choice((6, 8, 10, 12))
        _beside(board, straight, t, f'{large}"x{board.rng.choice((2, 3, 4))}"')
    elif board.rng.random() < 0.6:
        _beside(board, straight, t, tags.note(board.rng))


def _beside(board: Board, straight: Straight, t: float, text: str) -> None:
    """Write a remark beside a fitting, on either side, wherever it fits."""
    word = board.canvas.letter(text, SMALL_PX)
    reach = (word.width if straight.upright else word.height) / 2
    distances = (24, 36, 60)
    put_where_free(board, word, [straight.point(t, s * (d + reach)) for d in distances for s in (-1, 1)])


def _out(straight: Straight, side: int) -> Vector:
    """Return the way off the pipe: to its left (1) or to its right (-1)."""
    left = left_of(straight.along)
    return left if side > 0 else opposite(left)


def _tap(board: Board, straight: Straight, t: float) -> None:
    """Put a lone instrument on the pipe."""
    side = board.rng.choice((1, -1))
    length = board.rng.choice((36, 46, 60))
    room = straight.room(t, _BUBBLE_PX, side * BESIDE_PX, side * (length + BUBBLE_RADIUS_PX + _BUBBLE_PX))
    if not (straight.fits(t, 8) and board.space.is_free(room)):
        return
    straight.take(t, 8)
    board.space.take(room)
    instruments.tapped(board, straight.point(t), _out(straight, side), length, "line")


def _branch(board: Board, straight: Straight, t: float) -> None:
    """Put a vent or a drain on the pipe: a short branch, a valve, a cap and its size."""
    canvas, rng = board.canvas, board.rng
    side = next((s for s in (1, -1) if _out(straight, s) == DOWN), rng.choice((1, -1)))
    room = straight.room(t, 20, side * BESIDE_PX, side * 104)
    if not (straight.fits(t, 10) and board.space.is_free(room)):
        return
    straight.take(t, 10)
    board.space.take(room)
    points = [straight.point(t), straight.point(t, side * 92)]
    canvas.line(points, 2)
    canvas.note_run(points, "pipe-minor", 2)
    canvas.symbol(VALVES[0].turned(_out(straight, side)), straight.point(t, side * 52))
    canvas.symbol(CAP.turned(_out(straight, side)), straight.point(t, side * 92))
    word = canvas.letter(rng.choice(('3/4"', '1"', '1/2"', "DN20", "DRAIN", "VENT", "SAMPLE")), SMALL_PX)
    reach = 24 + (word.height if straight.upright else word.width) / 2
    put_where_free(board, word, [straight.point(t + s * reach, side * 52) for s in (1, -1)])


def _control_loop(board: Board, straight: Straight) -> None:
    """Put a transmitter, a controller and the valve it moves on the pipe, joined by signals."""
    rng = board.rng
    apart = rng.choice((130, 160, 200))
    for _ in range(6):
        first = rng.uniform(0, max(straight.length - apart, 0))
        side = rng.choice((1, -1))
        if _loop_fits(board, straight, first, first + apart, side):
            _draw_loop(board, straight, first, first + apart, side)
            return


def _loop_fits(board: Board, straight: Straight, first: float, second: float, side: int) -> bool:
    """Claim the room of a control loop from `first` to `second` along, if all of it is free."""
    middle, half = (first + second) / 2, (second - first) / 2 + _BUBBLE_PX
    room = straight.room(middle, half, side * BESIDE_PX, side * (_LOOP_PX + _BUBBLE_PX))
    behind = straight.room(second, _VALVE_PX, -side * BESIDE_PX, -side * 28)
    free = board.space.is_free(room) and board.space.is_free(behind)
    if not (free and straight.fits(first, 10) and straight.fits(second, _VALVE_PX)):
        return False
    straight.take(first, 10)
    straight.take(second, _VALVE_PX)
    board.space.take(room)
    return True


def _draw_loop(board: Board, straight: Straight, first: float, second: float, side: int) -> None:
    canvas, rng = board.canvas, board.rng
    loop = instruments.number_of(board, board.numbers.loop())
    letter = rng.choice("FFPTL")
    tap = [straight.point(first), straight.point(first, side * (_LOOP_PX - BUBBLE_RADIUS_PX))]
    canvas.line(tap, 1.5)
    canvas.note_run(tap, "pipe-minor", 1.5)
    flow = straight.along if side > 0 else opposite(straight.along)  # its actuator looks to the bubbles
    canvas.symbol(CONTROL_VALVE.turned(flow), straight.point(second), tag=f"{letter}V-{loop}")
    between = [
        straight.point(t, side * _LOOP_PX) for t in (first + BUBBLE_RADIUS_PX, second - BUBBLE_RADIUS_PX)
    ]
    down = [straight.point(second, side * aside) for aside in (_LOOP_PX - BUBBLE_RADIUS_PX, 50)]
    instruments.signal(board, *between)
    instruments.signal(board, *down)
    instruments.bubble(board, "instrument-field", straight.point(first, side * _LOOP_PX), f"{letter}T", loop)
    kind = rng.choice(("instrument-shared", "instrument-shared", "instrument-panel"))
    instruments.bubble(board, kind, straight.point(second, side * _LOOP_PX), f"{letter}IC", loop)
    _beside(board, straight, second, rng.choice(("FC", "FO", "FL", f"{letter}V-{loop}", f"{letter}V-{loop}")))
    _interlock(board, straight, second, side)


def _interlock(board: Board, straight: Straight, t: float, side: int) -> None:
    """Hang interlock logic on a controller where there is room beyond it."""
    low = _LOOP_PX + BUBBLE_RADIUS_PX
    middle = low + 40 + BUBBLE_RADIUS_PX
    room = straight.room(t, _BUBBLE_PX, side * (low + 8), side * (middle + _BUBBLE_PX))
    if board.rng.random() < 0.6 or not board.space.is_free(room):
        return
    board.space.take(room)
    instruments.signal(board, straight.point(t, side * low), straight.point(t, side * (low + 40)))
    instruments.interlock(board, straight.point(t, side * middle))
