"""How well a classifier tells classes apart: accuracy, macro F1 and the confusion matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from config.errors import Problem
from evaluation.errors import FigureError
from evaluation.figures import Figure, Floats, Sums, rate_figure, ratio


@dataclass(frozen=True, slots=True)
class ClassMetrics:
    """One class. Precision is None if the class was never predicted, recall if it never occurs."""

    label: str
    samples: int
    predicted: int
    correct: int
    precision: float | None
    recall: float | None
    f1: float


@dataclass(frozen=True, slots=True)
class Classification:
    """`confusion[i][j]` counts the samples of class `labels[i]` that were classified as `labels[j]`.

    `macro_f1` is the plain mean over all classes that occur or were predicted, so that a rare class
    weighs as much as a common one.
    """

    samples: int
    labels: tuple[str, ...]
    accuracy: float
    macro_f1: float
    classes: tuple[ClassMetrics, ...]
    confusion: tuple[tuple[int, ...], ...]


def classify(references: Sequence[str], predictions: Sequence[str]) -> Classification:
    """Return how well `predictions` name the classes in `references`.

    F1 is 2 · correct / (samples + predicted): defined for every class that occurs in either.

    Raises:
        FigureError: no samples, or not as many predictions as references.
    """
    _check(references, predictions)
    labels = sorted({*references, *predictions})
    place = {label: k for k, label in enumerate(labels)}
    count = len(labels)
    cells = [place[a] * count + place[b] for a, b in zip(references, predictions, strict=True)]
    matrix = np.bincount(cells, minlength=count * count).reshape(count, count)
    classes = []
    for k, label in enumerate(labels):
        samples, predicted, correct = int(matrix[k].sum()), int(matrix[:, k].sum()), int(matrix[k, k])
        classes.append(
            ClassMetrics(
                label=label,
                samples=samples,
                predicted=predicted,
                correct=correct,
                precision=correct / predicted if predicted else None,
                recall=correct / samples if samples else None,
                f1=2 * correct / (samples + predicted),
            )
        )
    return Classification(
        samples=len(references),
        labels=tuple(labels),
        accuracy=float(np.trace(matrix) / len(references)),
        macro_f1=float(np.mean([one.f1 for one in classes])),
        classes=tuple(classes),
        confusion=tuple(tuple(map(int, row)) for row in matrix),
    )


def class_figures(references: Sequence[str], predictions: Sequence[str]) -> tuple[Figure, ...]:
    """Return accuracy, macro F1 and the F1 of each class that occurs, over samples in their order.

    A class that only this model predicts counts in its macro F1, with an F1 of 0, as in `classify`.

    Raises:
        FigureError: no samples, or not as many predictions as references.
    """
    _check(references, predictions)
    place = {label: k for k, label in enumerate(sorted({*references, *predictions}))}
    true, said = (np.array([place[one] for one in labels], np.int64) for labels in (references, predictions))
    right, one, count = (true == said).astype(np.float64), np.ones(len(true)), len(place)
    sums = Sums.one_hot(3 * count, (true, one), (said + count, one), (true + 2 * count, right))
    made = [
        rate_figure("accuracy", "higher", right, one, 1 - right),
        Figure("macro_f1", "higher", sums, _macro_f1, 1 - right),
    ]
    for label in sorted(set(references)):
        a, b = ((each == place[label]).astype(np.float64) for each in (true, said))
        made.append(
            rate_figure("f1", "higher", 2 * a * b, a + b, np.abs(a - b), support=a, of=f"class={label}")
        )
    return tuple(made)


def _macro_f1(sums: Floats) -> Floats:
    """Return the mean F1 of the classes that occur or were predicted; `sums`: true, predicted, correct."""
    true, said, right = np.split(sums, 3, axis=-1)
    present = true + said > 0
    f1 = np.divide(2 * right, true + said, out=np.zeros_like(true), where=present)
    return ratio(np.stack([f1.sum(-1), present.sum(-1)], axis=-1))


def _check(references: Sequence[str], predictions: Sequence[str]) -> None:
    if not references or len(references) != len(predictions):
        found = f"{len(references)} references and {len(predictions)} predictions"
        raise FigureError(Problem("classes.count", found, "equally many of both, at least one", "Pair them."))
