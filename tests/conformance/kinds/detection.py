"""Detection, as the suite knows it: pages of none to five regions."""

from __future__ import annotations

from corpus.sample import Polygon
from kinds.example import Example, Truth
from tasks.detection.answer import Boxes
from tasks.detection.contract import Contract, PagePreprocessing


def _box(row: int, shift: float = 0.0) -> Polygon:
    top, left = 20.0 + 9 * row, 3.0 + shift
    return ((left, top), (left + 30, top), (left + 30, top + 6), (left, top + 6))


def _answer(truth: Truth, wrong: bool) -> Boxes:
    found = tuple(_box(row, 25.0 if wrong else 0.125) for row in range(truth["regions"]))
    return Boxes(found, (0.987654321,) * len(found))


EXAMPLE = Example(
    contract=Contract(pages=PagePreprocessing(grayscale=True)),
    truth=lambda n: {"id": n, "regions": n % 6},
    labels=lambda truth: (
        [{"text": f"t{row}", "polygon": _box(row)} for row in range(truth["regions"])] or [{}]
    ),
    answer=_answer,
    recipe="network: stub\noptimisation: {epochs: 1, batch_size: 1, learning_rate: 0.1}\n",
)
