"""Embedding, as the suite knows it."""

from __future__ import annotations

from kinds.embedding.contract import Contract
from kinds.embedding.task import EmbeddingFamily, Vector
from kinds.example import Example, Truth


def _answer(truth: Truth, wrong: bool) -> Vector:
    place = (truth["id"] // 4 if wrong else truth["id"]) % 4
    return Vector(tuple(1.0 if k == place else 0.01 * (truth["id"] % 7) for k in range(4)))


EXAMPLE = Example(
    contract=Contract(dimensions=4),
    truth=lambda n: {"id": n, "label": f"kind-{n % 4}"},
    labels=lambda truth: [{"label": truth["label"]}],
    answer=_answer,
    family=EmbeddingFamily,
)
