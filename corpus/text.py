"""Text as it is compared and encoded, in one Unicode normal form, and as messages tell of it."""

from __future__ import annotations

import unicodedata

from config.family import UnicodeForm

DEFAULT_FORM: UnicodeForm = "NFC"

_DOTTED_CIRCLE = "\u25cc"  # what Unicode's charts show combining marks on


def normalise(text: str, form: UnicodeForm = DEFAULT_FORM) -> str:
    """Return `text` in the Unicode normal form `form` (Unicode Standard Annex #15)."""
    return text if unicodedata.is_normalized(form, text) else unicodedata.normalize(form, text)


def quoted(text: str, limit: int = 80) -> str:
    """Return `text` in quotation marks for a message: at most `limit` code points, then how many there are.

    A combining mark at its start stands on a dotted circle, else it would stand on the quotation mark.
    """
    shown = text[:limit]
    if unicodedata.category(shown[:1] or " ")[0] == "M":
        shown = _DOTTED_CIRCLE + shown
    return repr(shown) if len(text) <= limit else f"{shown!r}… ({len(text):,} code points)"


def percent(share: float) -> str:
    """Return a share, 0 to 1, for a message: ``99.9 %``."""
    return f"{100 * share:.1f} %"


def describe_characters(characters: str) -> str:
    """Name each character of `characters` for a message: ``'é' U+00E9``, at most eight of them."""
    shown = ", ".join(f"{quoted(character)} U+{ord(character):04X}" for character in characters[:8])
    return shown if len(characters) <= 8 else f"{shown} and {len(characters) - 8} more"
