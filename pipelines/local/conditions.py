"""Whether the conditions of a Condition step hold.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-steps-types.html#step-type-condition
and the SDK's `sagemaker.core.workflow.conditions`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pipelines.local.errors import StepError
from pipelines.local.expressions import Scope, evaluate

_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "GreaterThan": operator.gt,
    "GreaterThanOrEqualTo": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqualTo": operator.le,
}
_KEYS = {
    "Equals": {"LeftValue", "RightValue"},
    **{name: {"LeftValue", "RightValue"} for name in _ORDER},
    "In": {"QueryValue", "Values"},
    "Not": {"Condition"},
    "Or": {"Conditions"},
}


def hold(conditions: Sequence[Mapping[str, Any]], scope: Scope) -> bool:
    """Return whether all of `conditions` hold; the first that does not ends it.

    Raises:
        StepError: two values cannot be compared, or one is undefined.
    """
    return all(_holds(one, scope) for one in conditions)


def flaws(conditions: object) -> Iterator[str]:
    """Yield what this engine does not understand of a step's conditions."""
    if not isinstance(conditions, list) or not conditions:
        yield "no list of conditions"
        return
    for one in conditions:
        kind = one.get("Type") if isinstance(one, Mapping) else None
        if kind not in _KEYS:
            yield f"a condition of the type {kind!r}"
        elif set(one) != _KEYS[kind] | {"Type"}:
            yield f"a condition {kind} with {', '.join(sorted(set(one) - {'Type'})) or 'nothing'}"
        elif kind in ("Not", "Or"):
            yield from flaws([one["Condition"]] if kind == "Not" else one["Conditions"])


def _holds(condition: Mapping[str, Any], scope: Scope) -> bool:
    kind = condition["Type"]
    if kind == "Not":
        return not _holds(condition["Condition"], scope)
    if kind == "Or":
        return any(_holds(one, scope) for one in condition["Conditions"])
    if kind == "In":
        value = evaluate(condition["QueryValue"], scope)
        return any(_equal(value, evaluate(one, scope)) for one in condition["Values"])
    left, right = (evaluate(condition[side], scope) for side in ("LeftValue", "RightValue"))
    if kind == "Equals":
        # as the SDK's own executor does: 1 and 1.0 are not of one type, and to say so is safer than to guess
        if type(left) is not type(right):
            raise _incomparable(kind, left, right)
        return bool(left == right)
    if not ((_number(left) and _number(right)) or (isinstance(left, str) and isinstance(right, str))):
        raise _incomparable(kind, left, right)
    return _ORDER[kind](left, right)


def _equal(left: object, right: object) -> bool:
    return (type(left) is type(right) or (_number(left) and _number(right))) and left == right


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _incomparable(kind: str, left: object, right: object) -> StepError:
    shown = " and ".join(f"{value!r} ({type(value).__name__})" for value in (left, right))
    return StepError(f"{kind} cannot compare {shown}: they are not of one type.")
