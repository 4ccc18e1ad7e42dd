"""What one model answered to some items; and two such, brought into one order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic

import orjson

from config.errors import Problem
from config.family import UnicodeForm
from corpus.items import Item
from corpus.text import normalise
from evaluation.errors import PredictionError
from tasks.base import AnswerT, Task


@dataclass(frozen=True, slots=True)
class Answers(Generic[AnswerT]):
    """What the model `name` answered: one answer for each item, each item once, at least one."""

    name: str
    items: tuple[Item, ...]
    answers: tuple[AnswerT, ...]

    def __post_init__(self) -> None:
        if not self.items:
            raise PredictionError(_problem(self.name, "none", "no predictions", "at least one"))
        seen: set[str] = set()
        for one in self.items:
            if one.id in seen:
                raise PredictionError(_problem(self.name, "id", f"id {one.id!r} stands twice", "it once"))
            seen.add(one.id)


def encode(task: Task[Any, AnswerT], answers: Answers[AnswerT]) -> bytes:
    """Return `answers` as JSON Lines, one record an item; `tasks.reading` reads them back without loss."""
    return b"".join(lines(task, zip(answers.items, answers.answers, strict=True)))


def lines(task: Task[Any, AnswerT], pairs: Iterable[tuple[Item, AnswerT]]) -> Iterator[bytes]:
    """Yield a line for each item with its answer.

    Of a file of which nobody said what is in it, no line pretends that there is nothing.
    """
    options = orjson.OPT_APPEND_NEWLINE | orjson.OPT_SERIALIZE_NUMPY
    for item, answer in pairs:
        record = task.record(item, answer)
        if _is_bare(item):
            record = {key: value for key, value in record.items() if key != "samples"}
        yield orjson.dumps(record, option=options)


def paired(candidate: Answers[AnswerT], champion: Answers[AnswerT], form: UnicodeForm) -> Answers[AnswerT]:
    """Return `champion` in the order of `candidate`, so that answer n of both is to the same item.

    Items, with their groups, images and meta, are the candidate's. Texts are the same if they are so in the
    normal form `form`.

    Raises:
        PredictionError: the two have not the same ids, or an item is not labelled alike in both.
    """
    if champion.items is candidate.items:
        return champion
    theirs = dict(zip((one.id for one in champion.items), champion.answers, strict=True))
    missing = [one.id for one in candidate.items if one.id not in theirs]
    if missing:
        found = f"no prediction for {_some(missing)}"
        raise PredictionError(_problem(champion.name, "missing-id", found, f"the ids of {candidate.name}"))
    if len(theirs) > len(candidate.items):
        known = {one.id for one in candidate.items}
        found = f"unknown ids: {_some([one for one in theirs if one not in known])}"
        raise PredictionError(_problem(champion.name, "unknown-id", found, f"the ids of {candidate.name}"))
    labelled = {one.id: one for one in champion.items}
    for one in candidate.items:
        other = labelled[one.id]
        if other is not one and (truth := truth_of(other, form)) != (own := truth_of(one, form)):
            found = f"the reference of {one.id!r} is {_shown(truth)}"
            expected = f"{_shown(own)} as in {candidate.name}"
            raise PredictionError(_problem(champion.name, "reference", found, expected))
    return Answers(champion.name, candidate.items, tuple(theirs[one.id] for one in candidate.items))


def truth_of(item: Item, form: UnicodeForm) -> list[tuple[object, ...]]:
    """Return what is known to be right of `item`, as far as two files of answers must agree on it."""
    return [
        (None if one.text is None else normalise(one.text, form), one.label, one.polygon, one.table)
        for one in item.samples
    ]


def _is_bare(item: Item) -> bool:
    """Tell whether `item` is a mere file: every sample of a snapshot knows the hash of its image."""
    return item.first.image is not None and item.first.sha256 is None


def _shown(truth: Sequence[tuple[object, ...]]) -> str:
    told = [one for one in truth[0] if one is not None] if len(truth) == 1 else []
    return repr(told[0]) if told else f"of {len(truth):,} samples"


def _some(ids: list[str]) -> str:
    shown = ", ".join(map(repr, ids[:3]))
    return shown if len(ids) <= 3 else f"{shown} and {len(ids) - 3:,} more"


def _problem(name: str, rule: str, found: str, expected: str) -> Problem:
    remedies = {
        "missing-id": "Have both models read the same samples.",
        "unknown-id": "Have both models read the same samples.",
        "reference": "Score both models on the same version of the data.",
    }
    return Problem(f"predictions.{rule}", found, expected, remedies.get(rule, "Mend the predictions."), name)
