"""Generation, as the suite knows it."""

from __future__ import annotations

from kinds.example import Example, Truth
from kinds.generation.contract import Contract
from kinds.generation.task import GenerationFamily, Written


def _answer(truth: Truth, wrong: bool) -> Written:
    return Written("" if wrong else truth["text"], 0 if wrong else 4, wrong)


EXAMPLE = Example(
    contract=Contract(prompt="Read."),
    truth=lambda n: {"id": n, "text": f"line {n * 7919 % 1000:03d}"},
    labels=lambda truth: [{"text": truth["text"]}],
    answer=_answer,
    family=GenerationFamily,
    asked=lambda truth: {"prompt": "Read it."},
)
