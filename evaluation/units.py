"""What counts as one error: a code point, a grapheme cluster or a word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import regex

Unit = Literal["code point", "grapheme", "word"]

_CLUSTER = regex.compile(r"\X")


def graphemes(text: str) -> Sequence[str]:
    """Return the extended grapheme clusters of `text` (Unicode Standard Annex #29), as a reader sees letters.

    ``กำ`` is one, and so is ``ที่``, each of two or three code points.
    """
    # only CR LF is a cluster of several ASCII characters
    return text if text.isascii() and "\r" not in text else _CLUSTER.findall(text)


def words(text: str) -> list[str]:
    """Return what stands between white space: in a script without spaces a phrase, not a word."""
    return text.split()


def as_symbols(first: Sequence[str], second: Sequence[str]) -> tuple[str, str]:
    """Return two sequences as two strings with one made-up character for each distinct unit.

    Edit distances are many times faster on strings than on lists.
    """
    if isinstance(first, str) and isinstance(second, str):
        return first, second
    symbols: dict[str, str] = {}
    pick = symbols.setdefault
    return (
        "".join([pick(unit, chr(len(symbols))) for unit in first]),
        "".join([pick(unit, chr(len(symbols))) for unit in second]),
    )
