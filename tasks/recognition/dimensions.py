"""The ways to cut lines of text: by the length, the script and the characters of what stands there."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from fontTools import unicodedata as scripts

from evaluation.slices import Dimension, dimension_of, single

_LENGTHS = ((0, "0"), (5, "1 to 5"), (10, "6 to 10"), (20, "11 to 20"), (40, "21 to 40"))
_NO_SCRIPT = ("Zyyy", "Zinh", "Zzzz")


def text_dimensions(references: Sequence[str]) -> tuple[Dimension, ...]:
    """Return ``length`` (code points), ``script`` (Unicode's) and ``character`` (the reference holds it)."""
    pairs = ((line, one) for line, text in enumerate(references) for one in sorted(set(text)))
    made = (
        single("length", [_length(text) for text in references]),
        single("script", [_script(text) for text in references]),
        dimension_of("character", pairs),
    )
    return tuple(one for one in made if one.labels)


def _length(text: str) -> str:
    return next((label for most, label in _LENGTHS if len(text) <= most), "41 and more")


def _script(text: str) -> str:
    codes = {_script_code(character) for character in set(text)}.difference(_NO_SCRIPT)
    if not codes:
        return "digits and signs"
    return str(scripts.script_name(codes.pop())) if len(codes) == 1 else "mixed"


@cache
def _script_code(character: str) -> str:
    return str(scripts.script(character))
