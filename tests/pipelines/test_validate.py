"""Our validator: what SageMaker would refuse, or what would fail a run later, is found before either."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.validate import validate

GOLDEN = json.loads((Path(__file__).parent / "golden" / "pid-rec-dev.json").read_bytes())
Document = dict[str, Any]


def _step(document: Document, name: str) -> Any:
    steps = [*document["Steps"]]
    gate = next(step for step in steps if step["Type"] == "Condition")["Arguments"]
    return next(step for step in [*steps, *gate["IfSteps"], *gate["ElseSteps"]] if step["Name"] == name)


def _arguments(document: Document, name: str) -> Any:
    return _step(document, name)["Arguments"]


def _set(value: Any, **changes: Any) -> None:
    value.update(changes)


FAULTS: dict[str, tuple[Callable[[Document], Any], str]] = {
    "another version": (lambda d: _set(d, Version="2019-01-01"), "definition.version"),
    "a parameter that is not there": (lambda d: d["Parameters"].pop(0), "definition.reference"),
    "a parameter that nothing uses": (
        lambda d: d["Parameters"].append({"Name": "X", "Type": "String"}),
        "definition.unused",
    ),
    "a parameter twice": (lambda d: d["Parameters"].append(d["Parameters"][0]), "definition.parameter"),
    "a default of another type": (
        lambda d: _set(d["Parameters"][4], DefaultValue="1"),
        "definition.parameter",
    ),
    "an unknown type": (lambda d: _set(d["Parameters"][0], Type="Text"), "definition.parameter"),
    "a default that is not allowed": (
        lambda d: _set(d["Parameters"][0], EnumValues=["a"]),
        "definition.parameter",
    ),
    "an output that nobody makes": (
        lambda d: _arguments(d, "Prepare")["ProcessingOutputConfig"]["Outputs"].pop(0),
        "definition.reference",
    ),
    "a property that a training has not": (
        lambda d: _set(
            _arguments(d, "Evaluate")["ProcessingInputs"][0]["S3Input"],
            S3Uri={"Get": "Steps.Train.ModelArtefacts.S3ModelArtifacts"},
        ),
        "definition.reference",
    ),
    "an execution variable that is none": (
        lambda d: _set(_arguments(d, "Evaluate")["Environment"], GLYPHLINE_RUN={"Get": "Execution.Id"}),
        "definition.reference",
    ),
    "a step that is not there": (
        lambda d: _set(_arguments(d, "Train")["HyperParameters"], snapshot={"Get": "Steps.Old.X"}),
        "definition.reference",
    ),
    "a step that may not have run": (
        lambda d: _set(_arguments(d, "Train")["HyperParameters"], snapshot={"Get": "Steps.Register.X"}),
        "definition.reference",
    ),
    "a property file that is not there": (
        lambda d: _step(d, "Evaluate")["PropertyFiles"].pop(),
        "definition.reference",
    ),
    "a property file of no output": (
        lambda d: _set(_step(d, "Evaluate")["PropertyFiles"][0], OutputName="other"),
        "definition.file",
    ),
    "a wait for nobody": (lambda d: _set(_step(d, "Train"), DependsOn=["Old"]), "definition.depends-on"),
    "a circle": (lambda d: _set(_step(d, "Examine"), DependsOn=["Train"]), "definition.cycle"),
    "a step twice": (lambda d: d["Steps"].append(copy.deepcopy(d["Steps"][0])), "definition.step-name"),
    "a step's name": (lambda d: _set(_step(d, "Fail"), Name="not allowed"), "definition.step-name"),
    "a kind of step": (lambda d: _set(_step(d, "Fail"), Type="Lambda"), "definition.step-type"),
    "an expiry": (lambda d: _set(_step(d, "Train")["CacheConfig"], ExpireAfter="30d"), "definition.cache"),
    "a number in the arguments": (
        lambda d: _arguments(d, "Prepare")["AppSpecification"]["ContainerArguments"].append(1),
        "definition.type",
    ),
    "a long argument": (
        lambda d: _arguments(d, "Prepare")["AppSpecification"]["ContainerArguments"].append("x" * 257),
        "definition.limit",
    ),
    "many hyperparameters": (
        lambda d: _set(_arguments(d, "Train")["HyperParameters"], **{f"h{i}": "1" for i in range(101)}),
        "definition.limit",
    ),
    "a place that is not in S3": (
        lambda d: _set(_arguments(d, "Prepare")["ProcessingInputs"][0]["S3Input"], S3Uri="/opt/data"),
        "definition.uri",
    ),
    "too many steps": (
        lambda d: d["Steps"].extend(_set_name(d["Steps"][0], f"Step{i}") for i in range(50)),
        "definition.steps",
    ),
}


def _set_name(step: Any, name: str) -> Any:
    return {**copy.deepcopy(step), "Name": name}


def test_the_golden_definition_has_no_problem() -> None:
    assert validate("glyphline-dev-pid-rec", json.dumps(GOLDEN).encode()) == []


@pytest.mark.parametrize(("spoil", "rule"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_found(spoil: Callable[[Document], Any], rule: str) -> None:
    document = copy.deepcopy(GOLDEN)
    spoil(document)
    assert rule in [problem.rule for problem in validate("p", json.dumps(document).encode())]


@pytest.mark.parametrize(
    ("name", "definition", "rule"),
    [
        ("a b", json.dumps(GOLDEN).encode(), "definition.name"),
        ("p", b"{", "definition.json"),
        ("p", json.dumps(GOLDEN).encode() + b" " * 1_048_576, "definition.size"),
    ],
)
def test_a_document_that_is_none(name: str, definition: bytes, rule: str) -> None:
    assert rule in [problem.rule for problem in validate(name, definition)]
