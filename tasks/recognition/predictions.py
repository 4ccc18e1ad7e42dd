"""What a model read, line by line, beside what is really there: the input of every measurement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from config.errors import Problem
from config.family import UnicodeForm
from corpus.items import Item
from corpus.text import DEFAULT_FORM, normalise
from evaluation.errors import PredictionError
from tasks.recognition.answer import Reading


@dataclass(frozen=True, slots=True)
class Prediction:
    """One line: `reference` is what stands in the image, `prediction` what the model read.

    `confidence` is the model's own, 0 to 1. `group` is the page, drawing or writer that the line comes
    from; None: the line is its own group. `image` is a path below the folder of the predictions.
    `meta` may hold anything; every scalar in it becomes a dimension to slice by.
    """

    id: str
    reference: str
    prediction: str
    confidence: float | None = None
    group: str | None = None
    image: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Normalisation:
    """The normal form in which texts are compared, and how many had to be brought into it."""

    form: UnicodeForm
    changed_references: int
    changed_predictions: int


@dataclass(frozen=True, slots=True)
class Predictions:
    """What one model read: at least one line, each id once, every text in one normal form."""

    name: str
    lines: tuple[Prediction, ...]
    normalisation: Normalisation

    def references(self) -> list[str]:
        """Return the reference of every line."""
        return [line.reference for line in self.lines]

    def texts(self) -> list[str]:
        """Return what the model read, line by line."""
        return [line.prediction for line in self.lines]


def collect(name: str, lines: Iterable[Prediction], form: UnicodeForm = DEFAULT_FORM) -> Predictions:
    """Return `lines` as `Predictions` called `name`, every text in the normal form `form`.

    Raises:
        PredictionError: there is no line, an id stands twice, or a confidence is not within 0 and 1.
    """
    seen: set[str] = set()
    whole: list[Prediction] = []
    references = predictions = 0
    for line in lines:
        if line.id in seen:
            raise PredictionError(_problem(name, "id", f"id {line.id!r} stands twice", "it once"))
        seen.add(line.id)
        if line.confidence is not None and not 0.0 <= line.confidence <= 1.0:  # NaN is not, either
            found = f"confidence {line.confidence} of {line.id!r}"
            raise PredictionError(_problem(name, "confidence", found, "a number from 0 to 1"))
        reference, prediction = normalise(line.reference, form), normalise(line.prediction, form)
        references += reference != line.reference
        predictions += prediction != line.prediction
        same = reference is line.reference and prediction is line.prediction
        whole.append(line if same else replace(line, reference=reference, prediction=prediction))
    if not whole:
        raise PredictionError(_problem(name, "none", "no predictions", "at least one"))
    return Predictions(name, tuple(whole), Normalisation(form, references, predictions))


def predictions_of(
    name: str, items: Sequence[Item], answers: Sequence[Reading], form: UnicodeForm
) -> Predictions:
    """Return what was read in `items`, in their order.

    Raises:
        PredictionError: as `collect`.
    """
    lines = (
        Prediction(
            one.id,
            one.first.text or "",
            answer.text,
            answer.confidence,
            one.group,
            one.first.image,
            one.meta,
        )
        for one, answer in zip(items, answers, strict=True)
    )
    return collect(name, lines, form)


def _problem(name: str, rule: str, found: str, expected: str) -> Problem:
    return Problem(f"predictions.{rule}", found, expected, "Mend the predictions.", name)
