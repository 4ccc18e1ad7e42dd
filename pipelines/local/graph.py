"""Which steps may start now, and which never will."""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

from pipelines.local.definition import Definition, Step, refused


def check_order(definition: Definition) -> None:
    """Refuse steps that wait for one another.

    Raises:
        DefinitionError: they do; it names them.
    """
    try:
        TopologicalSorter({step.name: step.needs() for step in definition.steps}).prepare()
    except CycleError as error:
        circle = " → ".join(error.args[1])
        raise refused(f"steps that wait for one another ({circle})", "an order") from error


def unreachable(definition: Definition, outcomes: Mapping[str, bool]) -> frozenset[str]:
    """Return the steps that will not run: on the other side of a condition, or behind such a step.

    `outcomes` are those of the Condition steps that have been evaluated.
    """
    gone: set[str] = set()
    before = -1
    while before != len(gone):
        before = len(gone)
        gone |= {step.name for step in definition.steps if _is_shut(step, outcomes) or step.needs() & gone}
    return frozenset(gone)


def ready(
    definition: Definition, begun: frozenset[str], succeeded: frozenset[str], outcomes: Mapping[str, bool]
) -> list[Step]:
    """Return the steps that have not begun and that nothing keeps from it, in the definition's order."""
    gone = unreachable(definition, outcomes)
    return [
        step
        for step in definition.steps
        if step.name not in begun and step.name not in gone and step.needs() <= succeeded
    ]


def _is_shut(step: Step, outcomes: Mapping[str, bool]) -> bool:
    branch = step.branch
    return branch is not None and outcomes.get(branch.condition, branch.side) is not branch.side
