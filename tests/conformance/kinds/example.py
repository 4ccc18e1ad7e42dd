"""What the suite needs to know of a task: made-up truths, how they are labelled, right and wrong answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from config.family import Family
from config.yaml_source import Settings

Truth = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Example:
    """One task. `family`: its class where the task is not one of `config.tasks` yet.

    `section` and `recipe` are YAML, beside what every family and recipe says. `truth` makes the n-th truth,
    with its ``id``; `labels` gives what each of its samples says (text, label, polygon, table). `answer` is
    what a model answers, right or wrong. `asked` is what a request says beside the image.
    """

    contract: Settings
    truth: Callable[[int], Truth]
    labels: Callable[[Truth], Sequence[Mapping[str, Any]]]
    answer: Callable[[Truth, bool], Any]
    section: str = ""
    recipe: str = ""
    family: type[Family] | None = None
    with_image: bool = True
    asked: Callable[[Truth], Mapping[str, Any]] = lambda truth: {}
