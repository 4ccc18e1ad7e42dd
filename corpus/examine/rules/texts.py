"""Rules about labels: what is in a text that nobody sees, and what a trainer would drop without a word."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

from corpus.examine.dataset import Dataset
from corpus.examine.rules.base import Hit, rows, rule
from corpus.text import describe_characters, normalise, quoted

_REPLACEMENT = "\ufffd"  # what decoders write for bytes that they cannot read
_PICTOGRAPHS = (
    range(0x2600, 0x27C0),  # miscellaneous symbols, dingbats
    range(0xFE0F, 0xFE10),  # the selector that makes an emoji of the character before it
    range(0x1F000, 0x1FB00),  # from game tiles to pictographs, flags (1F1E6 to 1F1FF) included
)


@rule(
    "text.missing",
    "error-if-many",
    "The sample has no text, and this family learns to read.",
    "Label it, delete it, or examine it for a family of another task.",
)
def missing(data: Dataset) -> Iterator[Hit]:
    """Find samples without a transcription."""
    for row in rows(~data.has_text):
        label = data.samples[row].label
        yield Hit("no text" if label is None else f"no text, only the class {quoted(label)}", row)


@rule(
    "text.empty",
    "error-if-many",
    "The label is empty or only spaces: PaddleOCR drops it without a word.",
    "Label it, or delete the sample.",
)
def empty(data: Dataset) -> Iterator[Hit]:
    """Find labels in which nothing can be seen."""
    for row in rows(data.has_text):
        if not data.texts[row] or data.texts[row].isspace():
            yield Hit(f"the label {quoted(data.texts[row])}", row)


@rule(
    "text.control",
    "error",
    "The label holds a control character: a tab or a line end breaks label files apart.",
    "Delete the character from the label.",
)
def control(data: Dataset) -> Iterator[Hit]:
    """Find characters of the category Cc."""
    return _holding(data, lambda character: unicodedata.category(character) == "Cc")


@rule(
    "text.not-normal",
    "error",
    "The label is not in the family's Unicode normal form: the same text would be several labels.",
    "Import the data with --form as the family says, or change unicode_form in the family.",
)
def not_normal(data: Dataset) -> Iterator[Hit]:
    """Find labels that normalisation would change."""
    form = data.family.unicode_form
    if unicodedata.is_normalized(form, "\n".join(data.texts)):  # one check for all: a line end never combines
        return
    for row, text in enumerate(data.texts):
        if (normal := normalise(text, form)) != text:
            odd = next(a + b for a, b in zip(text, normal + " " * len(text), strict=False) if a != b)
            yield Hit(f"{quoted(text)} is not {form} (from {describe_characters(odd[0])})", row)


@rule(
    "text.normalised",
    "warning",
    "The import brought the label into the declared Unicode normal form: its source mixes forms.",
    "Nothing, if what it is now is right; tools that read the source will see the other form.",
)
def normalised(data: Dataset) -> Iterator[Hit]:
    """Find labels that the import has changed."""
    for row, sample in enumerate(data.samples):
        if sample.meta and (before := sample.meta.get("text_before_normalisation")) is not None:
            yield Hit(f"{quoted(data.texts[row])} was written with {len(str(before))} code points", row)


@rule(
    "text.spaces-around",
    "warning",
    "The label begins or ends with a space, which no image shows.",
    "Strip it.",
)
def spaces_around(data: Dataset) -> Iterator[Hit]:
    """Find labels that stripping would change."""
    for row, text in enumerate(data.texts):
        if text and not text.isspace() and (text[0].isspace() or text[-1].isspace()):
            yield Hit(f"the label {quoted(text)}", row)


@rule(
    "text.odd-space",
    "warning",
    "The label holds a space other than U+0020, which looks just like it.",
    "Replace it by a plain space, unless the difference is meant.",
)
def odd_space(data: Dataset) -> Iterator[Hit]:
    """Find characters of the categories Zs, Zl and Zp, but for the plain space."""
    return _holding(data, lambda c: c != " " and unicodedata.category(c)[0] == "Z")


@rule(
    "text.invisible",
    "warning",
    "The label holds a character without a picture of its own, such as a zero-width joiner.",
    "Delete it, unless the script needs it (Devanagari, Persian, emoji).",
)
def invisible(data: Dataset) -> Iterator[Hit]:
    """Find characters of the category Cf."""
    return _holding(data, lambda character: unicodedata.category(character) == "Cf")


@rule(
    "text.private-use",
    "warning",
    "The label holds a character without a meaning: private use, unassigned, or U+FFFD where a decoder "
    "failed.",
    "Type the character that the image shows.",
)
def private_use(data: Dataset) -> Iterator[Hit]:
    """Find characters of the categories Co, Cn and Cs, and the replacement character."""
    return _holding(data, lambda c: c == _REPLACEMENT or unicodedata.category(c) in ("Co", "Cn", "Cs"))


@rule(
    "text.pictograph",
    "warning",
    "The label holds an emoji or another pictograph, which few fonts draw and few documents print.",
    "Type what the image shows; leave it if the model is to read pictographs.",
)
def pictograph(data: Dataset) -> Iterator[Hit]:
    """Find characters of the blocks that hold pictographs (https://unicode.org/Public/UNIDATA/Blocks.txt)."""
    return _holding(data, lambda character: any(ord(character) in block for block in _PICTOGRAPHS))


@rule(
    "text.leading-mark",
    "warning",
    "The label begins with a combining mark, which has nothing to stand on: it was cut in the wrong place.",
    "Cut at clusters, not at code points.",
)
def leading_mark(data: Dataset) -> Iterator[Hit]:
    """Find labels whose first character is of the categories Mn, Mc or Me."""
    for row, text in enumerate(data.texts):
        if text and text[0] > "\u02ff" and unicodedata.category(text[0])[0] == "M":
            yield Hit(f"the label {quoted(text)} begins with {describe_characters(text[0])}", row)


def _holding(data: Dataset, is_meant: Callable[[str], bool]) -> Iterator[Hit]:
    """Yield the labels that hold a character of a kind; only the few distinct characters are asked."""
    if not (meant := [character for character in data.derived.entries if is_meant(character)]):
        return
    pattern = re.compile(f"[{re.escape(''.join(meant))}]")
    for row, text in enumerate(data.texts):
        if there := sorted(set(pattern.findall(text))):
            yield Hit(f"{describe_characters(''.join(there))} in {quoted(text)}", row)
