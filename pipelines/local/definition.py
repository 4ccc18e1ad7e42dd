"""Reads a SageMaker pipeline's definition (JSON, version 2020-12-01) and refuses what this engine cannot run.

Source: https://aws-sagemaker-mlops.github.io/sagemaker-model-building-pipeline-definition-JSON-schema/ and
what the SageMaker Python SDK 3.27 writes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_pascal

from config.errors import Problem
from pipelines.local.conditions import flaws
from pipelines.local.errors import DefinitionError
from pipelines.local.expressions import references, step_of, unknown_functions
from pipelines.local.retries import RetryPolicy

VERSION = "2020-12-01"
StepType = Literal["Processing", "Training", "Condition", "RegisterModel", "Lineage", "Fail"]
ParameterType = Literal["String", "Integer", "Float", "Boolean"]
EXECUTION_VARIABLES = (
    "PipelineName",
    "PipelineArn",
    "PipelineExecutionId",
    "PipelineExecutionArn",
    "StartDateTime",
    "CurrentDateTime",
    "TrainingJobName",
    "ProcessingJobName",
)
_SHOWN = 60
_STEP_NAME = r"^[A-Za-z0-9_-]{1,64}$"
_UNITS = ("Y", 365), ("M", 30), ("W", 7), ("D", 1)
_DURATION = re.compile(
    "P?" + "".join(rf"(?:(\d+){unit})?" for unit, _ in _UNITS) + r"(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?",
    re.IGNORECASE,
)


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_pascal)


class Parameter(_Wire):
    """What a run may be started with."""

    name: str
    type: ParameterType
    default_value: str | int | float | bool | None = None
    enum_values: tuple[str | int | float | bool, ...] | None = None


class PropertyFile(_Wire):
    """A JSON file in a processing step's output that later steps may read values from."""

    property_file_name: str
    output_name: str
    file_path: str


class _Cache(_Wire):
    enabled: bool
    expire_after: str | None = None


class _Retry(_Wire):
    exception_type: tuple[str, ...]
    interval_seconds: float = Field(1, ge=0, le=43_200)
    backoff_rate: float = Field(2.0, ge=1)
    max_attempts: int | None = Field(None, ge=1, le=20)
    expire_after_min: int | None = Field(None, ge=1, le=14_400)


class _Step(_Wire):
    name: str = Field(pattern=_STEP_NAME)
    type: StepType
    arguments: dict[str, Any]
    display_name: str | None = None
    description: str | None = None
    depends_on: tuple[str, ...] = ()
    cache_config: _Cache | None = None
    retry_policies: tuple[_Retry, ...] = ()
    property_files: tuple[PropertyFile, ...] = ()


class _Branches(_Wire):
    conditions: list[dict[str, Any]]
    if_steps: tuple[_Step, ...]
    else_steps: tuple[_Step, ...]


class _Pipeline(_Wire):
    version: str
    metadata: dict[str, Any] | None = None
    parameters: tuple[Parameter, ...] = ()
    pipeline_experiment_config: Any = None
    mlflow_config: Any = None
    steps: tuple[_Step, ...]


@dataclass(frozen=True, slots=True)
class Branch:
    """The side of a Condition step that a step is on: it runs only if the outcome is `side`."""

    condition: str
    side: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One step; a Condition step's `arguments` hold its conditions alone, its branches are steps too."""

    name: str
    type: StepType
    arguments: Mapping[str, Any]
    depends_on: tuple[str, ...]
    branch: Branch | None
    cached_for: timedelta | None
    """How old a result may be to be taken again; None: it never is."""
    retries: tuple[RetryPolicy, ...]
    property_files: tuple[PropertyFile, ...]

    def needs(self) -> frozenset[str]:
        """Return the steps that must have succeeded before this one."""
        own = {step for one in references(self.arguments) if (step := step_of(one)) is not None}
        return frozenset(own.union(self.depends_on, [self.branch.condition] if self.branch else []))


@dataclass(frozen=True, slots=True)
class Definition:
    """A pipeline: its parameters, and all its steps in the order in which they were written."""

    parameters: tuple[Parameter, ...]
    steps: tuple[Step, ...]

    def step(self, name: str) -> Step:
        """Return the step of this name."""
        return next(one for one in self.steps if one.name == name)


def parse(definition: bytes) -> Definition:
    """Return a pipeline's definition.

    Raises:
        DefinitionError: it is not one, or this engine does not know something in it.
    """
    try:
        pipeline = _Pipeline.model_validate_json(definition)
        if pipeline.version != VERSION:
            raise refused(f"Version {pipeline.version!r}", repr(VERSION))
        parsed = Definition(pipeline.parameters, tuple(_flat(pipeline.steps, None)))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the definition"
        given = repr(first["input"])
        given = given if len(given) <= _SHOWN else f"{given[:_SHOWN]}…"
        found = f"{place} = {given} ({first['msg'].lower()})"
        raise refused(found, "what the local engine knows") from error
    _check_names([one.name for one in parsed.parameters], "parameters")
    _check_names([one.name for one in parsed.steps], "steps")
    for step in parsed.steps:
        _check(step, parsed)
    return parsed


def refused(found: str, expected: str, remedy: str = "Mend the definition.") -> DefinitionError:
    """Return the error that says what is wrong with a definition."""
    return DefinitionError(Problem("pipeline.definition", found, expected, remedy))


def _flat(steps: Sequence[_Step], branch: Branch | None) -> Iterator[Step]:
    """Yield `steps`, and after each condition the steps of its branches."""
    for one in steps:
        branches = _Branches.model_validate(one.arguments) if one.type == "Condition" else None
        yield Step(
            name=one.name,
            type=one.type,
            arguments=one.arguments if branches is None else {"Conditions": branches.conditions},
            depends_on=one.depends_on,
            branch=branch,
            cached_for=_cached_for(one),
            retries=tuple(_policy(policy) for policy in one.retry_policies),
            property_files=one.property_files,
        )
        if branches is not None:
            yield from _flat(branches.if_steps, Branch(one.name, side=True))
            yield from _flat(branches.else_steps, Branch(one.name, side=False))


def _cached_for(step: _Step) -> timedelta | None:
    if step.cache_config is None or not step.cache_config.enabled:
        return None
    if step.type not in ("Processing", "Training"):
        raise refused(f"step {step.name}: a CacheConfig", "one on Processing and Training steps only")
    text = step.cache_config.expire_after or ""
    match = _DURATION.fullmatch(text)
    if match is None or not any(match.groups()):
        raise refused(f"step {step.name}: ExpireAfter {text!r}", "an ISO 8601 duration such as 'P30D'")
    *days, hours, minutes, seconds = (int(one or 0) for one in match.groups())
    in_days = sum(number * unit for number, (_, unit) in zip(days, _UNITS, strict=True))
    return timedelta(days=in_days, hours=hours, minutes=minutes, seconds=seconds)


def _policy(policy: _Retry) -> RetryPolicy:
    limited = policy.max_attempts is not None or policy.expire_after_min is not None
    return RetryPolicy(
        kinds=policy.exception_type,
        interval_s=policy.interval_seconds,
        backoff_rate=policy.backoff_rate,
        max_attempts=policy.max_attempts if limited else 5,
        expire_after_s=None if policy.expire_after_min is None else policy.expire_after_min * 60.0,
    )


def _check_names(names: Sequence[str], kind: str) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise refused(f"two {kind} of the name {twice[0]!r}", "every name once")


def _check(step: Step, definition: Definition) -> None:
    """Refuse a step that refers to what is not there, or says what the engine does not understand."""
    where = f"step {step.name}"
    for function in unknown_functions(step.arguments):
        raise refused(f"{where}: the function {function!r}", "Get, Std:Join or Std:JsonGet")
    if step.type == "Condition":
        for flaw in flaws(step.arguments["Conditions"]):
            raise refused(f"{where}: {flaw}", "the conditions that SageMaker documents")
    steps = {one.name for one in definition.steps}
    for name in step.depends_on:
        if name not in steps:
            raise refused(f"{where}: DependsOn {name!r}", "the name of a step")
    for reference in references(step.arguments):
        if not _resolves(reference, definition):
            raise refused(f"{where}: {reference!r}", "a reference to something that is there")


def _resolves(reference: str, definition: Definition) -> bool:
    root, _, rest = reference.partition(".")
    if root == "Parameters":
        return any(one.name == rest for one in definition.parameters)
    if root == "Execution":
        return rest in EXECUTION_VARIABLES
    name = step_of(reference)
    step = next((one for one in definition.steps if one.name == name), None)
    if step is None:
        return False
    file = rest.removeprefix(f"{name}.PropertyFiles.")
    return file == rest or any(one.property_file_name == file for one in step.property_files)
