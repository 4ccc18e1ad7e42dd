"""What surrounds a drawing: frame with zones, title block, revisions and notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from corpus.synthesis.drawings import wording
from corpus.synthesis.drawings.board import SMALL_PX, Board
from corpus.synthesis.drawings.geometry import Box
from corpus.synthesis.texts import tags

_MARGIN_PX, _BAND_PX = 24, 26
_COLUMN_PX = 470
_TITLE_PX = 330
_ROW_PX = 30
_LONGEST_LINE = 38
"""Characters; recognisers of drawings seldom take more than 40."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things go: the process on the left; notes over tables over the title block on the right."""

    process: Box
    notes: Box
    references: Box
    revisions: Box
    title: Box


def draw_frame(board: Board) -> Layout:
    """Draw the frame and its zones, and part the sheet."""
    canvas = board.canvas
    outer = Box(0, 0, canvas.width_px, canvas.height_px).grown(-_MARGIN_PX)
    inner = outer.grown(-_BAND_PX)
    canvas.box(outer, 1.5)
    canvas.box(inner, 4)
    _zones(board, outer, inner)
    left = inner.right - _COLUMN_PX
    canvas.line([(left, inner.top), (left, inner.bottom)], 2)
    title = Box(left, inner.bottom - _TITLE_PX, inner.right, inner.bottom)
    revisions = Box(left, title.top - 5 * _ROW_PX, inner.right, title.top)
    references = Box(left, revisions.top - 6 * _ROW_PX, inner.right, revisions.top)
    return Layout(
        Box(inner.left, inner.top, left, inner.bottom),
        Box(left, inner.top, inner.right, references.top),
        references,
        revisions,
        title,
    )


def _zones(board: Board, outer: Box, inner: Box) -> None:
    """Mark the fields that people name a place by: numbers across, letters down."""
    canvas = board.canvas
    columns, rows = 8, 6
    for n in range(columns):
        x = inner.left + (inner.right - inner.left) * (n + 0.5) / columns
        for y in ((outer.top + inner.top) / 2, (outer.bottom + inner.bottom) / 2):
            canvas.put_centred(canvas.letter(str(n + 1), SMALL_PX), x, y)
        if n:
            edge = inner.left + (inner.right - inner.left) * n / columns
            canvas.line([(edge, outer.top), (edge, inner.top)], 1.5)
            canvas.line([(edge, inner.bottom), (edge, outer.bottom)], 1.5)
    for n in range(rows):
        y = inner.top + (inner.bottom - inner.top) * (n + 0.5) / rows
        for x in ((outer.left + inner.left) / 2, (outer.right + inner.right) / 2):
            canvas.put_centred(canvas.letter("ABCDEF"[n], SMALL_PX), x, y)
        if n:
            edge = inner.top + (inner.bottom - inner.top) * n / rows
            canvas.line([(outer.left, edge), (inner.left, edge)], 1.5)
            canvas.line([(inner.right, edge), (outer.right, edge)], 1.5)


def draw_title(board: Board, box: Box, drawing: str, issues: Sequence[wording.Revision]) -> None:
    """Draw the title block: company, plant, what is shown, who drew it, number and revision."""
    canvas, rng = board.canvas, board.rng
    said = wording.title(rng)
    canvas.box(box, 3)
    heights = (56, 96, 88, 90)
    tops = [box.top + sum(heights[:n]) for n in range(len(heights) + 1)]
    for top in tops[1:-1]:
        canvas.line([(box.left, top), (box.right, top)], 2)
    middle = box.centre[0]
    _fitted(board, said.company, 30, middle, tops[0] + 28, box)
    _fitted(board, said.plant, 24, middle, tops[1] + 24, box)
    _fitted(board, "PIPING AND INSTRUMENTATION DIAGRAM", 21, middle, tops[1] + 52, box)
    _fitted(board, said.unit, 21, middle, tops[1] + 78, box)
    signed = ("DRAWN", "CHECKED", "APPROVED")
    cells = [f"{wording.initials(rng)} {issues[0].date}" for _ in signed]
    _cells(board, Box(box.left, tops[2], box.right, tops[3]), list(zip(signed, cells, strict=True)), SMALL_PX)
    quarter = (box.right - box.left) / 6
    left = Box(box.left, tops[3], box.left + 4 * quarter, tops[4])
    _cells(board, left, [("DRAWING NO.", drawing)], 25)
    right = Box(left.right, tops[3], box.right, tops[4])
    _cells(board, right, [("SHEET", said.sheet), ("REV", issues[-1].mark)], 20)


def _cells(board: Board, box: Box, entries: list[tuple[str, str]], size_px: float) -> None:
    """Draw cells side by side: a small heading, and what is filled in."""
    canvas = board.canvas
    width = (box.right - box.left) / max(1, len(entries))
    for n, (heading, content) in enumerate(entries):
        left = box.left + n * width
        if n:
            canvas.line([(left, box.top), (left, box.bottom)], 2)
        canvas.put_on_baseline(canvas.letter(heading, 12), left + 7, box.top + 19)
        cell = Box(left, box.top, left + width, box.bottom)
        _fitted(board, content, size_px, cell.centre[0], box.top + 0.65 * (box.bottom - box.top), cell)


def _fitted(board: Board, text: str, size_px: float, x: float, y: float, box: Box) -> None:
    """Put `text` down centred at a point, smaller where it would not fit into `box`."""
    word = board.canvas.letter(text, size_px)
    room = box.right - box.left - 16
    if word.width > room:
        word = board.canvas.letter(text, size_px * room / word.width)
    board.canvas.put_centred(word, x, y)


def draw_revisions(board: Board, box: Box, issues: Sequence[wording.Revision]) -> None:
    """Draw the table of revisions, the newest on top."""
    rows = [("REV", "DATE", "DESCRIPTION", "BY", "CHK")]
    for issue in issues:
        signed = (wording.initials(board.rng)[:2], wording.initials(board.rng)[:2])
        rows.append((issue.mark, issue.date, issue.purpose, *signed))
    _table(board, box, (0.1, 0.24, 0.46, 0.1, 0.1), rows)


def _table(board: Board, box: Box, shares: Sequence[float], rows: Sequence[Sequence[str]]) -> None:
    """Draw a table that grows upwards from its headings; rows that would leave `box` are left out."""
    canvas = board.canvas
    canvas.box(box, 2)
    edges = [box.left + sum(shares[:n]) * (box.right - box.left) for n in range(len(shares) + 1)]
    for edge in edges[1:-1]:
        canvas.line([(edge, box.top), (edge, box.bottom)], 1.5)
    for n, row in enumerate(rows[: int((box.bottom - box.top) // _ROW_PX)]):
        bottom = box.bottom - n * _ROW_PX
        canvas.line([(box.left, bottom - _ROW_PX), (box.right, bottom - _ROW_PX)], 1.5)
        for (left, right), content in zip(pairwise(edges), row, strict=True):
            cell = Box(left, bottom - _ROW_PX, right, bottom)
            _fitted(board, content, 14, cell.centre[0], cell.centre[1], cell.grown(4))


def draw_references(board: Board, box: Box) -> None:
    """Draw the table of other drawings."""
    rng = board.rng
    rows = [("DRAWING NO.", "REFERENCE DRAWINGS")]
    rows += [(tags.drawing_number(rng).removeprefix("DWG. "), title) for title in wording.references(rng)]
    _table(board, box, (0.38, 0.62), rows)


def draw_notes(board: Board, box: Box, drawing: str) -> None:
    """Write the general notes, wrapped to the column; what does not fit is left out."""
    canvas, numbers = board.canvas, board.numbers
    top = box.top + 44
    heading = canvas.put_on_baseline(canvas.letter("NOTES:", 22), box.left + 24, top)
    canvas.line([(heading.left, heading.bottom + 5), (heading.right, heading.bottom + 5)], 2)
    said = wording.notes(board.rng, numbers.equipment, numbers.instruments or ["PI-100"], drawing)
    for number, note in enumerate(said, start=1):
        lines = _wrapped(board, note, box.right - box.left - 84)
        if top + 34 + 26 * len(lines) > box.bottom - 20:
            return
        top += 34
        canvas.put_on_baseline(canvas.letter(f"{number}.", SMALL_PX + 1), box.left + 24, top)
        for n, line in enumerate(lines):
            top += 26 if n else 0
            canvas.put_on_baseline(canvas.letter(line, SMALL_PX + 1), box.left + 60, top)


def _wrapped(board: Board, text: str, room_px: float) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        fits = board.canvas.letter(longer, SMALL_PX + 1).width <= room_px and len(longer) <= _LONGEST_LINE
        if lines and fits:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
