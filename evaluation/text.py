"""How far a reading is from the reference: edit counts line by line, and the rates they add up to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from evaluation.figures import Figure, rate_figure
from evaluation.units import Unit, as_symbols, graphemes, words

Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]

LOOP_REPEATS = 6
"""A text whose end repeats this often is taken for a model that does not stop …"""
LOOP_CHARACTERS = 12
"""… and over this many code points: a few extra zeros in an amount are a misreading."""

WITHIN = tuple(step / 20 for step in range(21))


@dataclass(frozen=True, slots=True, eq=False)
class Edits:
    """The edits that turn each reference into its prediction, one entry per line; `errors` is their sum."""

    unit: Unit
    reference_length: Counts
    prediction_length: Counts
    substitutions: Counts
    deletions: Counts
    insertions: Counts
    errors: Counts


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Everything that is known of each line, one entry per line.

    `exact`: read without error. `empty`: nothing was read although the reference has text. `loop`: the end of
    the prediction repeats an n-gram `LOOP_REPEATS` times or more, over `LOOP_CHARACTERS` or more, and the
    reference does not end in half as many.
    """

    characters: Edits
    graphemes: Edits
    words: Edits
    exact: Flags
    empty: Flags
    loop: Flags

    def line_cer(self) -> NDArray[np.float64]:
        """Return errors per reference code point, line by line; NaN where the reference is empty."""
        length = self.characters.reference_length
        rates = np.full(len(length), np.nan)
        np.divide(self.characters.errors, length, out=rates, where=length > 0)
        return rates


@dataclass(frozen=True, slots=True)
class EditCounts:
    """Edits over all lines. Rates are per unit of reference; None if there is not a single unit."""

    unit: Unit
    reference_length: int
    prediction_length: int
    hits: int
    substitutions: int
    deletions: int
    insertions: int
    rate: float | None
    substitution_rate: float | None
    deletion_rate: float | None
    insertion_rate: float | None


@dataclass(frozen=True, slots=True)
class TextMetrics:
    """How well lines of text were read.

    Rates are over the corpus (all errors by all reference units), so that a long line weighs more than
    a short one; `mean_line_cer` and `median_line_cer` give every line the same weight and leave out
    lines with an empty reference. `within` is the share of lines with a CER of at most 0, 5, … 100 %.
    `length_ratio` is predicted by reference code points.
    """

    samples: int
    characters: EditCounts
    graphemes: EditCounts
    words: EditCounts
    exact_matches: int
    exact_match: float
    mean_line_cer: float | None
    median_line_cer: float | None
    within: tuple[float, ...]
    length_ratio: float | None
    empty_outputs: int
    empty_share: float
    loops: int
    loop_share: float
    empty_references: int


def measure(references: Sequence[str], predictions: Sequence[str]) -> Lines:
    """Return the edits of every line. Both texts are compared as they are: normalise them first.

    The counts are those of one shortest edit script, the one that jiwer also reports
    (https://github.com/jitsi/jiwer); leading and trailing white space counts, which jiwer strips by default.
    """
    return Lines(
        characters=measure_characters(references, predictions),
        graphemes=_edits("grapheme", references, predictions, graphemes),
        words=_edits("word", references, predictions, words),
        exact=np.fromiter(map(str.__eq__, references, predictions), np.bool_, len(references)),
        empty=_flags(not b.strip() and bool(a.strip()) for a, b in zip(references, predictions, strict=True)),
        loop=_flags(_is_loop(a, b) for a, b in zip(references, predictions, strict=True)),
    )


def measure_characters(references: Sequence[str], predictions: Sequence[str]) -> Edits:
    """Return the edits of every line in code points only: the first step of `measure`."""
    return _edits("code point", references, predictions, lambda text: text)


def text_figures(lines: Lines) -> tuple[Figure, ...]:
    """Return CER (by code point, by grapheme cluster), WER, exact match and the mean CER of a line."""
    made = [
        rate_figure(name, "lower", one.errors, one.reference_length, one.errors)
        for name, one in (("cer", lines.characters), ("grapheme_cer", lines.graphemes), ("wer", lines.words))
    ]
    ones = np.ones(len(lines.exact))
    made.append(rate_figure("exact_match", "higher", lines.exact, ones, ~lines.exact))
    line_cer = lines.line_cer()
    known = ~np.isnan(line_cer)
    each = np.where(known, line_cer, 0.0)
    return (*made, rate_figure("mean_line_cer", "lower", each, known, each))


def summarise(lines: Lines) -> TextMetrics:
    """Return the totals of the lines."""
    samples = len(lines.exact)
    characters = add_up(lines.characters)
    line_cer = lines.line_cer()
    line_cer = line_cer[~np.isnan(line_cer)]
    return TextMetrics(
        samples=samples,
        characters=characters,
        graphemes=add_up(lines.graphemes),
        words=add_up(lines.words),
        exact_matches=int(lines.exact.sum()),
        exact_match=float(lines.exact.mean()),
        mean_line_cer=float(line_cer.mean()) if line_cer.size else None,
        median_line_cer=float(np.median(line_cer)) if line_cer.size else None,
        within=tuple(float((line_cer <= most).mean()) for most in WITHIN) if line_cer.size else (),
        length_ratio=rate(characters.prediction_length, characters.reference_length),
        empty_outputs=int(lines.empty.sum()),
        empty_share=float(lines.empty.mean()),
        loops=int(lines.loop.sum()),
        loop_share=float(lines.loop.mean()),
        empty_references=int((lines.characters.reference_length == 0).sum()),
    )


def add_up(edits: Edits) -> EditCounts:
    """Return the edits of all lines together."""
    length = int(edits.reference_length.sum())
    substitutions, deletions = int(edits.substitutions.sum()), int(edits.deletions.sum())
    insertions = int(edits.insertions.sum())
    return EditCounts(
        unit=edits.unit,
        reference_length=length,
        prediction_length=int(edits.prediction_length.sum()),
        hits=length - substitutions - deletions,
        substitutions=substitutions,
        deletions=deletions,
        insertions=insertions,
        rate=rate(substitutions + deletions + insertions, length),
        substitution_rate=rate(substitutions, length),
        deletion_rate=rate(deletions, length),
        insertion_rate=rate(insertions, length),
    )


def rate(part: float, whole: float) -> float | None:
    """Return part by whole, or None if the whole is 0."""
    return part / whole if whole else None


def _edits(
    unit: Unit, references: Sequence[str], predictions: Sequence[str], split: Callable[[str], Sequence[str]]
) -> Edits:
    flat: list[int] = []  # five numbers per line; filling an array row by row takes half as long again
    for reference, prediction in zip(references, predictions, strict=True):
        units = split(reference)
        if reference == prediction:
            flat += (len(units), len(units), 0, 0, 0)
            continue
        first, second = as_symbols(units, split(prediction))
        replaced = deleted = inserted = 0
        for tag, _, _ in Levenshtein.editops(first, second).as_list():
            if tag == "replace":
                replaced += 1
            elif tag == "delete":
                deleted += 1
            else:
                inserted += 1
        flat += (len(first), len(second), replaced, deleted, inserted)
    table = np.array(flat, dtype=np.int64).reshape(-1, 5)
    return Edits(
        unit, table[:, 0], table[:, 1], table[:, 2], table[:, 3], table[:, 4], table[:, 2:].sum(axis=1)
    )


def _is_loop(reference: str, prediction: str) -> bool:
    text = " " + prediction.rstrip()  # so that words repeat with the space before them
    for length in range(1, len(text) // LOOP_REPEATS + 1):
        gram, repeats = text[-length:], max(LOOP_REPEATS, LOOP_CHARACTERS // length)
        if text.endswith(gram * repeats):
            # half of it in the reference: a dotted line read one dot too long is no loop
            return not reference.rstrip().endswith(gram * (repeats // 2))
    return False


def _flags(values: Iterable[bool]) -> Flags:
    return np.fromiter(values, np.bool_)
