"""Readings made up line by line, and what a recogniser's task says of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from config.family import UnicodeForm
from config.tasks import any_family
from config.tasks.recognition import RecognitionFamily, RecognitionGate
from corpus.items import Item
from corpus.sample import Sample
from evaluation.evaluate import Evaluation
from evaluation.gate import Exported
from tasks.answers import Answers
from tasks.judging import judge
from tasks.recognition.answer import Reading
from tasks.recognition.task import RecognitionTask


@dataclass(frozen=True)
class Line:
    """One line, what was read in it, and what else is known."""

    id: str
    reference: str
    prediction: str
    confidence: float | None = None
    group: str | None = None
    image: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)


def task_with(gate: RecognitionGate | None = None, form: UnicodeForm = "NFC") -> RecognitionTask:
    family = any_family("recognition")
    assert isinstance(family, RecognitionFamily)
    recognition = family.recognition.model_copy(update={"unicode_form": form})
    return RecognitionTask(
        family.model_copy(update={"recognition": recognition, "gate": gate or family.gate})
    )


def answers(name: str, lines: Iterable[Line]) -> Answers[Reading]:
    pairs = [(_item(one), Reading(one.prediction, one.confidence)) for one in lines]
    items, read = zip(*pairs, strict=True) if pairs else ((), ())
    return Answers(name, items, read)


def judged(
    candidate: Answers[Reading],
    champion: Answers[Reading] | None = None,
    gate: RecognitionGate | None = None,
    exported: Exported | None = None,
) -> Evaluation:
    return judge(task_with(gate), candidate, champion, policy=gate, exported=exported)


def _item(one: Line) -> Item:
    sample = Sample(
        id=one.id, image=one.image, text=one.reference, group=one.group or one.id, source="", split="test"
    )
    return Item(one.id, (sample,), one.meta, one.group)
