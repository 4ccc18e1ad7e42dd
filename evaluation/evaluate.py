"""Everything that is known of a candidate, measured in one go: the content of `evaluation.json`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from config.gate import MIN_GROUPS, GatePolicy
from corpus.items import Item
from evaluation.comparison import Comparison, Draws, Spread, compare, spreads
from evaluation.figures import Figure, Integers, number
from evaluation.gate import Check, Decision, Exported, Headline, decide
from evaluation.slices import Dimension, Slice, common_dimensions, worst_slices
from evaluation.wording import counted, error_of


@dataclass(frozen=True, slots=True)
class Kind:
    """What is measured: the task, its headline figure, and the word for one item."""

    task: str
    headline: str
    noun: str
    judged: str
    """The word for what is right or wrong: the item itself, or each text of a page."""


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """One model's figures over some items, in their order."""

    name: str
    figures: tuple[Figure, ...]

    def headline(self, kind: Kind) -> Figure:
        """Return the headline figure."""
        return next(one for one in self.figures if one.name == kind.headline and not one.part)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A candidate on its own and, if there is one, beside the champion.

    `error` is that of the headline, None if it is undefined. `confidence` is that of every interval.
    `warnings` are sentences about the data that a reader of the figures must know.
    """

    name: str
    kind: Kind
    items: int
    groups: int
    confidence: float
    error: float | None
    figures: tuple[Spread, ...]
    slices: tuple[Slice, ...]
    comparison: Comparison | None
    exported: Exported
    gate: Decision | None
    warnings: tuple[str, ...]

    def figure(self, name: str) -> float | None:
        """Return a figure of the candidate; None where it is undefined.

        Raises:
            KeyError: there is no such figure.
        """
        return {one.name: one.value for one in self.figures}[name]


def evaluate(
    kind: Kind,
    items: Sequence[Item],
    candidate: Measured,
    champion: Measured | None = None,
    *,
    dimensions: Sequence[Dimension] = (),
    policy: GatePolicy | None = None,
    checks: Sequence[Check] = (),
    exported: Exported | None = None,
    remarks: Sequence[str] = (),
    first_model: bool = False,
    draws: Draws | None = None,
) -> Evaluation:
    """Return how good `candidate` is, where it is wrong, and whether it is better than `champion`.

    Args:
        kind: what is measured.
        items: what both were asked; at least one.
        candidate: its figures over `items`.
        champion: the champion's figures over the same items.
        dimensions: the task's own ways to slice the items, besides group and meta.
        policy: of the gate; None: there is no gate.
        checks: the task's own checks for the gate.
        exported: what is known of the exported artifact, for the gate.
        remarks: sentences that a reader of the figures must know.
        first_model: there is no champion yet, and that is no reason to fail the gate.
        draws: how intervals are computed; None: with the policy's confidence.
    """
    how = draws or Draws(confidence=(policy or GatePolicy()).confidence)
    groups = group_numbers(items)
    head = candidate.headline(kind)
    cuts = (*dimensions, *common_dimensions(items, [one.name for one in dimensions]))
    guarded = (*policy.guarded_slices, policy.new_slice) if policy else ()
    shown = worst_slices(head, [one for one in candidate.figures if one.part], cuts, guarded)
    comparison = None
    if champion is not None:
        comparison = compare(
            [one.id for one in items],
            candidate.figures,
            champion.figures,
            groups,
            headline=kind.headline,
            champion_name=champion.name,
            slices=shown,
            dimensions=cuts,
            how=how,
        )
    error = number(head.error(head.sums.total()))
    told = Headline(error_of(head.name, lower_is_better=head.better == "lower"), error, kind.judged)
    return Evaluation(
        name=candidate.name,
        kind=kind,
        items=len(items),
        groups=int(groups.max()) + 1,
        confidence=how.confidence,
        error=error,
        figures=spreads(candidate.figures, groups, how),
        slices=shown,
        comparison=comparison,
        exported=exported or Exported(),
        gate=decide(told, comparison, policy, exported, checks=checks, first_model=first_model)
        if policy
        else None,
        warnings=(*remarks, *_warnings(kind, items, comparison, int(groups.max()) + 1)),
    )


def group_numbers(items: Sequence[Item]) -> Integers:
    """Return each item's group number, counted from 0; an item without a group is its own."""
    numbers: dict[tuple[bool, str], int] = {}
    keys = ((one.group is None, one.group or one.id) for one in items)
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)


def _warnings(kind: Kind, items: Sequence[Item], comparison: Comparison | None, groups: int) -> list[str]:
    found: list[str] = []
    alone = sum(one.group is None for one in items)
    if alone == len(items):
        found.append(
            f"No {kind.noun} names its group, so each counts as independent; if several come from one "
            "source, the intervals are too narrow."
        )
    elif alone:
        found.append(
            f"Only {len(items) - alone:,} of {counted(len(items), kind.noun)} name their group; each of the "
            "others counts as its own group."
        )
    if groups < MIN_GROUPS:
        are = "is" if groups == 1 else "are"
        found.append(f"No interval can be given: it takes {MIN_GROUPS} groups, but there {are} {groups}.")
    if comparison is not None and comparison.only_one:
        names = ", ".join(comparison.only_one)
        found.append(f"Only one of the two models has {names}: not compared.")
    return found
