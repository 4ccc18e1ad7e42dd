"""Telling people from programs: one item is one event record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from config.errors import Problem
from config.family import Accepts, Family, Training
from config.gate import GatePolicy
from config.recipe import Recipe
from corpus.items import Item
from evaluation.figures import Figure
from evaluation.ranking import auc_figure
from tasks.base import Allowance, Opened, Raw
from tasks.errors import RequestError
from tasks.plain import Plain


class TabularFamily(Family):
    """A family that judges event records."""

    headline: ClassVar[str] = "auc"
    images: ClassVar[tuple[str, ...]] = ("stub",)
    accepts: ClassVar[Accepts] = Accepts(("table",))
    noun: ClassVar[str] = "event"
    judged: ClassVar[str] = "event"
    recipe_kind: ClassVar[type[Recipe]] = Recipe

    task: Literal["tabular"]
    training: Training = Training(image="stub", recipe="stub")
    gate: GatePolicy = GatePolicy(max_regression=0.02)


@dataclass(frozen=True, slots=True)
class Score:
    """How probable it is that a program made the record."""

    bot: float


class TabularTask(Plain[Score]):
    """What such a model means by data and figures."""

    answer = Score

    def opened(self, raw: Raw, allowance: Allowance) -> Opened[Any]:
        """Return the table."""
        table = raw.fields.get("table")
        if not isinstance(table, Mapping) or "speed" not in table:
            problem = Problem("request.table", f"table {table!r}", "an object with speed", "Send one.")
            raise RequestError(problem)
        return Opened(table)

    def figures(self, truth: Sequence[Item], answers: Sequence[Score]) -> Sequence[Figure]:
        """Return the AUC."""
        bots = np.array([one.first.label == "bot" for one in truth])
        return [auc_figure(np.array([one.bot for one in answers]), bots)]


def build(family: TabularFamily) -> TabularTask:
    """Return the task of `family`."""
    return TabularTask(family)
