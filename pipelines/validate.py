"""What is wrong with a definition, found before SageMaker is asked: no emulator checks it.

Limits and names: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreatePipeline.html and the
pages of what its steps create; https://docs.aws.amazon.com/general/latest/gr/sagemaker.html (quotas).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from config.errors import Problem

VERSION = "2020-12-01"
_BYTES = 1_048_576
_STEPS, _PARAMETERS = 50, 200
_NAME = re.compile(r"^[A-Za-z0-9](-*[A-Za-z0-9])*$")
_LONGEST_NAME = 64
_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "String": str,
    "Integer": int,
    "Float": (int, float),
    "Boolean": bool,
}
_EXECUTION = {
    *("CurrentDateTime", "PipelineArn", "PipelineExecutionArn", "PipelineExecutionId", "PipelineName"),
    "StartDateTime",
}
_STEP_TYPES = {
    "Processing",
    "Training",
    "Condition",
    "Fail",
    "RegisterModel",
    "Lineage",
}
_LENGTHS = {
    "ContainerArguments": 256,
    "HyperParameters": 2500,
    "Environment": 1024,
    "CustomerMetadataProperties": 256,
    "ErrorMessage": 3072,
}
"""Characters of each value below the key; https://docs.aws.amazon.com/sagemaker/latest/APIReference/."""
_COUNTS = {"ContainerArguments": 100, "HyperParameters": 100, "Environment": 100}
_COUNTS |= {"CustomerMetadataProperties": 50, "InputDataConfig": 20, "ProcessingInputs": 10, "Outputs": 10}
_DURATION = re.compile(r"^P(?!$)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+S)?)?$")


def validate(name: str, definition: bytes) -> list[Problem]:
    """Return what SageMaker would refuse, or what would fail a run of the pipeline `name` later."""
    found = _Findings()
    if not _NAME.match(name) or len(name) > 256:
        found.add("name", f"the pipeline's name {name!r}", "letters, digits and hyphens, at most 256")
    if len(definition) > _BYTES:
        found.add("size", f"{len(definition):,} bytes", f"at most {_BYTES:,}")
    try:
        document = json.loads(definition)
    except ValueError as error:
        found.add("json", f"not JSON ({error})", "a pipeline definition")
        return found.problems
    if not isinstance(document, dict) or document.get("Version") != VERSION:
        found.add("version", f"not version {VERSION}", "a pipeline definition")
        return found.problems
    parameters = _parameters(document.get("Parameters", []), found)
    steps = list(_steps(document.get("Steps", [])))
    _names(steps, found)
    if len(steps) > _STEPS:
        found.add("steps", f"{len(steps)} steps", f"at most {_STEPS}")
    by_name = {step["Name"]: step for step, _ in steps}
    branches = {step["Name"]: parents for step, parents in steps}
    for step, _parents in steps:
        _step(step, by_name, branches, parameters, found)
    _order(by_name, branches, found)
    _unused(parameters, document, found)
    return found.problems


class _Findings:
    """Collects problems; every one says where in the document it is."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def add(self, rule: str, found: str, expected: str, remedy: str = "Mend the definition.") -> None:
        self.problems.append(Problem(f"definition.{rule}", found, expected, remedy))


def _steps(
    steps: Sequence[Mapping[str, Any]], above: tuple[str, ...] = ()
) -> Iterator[tuple[Any, tuple[str, ...]]]:
    """Yield each step with the names of the conditions that it stands below."""
    for step in steps:
        yield step, above
        if step.get("Type") == "Condition":
            for branch in ("IfSteps", "ElseSteps"):
                yield from _steps(step["Arguments"].get(branch, []), (*above, step["Name"]))


def _parameters(declared: Sequence[Mapping[str, Any]], found: _Findings) -> dict[str, Mapping[str, Any]]:
    parameters: dict[str, Mapping[str, Any]] = {}
    for one in declared:
        name = str(one.get("Name"))
        if name in parameters:
            found.add("parameter", f"the parameter {name!r} twice", "each name once")
        parameters[name] = one
        kind = _TYPES.get(one.get("Type", ""))
        if kind is None:
            found.add("parameter", f"{name}: the type {one.get('Type')!r}", " or ".join(_TYPES))
        elif "DefaultValue" in one and not isinstance(one["DefaultValue"], kind):
            found.add("parameter", f"{name}: the default {one['DefaultValue']!r}", f"a {one['Type']}")
        allowed = one.get("EnumValues")
        if allowed and "DefaultValue" in one and one["DefaultValue"] not in allowed:
            found.add("parameter", f"{name}: the default {one['DefaultValue']!r}", f"one of {allowed}")
    if len(parameters) > _PARAMETERS:
        found.add("parameters", f"{len(parameters)} parameters", f"at most {_PARAMETERS}")
    return parameters


def _names(steps: Sequence[tuple[Mapping[str, Any], tuple[str, ...]]], found: _Findings) -> None:
    seen: set[str] = set()
    for step, _ in steps:
        name = str(step.get("Name", ""))
        if name in seen:
            found.add("step-name", f"the step {name!r} twice", "each name once")
        seen.add(name)
        if not _NAME.match(name) or len(name) > _LONGEST_NAME:
            expected = f"letters, digits and hyphens, at most {_LONGEST_NAME}"
            found.add("step-name", f"the step name {name!r}", expected)


def _step(
    step: Mapping[str, Any],
    by_name: Mapping[str, Mapping[str, Any]],
    branches: Mapping[str, tuple[str, ...]],
    parameters: Mapping[str, Any],
    found: _Findings,
) -> None:
    name, kind = step["Name"], step.get("Type")
    if kind not in _STEP_TYPES:
        found.add("step-type", f"{name}: the type {kind!r}", f"one of {', '.join(sorted(_STEP_TYPES))}")
        return
    for reference in references(_own(step)):
        problem = _unresolved(reference, by_name, branches, branches[name], parameters)
        if problem:
            found.add("reference", f"{name}: {reference!r}: {problem}", "a reference that resolves")
    for other in depends_on(step):
        if other not in by_name:
            found.add("depends-on", f"{name} depends on {other!r}", f"a step: {', '.join(by_name)}")
    for file in step.get("PropertyFiles", []):
        outputs = [one["OutputName"] for one in step["Arguments"]["ProcessingOutputConfig"]["Outputs"]]
        if file["OutputName"] not in outputs:
            found.add("file", f"{name}: {file['FilePath']} in {file['OutputName']!r}", f"one of {outputs}")
    expiry = step.get("CacheConfig", {}).get("ExpireAfter")
    if expiry is not None and not _DURATION.match(expiry):
        found.add("cache", f"{name}: ExpireAfter {expiry!r}", "an ISO 8601 duration, such as P30D")
    for at, key, value in _entries(step["Arguments"] if kind != "Condition" else {}):
        _limit(f"{name}: {at}", key, value, found)


def _limit(at: str, key: str, value: Any, found: _Findings) -> None:
    if key in _COUNTS and len(value) > _COUNTS[key]:
        found.add("limit", f"{at}: {len(value)} entries", f"at most {_COUNTS[key]}")
    if key in _LENGTHS:
        values = value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]
        for one in values:
            if isinstance(one, str) and len(one) > _LENGTHS[key]:
                found.add("limit", f"{at}: {len(one):,} characters", f"at most {_LENGTHS[key]:,}")
            if isinstance(one, int | float | bool):
                found.add("type", f"{at}: {one!r}", "a text", "Join the parts into a text (to_string).")
    if key == "S3Uri" and isinstance(value, str) and not value.startswith("s3://"):
        found.add("uri", f"{at}: {value!r}", "s3://BUCKET/KEY")


def _entries(value: Any, at: str = "") -> Iterator[tuple[str, str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield f"{at}.{key}" if at else key, key, inner
            if key not in _LENGTHS:
                yield from _entries(inner, f"{at}.{key}" if at else key)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _entries(inner, f"{at}[{number}]")


def _own(step: Mapping[str, Any]) -> Any:
    """Return what the step itself evaluates: of a condition not what lies in its branches."""
    return step["Arguments"].get("Conditions") if step["Type"] == "Condition" else step["Arguments"]


def references(value: Any) -> list[str]:
    """Return every reference (``Parameters.X``, ``Execution.Y``, ``Steps.Z.…``) in `value`, each once."""
    return list(dict.fromkeys(_references(value)))


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if set(value) == {"Get"} and isinstance(value["Get"], str):
            yield value["Get"]
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def depends_on(step: Mapping[str, Any]) -> list[str]:
    """Return the steps that `step` says it comes after."""
    return [one["Step"] if isinstance(one, dict) else one for one in step.get("DependsOn", [])]


def _unresolved(
    reference: str,
    by_name: Mapping[str, Mapping[str, Any]],
    branches: Mapping[str, tuple[str, ...]],
    own_branches: tuple[str, ...],
    parameters: Mapping[str, Any],
) -> str | None:
    root, _, rest = reference.partition(".")
    if root == "Parameters":
        return None if rest in parameters else "no such parameter"
    if root == "Execution":
        return None if rest in _EXECUTION else "no such execution variable"
    if root != "Steps":
        return "it begins with neither Parameters nor Execution nor Steps"
    step, _, path = rest.partition(".")
    if step not in by_name:
        return "no such step"
    if not set(branches[step]) <= set(own_branches):
        return f"{step} runs only on one outcome of {branches[step][-1]}"
    return _unknown_property(by_name[step], path)


_OUTPUT = re.compile(r"^ProcessingOutputConfig\.Outputs\['([^']+)'\]\.S3Output\.S3Uri$")


def _unknown_property(step: Mapping[str, Any], path: str) -> str | None:
    """Return what is wrong with a property that our steps ask of each other."""
    if path.startswith("PropertyFiles."):
        names = [one["PropertyFileName"] for one in step.get("PropertyFiles", [])]
        return None if path.partition(".")[2] in names else f"{step['Name']} has no such property file"
    if step["Type"] == "Training":
        return None if path == "ModelArtifacts.S3ModelArtifacts" else "no property that a training has"
    if step["Type"] == "Processing":
        match = _OUTPUT.match(path)
        outputs = [one["OutputName"] for one in step["Arguments"]["ProcessingOutputConfig"]["Outputs"]]
        return None if match and match[1] in outputs else f"{step['Name']} has no such output"
    return None


def _order(
    by_name: Mapping[str, Mapping[str, Any]], branches: Mapping[str, tuple[str, ...]], found: _Findings
) -> None:
    """Find steps that wait for each other, and would never start."""
    waiting = {
        name: {
            *(one for one in depends_on(step) if one in by_name),
            *branches[name][-1:],
            *(ref.split(".")[1] for ref in references(_own(step)) if ref.startswith("Steps.")),
        }
        & set(by_name)
        for name, step in by_name.items()
    }
    while ready := [name for name, others in waiting.items() if not others]:
        for name in ready:
            del waiting[name]
        for others in waiting.values():
            others.difference_update(ready)
    if waiting:
        found.add("cycle", f"{', '.join(sorted(waiting))} wait for each other", "steps that can start")


def _unused(parameters: Mapping[str, Any], document: Mapping[str, Any], found: _Findings) -> None:
    used = {one.partition(".")[2] for one in references(document["Steps"]) if one.startswith("Parameters.")}
    for name in parameters:
        if name not in used:
            found.add("unused", f"the parameter {name!r}, which nothing asks for", "only what has an effect")
