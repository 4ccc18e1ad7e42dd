"""Text as it is compared and encoded: one declared Unicode normal form, applied once, at ingest."""

from __future__ import annotations

import unicodedata

from config.family import UnicodeForm

DEFAULT_FORM: UnicodeForm = "NFC"


def normalise(text: str, form: UnicodeForm = DEFAULT_FORM) -> str:
    """Return `text` in the Unicode normal form `form` (Unicode Standard Annex #15)."""
    return text if unicodedata.is_normalized(form, text) else unicodedata.normalize(form, text)


def describe_characters(characters: str) -> str:
    """Name each character of `characters` for a message: ``'é' U+00E9``, at most eight of them."""
    shown = ", ".join(f"{character!r} U+{ord(character):04X}" for character in characters[:8])
    return shown if len(characters) <= 8 else f"{shown} and {len(characters) - 8} more"
