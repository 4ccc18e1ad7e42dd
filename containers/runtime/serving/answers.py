"""What the model makes of a batch of requests: opened by the task, answered by the predictor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from config.errors import InputError
from containers.common.model import Predictor
from containers.runtime.serving.refusals import RefusalError
from corpus.errors import ImageError
from tasks.base import Allowance, Raw, Task
from tasks.errors import RequestError
from tasks.opening import TOGETHER_TOO_LARGE, TOO_LARGE

Answer = Mapping[str, Any]
"""What is sent back, as JSON."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a model is asked once, and what its image may take of its request's pixels."""

    raw: Raw
    allowance: Allowance


def answers(
    task: Task[Any, Any], predictor: Predictor[Any, Any], asked: Sequence[Asked]
) -> list[Answer | RefusalError]:
    """Return an answer to each of `asked`, or why it is refused; one spoils no other."""
    found: list[tuple[str, ...] | RefusalError] = []  # the warnings of those that are answered

    def inputs() -> Iterator[Any]:
        for one in asked:
            try:
                opened = task.opened(one.raw, one.allowance)
            except InputError as error:
                found.append(_refusal(error))
                continue
            found.append(opened.warnings)
            yield opened.input
            del opened  # before the next is opened: a worker holds one page, not all

    answered = iter(predictor.predict(inputs()))
    version = predictor.version
    return [
        one if isinstance(one, RefusalError) else _told(task.as_json(next(answered)), version, one)
        for one in found
    ]


def _told(answer: Answer, version: str, warnings: tuple[str, ...]) -> Answer:
    told = {**answer, "model_version": version}
    return {**told, "warnings": warnings} if warnings else told


def _refusal(error: InputError) -> RefusalError:
    problem = error.problem
    if problem.rule == TOGETHER_TOO_LARGE:
        sentence = f"The image has {problem.found}, more than the images of its request have left."
        return RefusalError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"{sentence} {problem.remedy}")
    if isinstance(error, ImageError):
        large = problem.rule == TOO_LARGE
        status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE if large else HTTPStatus.UNPROCESSABLE_ENTITY
        sentence = f"The image cannot be read: {problem.found}; expected {problem.expected}."
        return RefusalError(status, sentence)
    status = HTTPStatus.BAD_REQUEST if isinstance(error, RequestError) else HTTPStatus.UNPROCESSABLE_ENTITY
    found = f"{problem.found[:1].upper()}{problem.found[1:]}"
    return RefusalError(status, f"{found}; expected {problem.expected}. {problem.remedy}")
