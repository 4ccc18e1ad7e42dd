"""Event records, as the suite knows them."""

from __future__ import annotations

from kinds.example import Example, Truth
from kinds.tabular.contract import Contract
from kinds.tabular.task import Score, TabularFamily


def _answer(truth: Truth, wrong: bool) -> Score:
    return Score(((truth["speed"] > 0) != wrong and 0.9 + truth["id"] * 1e-6) or truth["id"] * 1e-6)


EXAMPLE = Example(
    contract=Contract(columns=("speed",)),
    truth=lambda n: {"id": n, "speed": 1.5 if n % 3 == 0 else -1.5},
    labels=lambda truth: [{"label": "bot" if truth["speed"] > 0 else "human", "table": dict(truth)}],
    answer=_answer,
    family=TabularFamily,
    with_image=False,
    asked=lambda truth: {"table": dict(truth)},
)
