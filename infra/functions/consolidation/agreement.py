"""Which of several answers becomes the label: the one that most labellers gave."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """What one labeller made of an image: its size in pixels, and boxes of `points` and `transcription`."""

    worker: str
    image: Mapping[str, int]
    boxes: Sequence[Mapping[str, Any]]


def answer_of(worker: str, content: str) -> Answer:
    """Return what the task's form submitted; its field ``ocr`` is JSON in JSON.

    Raises:
        ValueError: it is not what the template's form submits.
    """
    try:
        said = json.loads(json.loads(content)["ocr"])
        return Answer(worker, said["image"], said["boxes"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{worker} submitted {content[:200]!r}; expected image and boxes in ocr") from error


def agreed(answers: Sequence[Answer]) -> dict[str, Any]:
    """Return the label of an image, and how many of its labellers gave it.

    Two agree where they read the same texts in the same order: boxes differ by a pixel with every hand.
    Where nobody agrees, the first answer stands, and `agreement` says so to whoever reviews it.

    Raises:
        ValueError: nobody answered.
    """
    if not answers:
        raise ValueError("nobody labelled the image")
    votes = Counter(_texts(one) for one in answers)
    texts, count = votes.most_common(1)[0]
    chosen = next(one for one in answers if _texts(one) == texts)
    return {
        "image": dict(chosen.image),
        "boxes": [dict(one) for one in chosen.boxes],
        "workers": [one.worker for one in answers],
        "agreement": count / len(answers),
    }


def _texts(answer: Answer) -> tuple[str, ...]:
    return tuple(one["transcription"] for one in answer.boxes)
