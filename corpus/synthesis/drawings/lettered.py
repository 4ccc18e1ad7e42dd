"""Texts that find their own place: the first of several where nothing else stands."""

from __future__ import annotations

from collections.abc import Iterable

from corpus.synthesis.drawings.board import Board
from corpus.synthesis.drawings.canvas import Word
from corpus.synthesis.drawings.geometry import Box


def put_where_free(board: Board, word: Word, centres: Iterable[tuple[float, float]]) -> bool:
    """Put `word` about the first of `centres` where it touches nothing, and tell whether there was one."""
    for x, y in centres:
        room = Box(x - word.width / 2, y - word.height / 2, x + word.width / 2, y + word.height / 2).grown(2)
        if board.space.is_free(room):
            board.canvas.put_centred(word, x, y)
            board.space.take(room)
            return True
    return False
