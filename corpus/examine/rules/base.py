"""What a rule is: an id, what it means for training, what to do, and a function that finds every place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Literal, NamedTuple

import numpy as np

from config.errors import Problem, Severity
from corpus.examine.dataset import Dataset, Mask
from corpus.sample import SPLITS


class Hit(NamedTuple):
    """One place: a row of the dataset, or a line of a file, or (neither) the dataset as a whole.

    `other` is a row that it is to be compared with.
    """

    found: str
    row: int | None = None
    other: int | None = None
    file: str | None = None
    line: int | None = None


Weight = Literal["error", "error-if-many", "error-if-pages", "warning"]
Check = Callable[[Dataset], Iterator[Hit]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule. An ``error`` speaks against training, a ``warning`` is for somebody to look at.

    ``error-if-many`` is for faults that concern single samples: a warning as long as they spoil at most
    the `max_faulty_share` of every split. ``error-if-pages`` is for what a family that answers whole pages
    cannot do without; for others it is a warning. `what` says in one sentence what is wrong and why it
    matters, `remedy` what to do.
    """

    id: str
    weight: Weight
    what: str
    remedy: str
    check: Check

    def severity(self, hits: Iterable[Hit], data: Dataset) -> Severity:
        """Return how much `hits` weigh."""
        if self.weight == "error-if-pages":
            return "error" if data.family.unit == "image" else "warning"
        if self.weight != "error-if-many":
            return self.weight
        spoilt = np.bincount(
            data.splits[[hit.row for hit in hits if hit.row is not None]], minlength=len(SPLITS)
        )
        sizes = np.bincount(data.splits, minlength=len(SPLITS))
        many = (spoilt > data.thresholds.max_faulty_share * sizes).any()
        return "error" if many else "warning"


def rule(rule_id: str, weight: Weight, what: str, remedy: str) -> Callable[[Check], Rule]:
    """Make the decorated function a rule."""
    return lambda check: Rule(rule_id, weight, what, remedy, check)


def rules_in(module: ModuleType) -> tuple[Rule, ...]:
    """Return the rules of a module in the order in which they stand there."""
    return tuple(value for value in vars(module).values() if isinstance(value, Rule))


def rows(mask: Mask) -> list[int]:
    """Return the rows that `mask` marks."""
    found: list[int] = np.flatnonzero(mask).tolist()
    return found


def hits_of(problems: Iterable[Problem], rule_id: str) -> Iterator[Hit]:
    """Yield the problems that the reading of a file has named already under `rule_id`."""
    for problem in problems:
        if problem.rule == rule_id:
            yield Hit(problem.found, file=problem.file, line=problem.line)
