"""Arguments of a processing job: ``["--replay-share", "0.5"]`` becomes a typed, checked model."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import TypeVar

from pydantic import BaseModel

from config.errors import Problem
from containers.common.errors import JobError
from containers.common.hyperparameters import typed

ModelT = TypeVar("ModelT", bound=BaseModel)


def parse_arguments(words: Sequence[str], model: type[ModelT]) -> ModelT:
    """Return `words`, names and values in turn, as a `model`; what is not given has the model's default.

    Raises:
        JobError: an unknown name (with the nearest one), one that is missing, without a value or twice, or a
            value of the wrong type.
    """
    values: dict[str, str] = {}
    for name, value in zip_longest(words[::2], words[1::2]):
        if not name.startswith("--"):
            raise _error("name", f"the argument {name!r}", "--NAME VALUE", "Put the name before the value.")
        if value is None:
            raise _error("value", f"the argument {name!r} without a value", "one", "Add it.")
        if (field := name.removeprefix("--").replace("-", "_")) in values:
            raise _error("twice", f"the argument {name!r} twice", "it once", "Leave one out.")
        values[field] = value
    return typed(values, model, "argument", spelt)


def spelt(field: str) -> str:
    """Return how people write the argument of a field: ``--max-error``."""
    return "--" + field.replace("_", "-")


def _error(rule: str, found: str, expected: str, remedy: str) -> JobError:
    return JobError(Problem(f"job.argument-{rule}", found, expected, remedy))
