"""The values of a run's parameters: what was given, typed, and the defaults of the rest."""

from __future__ import annotations

import math
from collections.abc import Mapping

from config.errors import Problem, did_you_mean
from pipelines.local.definition import Definition, Parameter
from pipelines.local.errors import DefinitionError

Value = str | int | float | bool
_EXPECTED = {"Integer": "a whole number", "Float": "a number", "Boolean": "true or false", "String": "text"}


def resolve(definition: Definition, given: Mapping[str, str]) -> dict[str, Value]:
    """Return the value of every parameter of `definition`.

    Raises:
        DefinitionError: a name is unknown, a value does not fit its type, or one without default is missing.
    """
    known = {one.name: one for one in definition.parameters}
    for name in given:
        if name not in known:
            remedy = did_you_mean(name, known) if known else "Give none."
            raise _wrong(f"the parameter {name!r}", "one that the pipeline has", remedy)
    return {name: _typed(one, given[name]) if name in given else _default(one) for name, one in known.items()}


def _default(parameter: Parameter) -> Value:
    if parameter.default_value is None:
        raise _wrong(f"no value for the parameter {parameter.name!r}", "one: it has no default", "Give it.")
    return parameter.default_value


def _typed(parameter: Parameter, text: str) -> Value:
    value = _parsed(parameter, text)
    allowed = parameter.enum_values
    if value is None or (allowed is not None and value not in allowed):
        expected = (
            _EXPECTED[parameter.type] if value is None else f"one of {', '.join(map(str, allowed or ()))}"
        )
        raise _wrong(f"{parameter.name} = {text!r}", expected, "Give such a value.")
    return value


def _parsed(parameter: Parameter, text: str) -> Value | None:
    """Return `text` as a value of the parameter's type, None if it is none."""
    if parameter.type == "String":
        return text or None
    if parameter.type == "Boolean":
        return {"true": True, "false": False}.get(text.lower())
    try:
        number = int(text) if parameter.type == "Integer" else float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _wrong(found: str, expected: str, remedy: str) -> DefinitionError:
    return DefinitionError(Problem("pipeline.parameter", found, expected, remedy))
