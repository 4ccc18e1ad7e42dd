"""What a model read, line by line, beside what is really there: the input of every measurement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from config.errors import Problem
from config.family import UnicodeForm
from corpus.text import DEFAULT_FORM, normalise
from evaluation.errors import PredictionError


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

    def group_index(self) -> NDArray[np.int64]:
        """Return for every line the number of its group, counted from 0; a line without one is its own."""
        numbers: dict[tuple[bool, str], int] = {}
        keys = ((line.group is None, line.group or line.id) for line in self.lines)
        return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)


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


def pair(candidate: Predictions, champion: Predictions) -> Predictions:
    """Return `champion` in the order of `candidate`, so that line n of both is the same sample.

    Groups, images and meta are the candidate's.

    Raises:
        PredictionError: the two have not the same ids, the same references or the same normal form.
    """
    if candidate.normalisation.form != champion.normalisation.form:
        found = f"{champion.normalisation.form}, and {candidate.normalisation.form} in {candidate.name}"
        raise PredictionError(_problem(champion.name, "form", found, "one normal form"))
    by_id = {line.id: line for line in champion.lines}
    missing = [line.id for line in candidate.lines if line.id not in by_id]
    if missing:
        found = f"no prediction for {_some(missing)}"
        raise PredictionError(_problem(champion.name, "missing-id", found, f"the ids of {candidate.name}"))
    if len(by_id) > len(candidate.lines):
        known = {line.id for line in candidate.lines}
        found = f"unknown ids: {_some([one for one in by_id if one not in known])}"
        raise PredictionError(_problem(champion.name, "unknown-id", found, f"the ids of {candidate.name}"))
    for line in candidate.lines:
        other = by_id[line.id]
        if other.reference != line.reference:
            found = f"the reference of {line.id!r} is {other.reference!r}"
            expected = f"{line.reference!r} as in {candidate.name}"
            raise PredictionError(_problem(champion.name, "reference", found, expected))
    return replace(champion, lines=tuple(by_id[line.id] for line in candidate.lines))


def _some(ids: list[str]) -> str:
    shown = ", ".join(map(repr, ids[:3]))
    return shown if len(ids) <= 3 else f"{shown} and {len(ids) - 3:,} more"


def _problem(name: str, rule: str, found: str, expected: str) -> Problem:
    remedies = {
        "missing-id": "Let both models read the same samples.",
        "unknown-id": "Let both models read the same samples.",
        "reference": "Score both models on the same version of the data.",
        "form": "Read both with the same form.",
    }
    return Problem(f"predictions.{rule}", found, expected, remedies.get(rule, "Mend the predictions."), name)
