"""Classification, as the suite knows it."""

from __future__ import annotations

from kinds.classification.contract import Contract
from kinds.classification.family import ClassificationFamily
from kinds.classification.task import Named
from kinds.example import Example, Truth

CLASSES = ("pump", "valve", "fan")


def _answer(truth: Truth, wrong: bool) -> Named:
    return Named("fan" if wrong else truth["label"], 0.1 if wrong else 1 / 3)


EXAMPLE = Example(
    contract=Contract(classes=CLASSES),
    truth=lambda n: {"id": n, "label": CLASSES[n % 3]},
    labels=lambda truth: [{"label": truth["label"]}],
    answer=_answer,
    family=ClassificationFamily,
)
