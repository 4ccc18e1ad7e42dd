"""What an expression in a definition is worth: parameters, properties of earlier steps, Join, JsonGet.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-properties.html and the SDK's
`sagemaker.core.workflow.functions`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.local.errors import StepError

_FUNCTIONS = ("Get", "Std:Join", "Std:JsonGet")
_TOKEN = re.compile(r"\.?([A-Za-z0-9_-]+)|\[(?:'([^']*)'|\"([^\"]*)\"|(\d+))\]")
_NAMED_BY = ("OutputName", "InputName", "ChannelName")


@dataclass(frozen=True, slots=True)
class Scope:
    """What expressions may refer to while one step is evaluated."""

    parameters: Mapping[str, str | int | float | bool]
    execution: Mapping[str, str]
    results: Mapping[str, Mapping[str, Any]]
    """What finished steps gave: the answer of the job's Describe call."""
    property_files: Mapping[str, Mapping[str, str]]
    """The URI of a finished step's property files: step → name of the file → URI."""
    read: Callable[[str], bytes]
    """Returns what lies at a URI; raises StepError."""


def function_of(value: object) -> str | None:
    """Return the name of the function that `value` calls (``Get``, ``Std:Join``…), None if it is plain."""
    if isinstance(value, Mapping) and len(value) == 1:
        (name,) = value
        if name == "Get" or str(name).startswith("Std:"):
            return str(name)
    return None


def unknown_functions(value: object) -> Iterator[str]:
    """Yield the functions in `value` that this engine does not know."""
    name = function_of(value)
    if name is not None and name not in _FUNCTIONS:
        yield name
    for one in _inside(value):
        yield from unknown_functions(one)


def references(value: object) -> Iterator[str]:
    """Yield whatever `value` gets: ``Parameters.X``, ``Execution.X``, ``Steps.X.path``."""
    if isinstance(value, Mapping) and function_of(value) == "Get":
        yield str(value["Get"])
        return
    for one in _inside(value):
        yield from references(one)


def step_of(reference: str) -> str | None:
    """Return the step that a reference is to, None if it is to none."""
    root, _, rest = reference.partition(".")
    return re.split(r"[.\[]", rest, maxsplit=1)[0] if root == "Steps" else None


def evaluate(value: Any, scope: Scope) -> Any:
    """Return `value` (JSON) with every expression in it replaced by what it is worth.

    Raises:
        StepError: something it refers to is not there.
    """
    match function_of(value):
        case "Get":
            return _get(value["Get"], scope)
        case "Std:Join":
            return _join(value["Std:Join"], scope)
        case "Std:JsonGet":
            return _json_get(value["Std:JsonGet"], scope)
    if isinstance(value, Mapping):
        return {name: evaluate(one, scope) for name, one in value.items()}
    if isinstance(value, list):
        return [evaluate(one, scope) for one in value]
    return value


def dig(value: Any, path: str) -> Any:
    """Return what lies at `path` (``a.b['c'][0]``) in a JSON value.

    An entry of a list of named things (outputs, inputs, channels) can be had by its name.

    Raises:
        LookupError: nothing does.
    """
    at = 0
    while at < len(path):
        token = _TOKEN.match(path, at)
        if token is None:
            raise LookupError(path)
        at = token.end()
        value = _entry(value, next(one for one in token.groups() if one is not None))
    return value


def _entry(value: Any, key: str) -> Any:
    if isinstance(value, list):
        if key.isdigit():
            return value[int(key)]
        named = (one for one in value if isinstance(one, Mapping))
        found = next((one for one in named if key in (one.get(name) for name in _NAMED_BY)), None)
        if found is None:
            raise LookupError(key)
        return found
    if isinstance(value, Mapping):
        return value[key]
    raise LookupError(key)


def _inside(value: object) -> Iterator[object]:
    if isinstance(value, Mapping):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _get(reference: str, scope: Scope) -> Any:
    root, _, rest = reference.partition(".")
    step = step_of(reference)
    try:
        if step is not None:
            found = dig(scope.results[step], rest[len(step) :])
        else:
            found = (scope.parameters if root == "Parameters" else scope.execution)[rest]
    except LookupError as error:
        raise StepError(f"{reference} is undefined.") from error
    if found is None:
        raise StepError(f"{reference} is undefined.")
    return found


def _join(join: Mapping[str, Any], scope: Scope) -> str:
    return str(join["On"]).join(str(evaluate(one, scope)) for one in join["Values"])


def _json_get(get: Mapping[str, Any], scope: Scope) -> Any:
    uri = _property_file(get["PropertyFile"]["Get"], scope) if "PropertyFile" in get else None
    uri = evaluate(get["S3Uri"], scope) if uri is None else uri
    try:
        content = json.loads(scope.read(uri))
    except ValueError as error:
        raise StepError(f"{uri} is not JSON ({error}).") from error
    try:
        found = dig(content, get["Path"])
    except LookupError as error:
        raise StepError(f"{uri} has nothing at {get['Path']!r}.") from error
    if found is None:
        raise StepError(f"{uri} has null at {get['Path']!r}.")
    return found


def _property_file(reference: str, scope: Scope) -> str:
    _, step, _, name = reference.split(".", 3)
    try:
        return scope.property_files[step][name]
    except LookupError as error:
        raise StepError(f"{reference} is undefined.") from error
