"""Rules about the declared charset file: an entry that can never be emitted is a character lost."""

from __future__ import annotations

from collections.abc import Iterator

from corpus.examine.dataset import Dataset
from corpus.examine.rules.base import Hit, Rule, hits_of


def _from_reading(rule_id: str, what: str, remedy: str) -> Rule:
    def check(data: Dataset) -> Iterator[Hit]:
        return hits_of(data.declared.problems if data.declared else (), rule_id)

    return Rule(rule_id, "error", what, remedy, check)


several = _from_reading(
    "charset.several-code-points",
    "A charset entry has several code points. Labels are encoded one code point at a time, so it never "
    "matches and its characters are dropped without a word.",
    "List each code point alone, or delete the charset file: the right one is derived from the data.",
)
empty = _from_reading(
    "charset.empty-entry",
    "A charset entry is empty: it shifts the index of every entry after it in tools that skip it.",
    "Delete the line.",
)
doubled = _from_reading(
    "charset.doubled",
    "A charset entry stands twice: one of the two outputs is never trained.",
    "Delete one of them.",
)
bom = _from_reading(
    "charset.bom",
    "The charset file begins with a byte-order mark, which other tools take for a part of the first entry.",
    "Save it as UTF-8 without BOM.",
)
crlf = _from_reading(
    "charset.crlf",
    "The charset file has Windows line ends, which other tools take for a part of every entry.",
    "Convert it to LF.",
)
