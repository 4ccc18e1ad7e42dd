"""The part of two aligned texts that a report shows: all of most lines, of a very long one what is wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass

from evaluation.units import graphemes
from tasks.recognition.mistakes import Piece, align

SHOWN = 300
"""Grapheme clusters of each text; a line of print has fewer."""
_BEFORE = 40  # what stands before the first error, so that the place can be found in the picture


@dataclass(frozen=True, slots=True)
class Excerpt:
    """`pieces` of two texts from code point `start` on; `left_out`: something stands before or behind."""

    pieces: tuple[Piece, ...]
    start: int
    left_out: bool

    @property
    def reference(self) -> str:
        """What is shown of the reference."""
        return "".join(piece.reference for piece in self.pieces)

    @property
    def prediction(self) -> str:
        """What is shown of the prediction."""
        return "".join(piece.prediction for piece in self.pieces)


def excerpt(reference: str, prediction: str) -> Excerpt:
    """Return two texts aligned, in pieces that can wrap; of long ones `SHOWN` clusters, with an error."""
    first, second = graphemes(reference), graphemes(prediction)
    if max(len(first), len(second)) <= SHOWN:
        return Excerpt(_wrappable(align(reference, prediction)), 0, left_out=False)
    same = (a == b for a, b in zip(first, second, strict=False))
    wrong = next((k for k, equal in enumerate(same) if not equal), min(len(first), len(second)))
    start = max(0, wrong - _BEFORE)
    # twice as much is aligned as is shown: at its end, a cut takes for lost what it cut off
    window = slice(start, start + 2 * SHOWN)
    pieces = _first(align("".join(first[window]), "".join(second[window])))
    offset = len("".join(first[:start]))
    ends = (
        "".join(piece.reference for piece in pieces) == reference[offset:]
        and "".join(piece.prediction for piece in pieces) == prediction[offset:]
    )
    more = (Piece("equal", "…", "…"),)
    shown = (*(more if start else ()), *_wrappable(pieces), *(() if ends else more))
    return Excerpt(shown, offset, left_out=True)


def shortened(text: str, start: int = 0) -> str:
    """Return `text` from code point `start` on, at most `SHOWN` of them, with … for what is left out."""
    if len(text) <= SHOWN:
        return text
    return f"{'…' if start else ''}{text[start : start + SHOWN]}{'…' if len(text) > start + SHOWN else ''}"


def _first(pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """Return the beginning of `pieces`, up to `SHOWN` clusters of the longer text."""
    left, kept = SHOWN, []
    for piece in pieces:
        first, second = graphemes(piece.reference), graphemes(piece.prediction)
        kept.append(Piece(piece.kind, "".join(first[:left]), "".join(second[:left])))
        left -= max(len(first), len(second))
        if left <= 0:
            break
    return tuple(kept)


def _wrappable(pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """Return `pieces` cut at spaces where that can be, so that a long line can wrap."""
    made: list[Piece] = []
    for piece in pieces:
        if piece.kind == "substitute":
            made.append(piece)
            continue
        for word in re.findall(r"[^ ]* |[^ ]+", piece.reference or piece.prediction):
            there, read = piece.kind != "insert", piece.kind != "delete"
            made.append(Piece(piece.kind, word if there else "", word if read else ""))
    return tuple(made)
