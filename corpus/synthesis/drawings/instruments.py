"""Instruments: bubbles with a tag in two lines, and the taps and signals that lead to them."""

from __future__ import annotations

from corpus.sample import Point
from corpus.synthesis.drawings.board import TAG_PX, Board
from corpus.synthesis.drawings.geometry import Box, Vector, moved
from corpus.synthesis.drawings.symbols import BUBBLE_RADIUS_PX, BUBBLES, RELIEF_VALVE

_TEXT_ROOM_PX = 1.45 * BUBBLE_RADIUS_PX
_NEAR_LETTERS = {
    "level": ("LT", "LG", "LI", "LIT", "LSHH", "LSL", "LSH"),
    "line": ("PI", "TI", "PT", "TT", "FT", "FI", "TE", "PDT", "AT", "PSH", "FIT", "TW", "PIT", "XT"),
}


def bubble(board: Board, kind: str, at: Point, letters: str, number: str) -> None:
    """Draw one instrument about `at`: its letters over its number."""
    tag = f"{letters}-{number}"
    board.canvas.symbol(BUBBLES[kind], at, tag=tag)
    board.numbers.instruments.append(tag)
    for text, size_px, y in ((letters, TAG_PX - 1, at[1] - 11), (number, TAG_PX - 2, at[1] + 12)):
        word = board.canvas.letter(text, size_px)
        if word.width > _TEXT_ROOM_PX:
            word = board.canvas.letter(text, size_px * _TEXT_ROOM_PX / word.width)
        board.canvas.put_centred(word, at[0], y)


def interlock(board: Board, at: Point) -> None:
    """Draw interlock logic about `at`: its number in a diamond."""
    board.canvas.symbol(BUBBLES["instrument-logic"], at)
    text = board.rng.choice(("I", f"I-{board.rng.randint(1, 9)}", str(board.rng.randint(1, 99))))
    board.canvas.put_centred(board.canvas.letter(text, TAG_PX - 3), *at)


def bubble_box(at: Point) -> Box:
    """Return the room that a bubble about `at` takes."""
    return Box(at[0], at[1], at[0], at[1]).grown(BUBBLE_RADIUS_PX + 4)


def number_of(board: Board, loop: str) -> str:
    """Return a loop's number with or without a letter."""
    return loop + board.rng.choice(("", "", "", "A", "B"))


def letters_for(board: Board, place: str) -> str:
    """Draw the letters of an instrument on a ``line`` or beside a vessel (``level``)."""
    return board.rng.choice(_NEAR_LETTERS[place])


def tapped(board: Board, start: Point, out: Vector, length_px: float, place: str) -> None:
    """Draw a tap from `start` and at its end an instrument."""
    rng = board.rng
    centre = moved(start, out, length_px + BUBBLE_RADIUS_PX)
    end = moved(start, out, length_px)
    board.canvas.line([start, end], 1.5)
    board.canvas.note_run([start, end], "pipe-minor", 1.5)
    kind = rng.choice(("instrument-field", "instrument-field", "instrument-panel", "instrument-shared"))
    bubble(board, kind, centre, letters_for(board, place), number_of(board, board.numbers.loop()))


def signal(board: Board, start: Point, end: Point) -> None:
    """Draw an electric signal, note it and keep text away from it."""
    board.canvas.dashes(start, end)
    board.canvas.note_run([start, end], "signal", 1.5)
    board.space.line(
        Box(min(start[0], end[0]), min(start[1], end[1]), max(start[0], end[0]), max(start[1], end[1]))
    )


def relief(board: Board, port: Point) -> None:
    """Draw a relief valve on a nozzle that looks up: pipe, valve, outlet and tag."""
    canvas, (x, y) = board.canvas, port
    rise, outlet = [(x, y), (x, y - 40)], [(x + 20, y - 60), (x + 70, y - 60), (x + 70, y - 92)]
    for points in (rise, outlet):
        canvas.line(points, 2)
        canvas.note_run(points, "pipe-minor", 2)
    tag = f"PSV-{number_of(board, board.numbers.loop())}"
    canvas.symbol(RELIEF_VALVE, (x, y - 60), tag=tag)
    board.numbers.instruments.append(tag)
    word = canvas.letter(tag, TAG_PX - 2)
    canvas.put(word, x + 26, y - 50)
    atmosphere = canvas.letter(board.rng.choice(("TO FLARE", "TO ATM.", "CLOSED VENT")), TAG_PX - 4)
    canvas.put(atmosphere, x + 36, y - 96 - atmosphere.height)


def relief_box(port: Point) -> Box:
    """Return the room that `relief` takes."""
    x, y = port
    return Box(x - 22, y - 116, x + 140, y - 26)
