"""Rules that prove whether a model of this family can learn to read the labels at all."""

from __future__ import annotations

from collections.abc import Iterator

from corpus.examine.dataset import Dataset
from corpus.examine.rules import CHARACTERS, CHARSET, TEXTS, Hit, Rule
from corpus.examine.rules.base import rows, rule
from corpus.text import describe_characters, quoted
from tasks.recognition.ceiling import outvoted, too_few_steps, too_long
from tasks.recognition.steps import given_steps, needed_steps, settings_of


@rule(
    "charset.unknown-character",
    "error-if-many",
    "The label holds a character that the charset lacks: trainers drop it without a word and learn a wrong "
    "label.",
    "Add the character to the charset (a space needs a line of its own), or mend the label.",
)
def unknown_character(data: Dataset) -> Iterator[Hit]:
    """Find labels that the charset in force cannot encode."""
    known = data.charset.encodable
    for row in rows(data.unencodable):
        text = data.texts[row]
        unknown = "".join(dict.fromkeys(character for character in text if character not in known))
        yield Hit(f"{describe_characters(unknown)} in {quoted(text)}", row)


@rule(
    "label.too-long",
    "error-if-many",
    "The label is longer than max_text_length: PaddleOCR trains on a random other sample in its place.",
    "Raise max_text_length in the family, or cut the image into several.",
)
def label_too_long(data: Dataset) -> Iterator[Hit]:
    """Find labels beyond the trainer's limit."""
    most = settings_of(data).max_text_length
    for row in rows(too_long(data)):
        yield Hit(f"{data.lengths[row]} code points in {quoted(data.texts[row])}; at most {most}", row)


@rule(
    "label.too-few-steps",
    "error-if-many",
    "The image gives CTC fewer time steps than the label needs (its length, and one more between equal "
    "neighbours): no output can be right.",
    "Raise width_px or lower step_px in the family, or cut the image into several.",
)
def label_too_few_steps(data: Dataset) -> Iterator[Hit]:
    """Find labels that do not fit into the time steps of their image."""
    for row in rows(too_few_steps(data)):
        steps = f"{given_steps(data)[row]} steps of {data.widths[row]} x {data.heights[row]} pixels"
        yield Hit(f"{needed_steps(data)[row]} steps needed for {quoted(data.texts[row])}, {steps}", row)


@rule(
    "label.conflict",
    "warning",
    "The very same image has another label elsewhere: a model can get only one of them right.",
    "Decide which is right, and mend or delete the other.",
)
def conflict(data: Dataset) -> Iterator[Hit]:
    """Find identical images under different labels."""
    for row, other in outvoted(data, data.has_text):
        there = f"{quoted(data.texts[other])} in sample {data.samples[other].id}"
        yield Hit(f"{quoted(data.texts[row])} here, {there}", row, other)


RULES: tuple[Rule, ...] = (
    unknown_character,
    label_too_long,
    label_too_few_steps,
    conflict,
    *CHARSET,
    *TEXTS,
    *CHARACTERS,
)
