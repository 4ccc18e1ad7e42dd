"""What is mistaken for what: confusions, error rates by character, the worst lines, texts side by side."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, cast

import jiwer
import numpy as np
from rapidfuzz.distance import Levenshtein

from evaluation.text import Lines, rate
from evaluation.units import as_symbols, graphemes
from tasks.recognition.predictions import Prediction, Predictions

SHOWN_CONFUSIONS = 100
SHOWN_EXAMPLES = 3
SHOWN_LINES = 20
MERGED = 2

EditKind = Literal["equal", "substitute", "insert", "delete"]


@dataclass(frozen=True, slots=True)
class Confusion:
    """`reference` was read as `prediction`, `count` times.

    One of the two is empty where something was invented or lost. Both are grapheme clusters; ``rn`` read
    as ``m`` is one confusion. `examples` are line ids.
    """

    reference: str
    prediction: str
    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CharacterErrors:
    """How one grapheme cluster fares: `error_rate` is (substituted + deleted) / occurrences, or None."""

    character: str
    occurrences: int
    substituted: int
    deleted: int
    inserted: int
    error_rate: float | None


@dataclass(frozen=True, slots=True)
class LineMistake:
    """One line that was not read right, as it is shown."""

    id: str
    reference: str
    prediction: str
    errors: int
    cer: float | None
    confidence: float | None
    image: str | None


@dataclass(frozen=True, slots=True)
class Mistakes:
    """`worst` has the lines with most errors first; `sure` the wrong lines of the highest confidence."""

    confusions: tuple[Confusion, ...]
    characters: tuple[CharacterErrors, ...]
    worst: tuple[LineMistake, ...]
    sure: tuple[LineMistake, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of two aligned texts that is right, or wrong in one way."""

    kind: EditKind
    reference: str
    prediction: str


class _Clusters(jiwer.AbstractTransform):
    """Tells jiwer that the unit is the grapheme cluster."""

    def process_string(self, s: str) -> list[str]:
        return list(graphemes(s))


def align(reference: str, prediction: str) -> tuple[Piece, ...]:
    """Return two texts cut into pieces that are right, or wrong in one way, between grapheme clusters."""
    clusters = _Clusters()
    result = jiwer.process_words([reference], [prediction], clusters, clusters)
    (first,), (second,) = result.references, result.hypotheses
    return tuple(
        Piece(
            cast(EditKind, chunk.type),
            "".join(first[chunk.ref_start_idx : chunk.ref_end_idx]),
            "".join(second[chunk.hyp_start_idx : chunk.hyp_end_idx]),
        )
        for chunk in result.alignments[0]
    )


def find_mistakes(predictions: Predictions, lines: Lines) -> Mistakes:
    """Return what was mistaken for what in `predictions`, whose measured `lines` these are."""
    wrong = [line for line, exact in zip(predictions.lines, lines.exact, strict=True) if not exact]
    ids: dict[tuple[str, str], list[str]] = defaultdict(list)
    tallies: dict[str, Counter[str]] = defaultdict(Counter)
    for line in wrong:
        for run in _wrong_runs(graphemes(line.reference), graphemes(line.prediction)):
            for lost, got in run:
                tallies["insert" if not lost else "substitute" if got else "delete"][lost or got] += 1
            for confusion in _confusions(run):
                ids[confusion].append(line.id)
    common = sorted(ids, key=lambda pair: (-len(ids[pair]), pair))[:SHOWN_CONFUSIONS]
    errors = lines.characters.errors
    by_errors = np.argsort(-errors, kind="stable")[:SHOWN_LINES]
    sure = [
        k for k, line in enumerate(predictions.lines) if line.confidence is not None and not lines.exact[k]
    ]
    sure.sort(key=lambda k: -(predictions.lines[k].confidence or 0.0))
    return Mistakes(
        tuple(Confusion(*pair, len(ids[pair]), _first(ids[pair])) for pair in common),
        _by_character(predictions.references(), tallies),
        tuple(line_mistake(predictions.lines[k], int(errors[k])) for k in by_errors if errors[k]),
        tuple(line_mistake(predictions.lines[k], int(errors[k])) for k in sure[:SHOWN_LINES]),
    )


def line_mistake(line: Prediction, errors: int) -> LineMistake:
    """Return `line`, read with `errors` wrong code points, as it is shown."""
    cer = rate(errors, len(line.reference))
    return LineMistake(line.id, line.reference, line.prediction, errors, cer, line.confidence, line.image)


def _wrong_runs(first: Sequence[str], second: Sequence[str]) -> Iterator[list[tuple[str, str]]]:
    """Yield every unbroken run of errors as pairs (lost, got), one of which may be empty."""
    run: list[tuple[str, str]] = []
    for code in Levenshtein.opcodes(*as_symbols(first, second)):
        if code.tag == "equal":
            if run:
                yield run
            run = []
        else:
            lost, got = first[code.src_start : code.src_end], second[code.dest_start : code.dest_end]
            run += itertools.zip_longest(lost, got, fillvalue="")
    if run:
        yield run


def _confusions(run: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return a short run as one confusion (``rn`` for ``m``), a long one error by error."""
    lost, got = [a for a, _ in run if a], [b for _, b in run if b]
    if len(lost) <= MERGED and len(got) <= MERGED and len(lost) != len(got):
        return [("".join(lost), "".join(got))]
    return run


def _by_character(references: Sequence[str], tallies: dict[str, Counter[str]]) -> tuple[CharacterErrors, ...]:
    occurrences: Counter[str] = Counter()
    for reference in references:
        occurrences.update(graphemes(reference))
    made = [
        CharacterErrors(
            character=character,
            occurrences=occurrences[character],
            substituted=tallies["substitute"][character],
            deleted=tallies["delete"][character],
            inserted=tallies["insert"][character],
            error_rate=rate(
                tallies["substitute"][character] + tallies["delete"][character], occurrences[character]
            ),
        )
        for character in sorted({*occurrences, *tallies["insert"]})
    ]
    made.sort(key=lambda one: one.substituted + one.deleted + one.inserted, reverse=True)
    return tuple(made)


def _first(ids: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(ids))[:SHOWN_EXAMPLES]
