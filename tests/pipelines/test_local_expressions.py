"""What expressions are worth and which conditions hold, in the definition's own JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from local_pipelines import at_most, from_json, get, join, output_of

from pipelines.local.conditions import hold
from pipelines.local.errors import StepError
from pipelines.local.expressions import Scope, dig, evaluate, references

FILE = {"metrics": {"cer": 0.05, "list": [{"f1": 1}], "none": None}, "a-b": "text"}
RESULTS = {
    "Prepare": {
        "ProcessingOutputConfig": {"Outputs": [{"OutputName": "train", "S3Output": {"S3Uri": "s3://b/t"}}]}
    },
    "Train": {"ModelArtifacts": {"S3ModelArtifacts": "s3://b/m"}, "Tags": None},
}


def read(uri: str) -> bytes:
    if uri == "s3://b/broken":
        return b"{"
    if uri != "s3://b/file":
        raise StepError(f"{uri} cannot be read")
    return json.dumps(FILE).encode()


SCOPE = Scope(
    parameters={"S": "text", "I": 3, "F": 0.5, "B": True},
    execution={"PipelineExecutionId": "run-1"},
    results=RESULTS,
    property_files={"Eval": {"File": "s3://b/file", "Broken": "s3://b/broken", "Gone": "s3://b/gone"}},
    read=read,
)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (get("Parameters.I"), 3),
        (get("Execution.PipelineExecutionId"), "run-1"),
        (output_of("Prepare", "train"), "s3://b/t"),
        (get("Steps.Prepare.ProcessingOutputConfig.Outputs[0].OutputName"), "train"),
        (get("Steps.Train.ModelArtifacts.S3ModelArtifacts"), "s3://b/m"),
        (join(get("Parameters.S"), 1, get("Parameters.F"), join("x", "y")), "text/1/0.5/x/y"),
        (from_json("Eval", "File", "metrics.cer"), 0.05),
        (from_json("Eval", "File", "metrics['list'][0].f1"), 1),
        (from_json("Eval", "File", '["a-b"]'), "text"),
        ({"Std:JsonGet": {"S3Uri": join("s3:/", "b", "file"), "Path": "a-b"}}, "text"),
        ({"a": [get("Parameters.B"), {"b": "Get"}], "c": None}, {"a": [True, {"b": "Get"}], "c": None}),
    ],
)
def test_values(expression: Any, expected: Any) -> None:
    assert evaluate(expression, SCOPE) == expected


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        (get("Steps.Train.ModelArtifacts.Nope"), "Steps.Train.ModelArtifacts.Nope is undefined"),
        (get("Steps.Train.Tags"), "is undefined"),
        (output_of("Prepare", "nope"), "is undefined"),
        (from_json("Eval", "File", "metrics.nope"), "has nothing at 'metrics.nope'"),
        (from_json("Eval", "File", "metrics.list[5]"), "has nothing at"),
        (from_json("Eval", "File", "metrics.cer.value"), "has nothing at"),
        (from_json("Eval", "File", "metrics..cer"), "has nothing at"),
        (from_json("Eval", "File", "metrics.none"), "has null at"),
        (from_json("Eval", "Broken", "x"), "s3://b/broken is not JSON"),
        (from_json("Eval", "Gone", "x"), "s3://b/gone cannot be read"),
    ],
)
def test_what_is_not_there_is_named(expression: Any, said: str) -> None:
    with pytest.raises(StepError) as failed:
        evaluate(expression, SCOPE)
    assert said in str(failed.value)


def compare(kind: str, left: object, right: object) -> dict[str, Any]:
    return {"Type": kind, "LeftValue": left, "RightValue": right}


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ([compare("Equals", get("Parameters.S"), "text")], True),
        ([compare("Equals", get("Parameters.B"), False)], False),
        ([compare("GreaterThan", 2, 2)], False),
        ([compare("GreaterThan", "b", "a")], True),
        ([compare("GreaterThanOrEqualTo", 2, 2.0)], True),
        ([compare("LessThan", get("Parameters.F"), 1)], True),
        ([at_most(from_json("Eval", "File", "metrics.cer"), 0.05)], True),
        ([at_most(1, 1), at_most(2, 1)], False),
        ([{"Type": "Not", "Condition": at_most(2, 1)}], True),
        ([{"Type": "Or", "Conditions": [at_most(2, 1), at_most(1, 1)]}], True),
        ([{"Type": "Or", "Conditions": [at_most(2, 1), at_most(3, 1)]}], False),
        ([{"Type": "In", "QueryValue": get("Parameters.I"), "Values": [1, get("Parameters.I")]}], True),
        ([{"Type": "In", "QueryValue": 1, "Values": [True, "1"]}], False),
    ],
)
def test_conditions(conditions: list[Any], expected: bool) -> None:
    assert hold(conditions, SCOPE) is expected


@pytest.mark.parametrize(
    ("kind", "left", "right"),
    [
        ("Equals", 1, "1"),
        ("Equals", 1, 1.0),
        ("Equals", True, 1),
        ("LessThan", "a", 1),
        ("LessThan", True, 2),
    ],
)
def test_values_of_two_types_are_not_compared(kind: str, left: object, right: object) -> None:
    with pytest.raises(StepError, match="not of one type"):
        hold([compare(kind, left, right)], SCOPE)


def test_the_first_condition_that_fails_ends_it() -> None:
    assert not hold([at_most(2, 1), at_most(get("Steps.Train.Nope"), 1)], SCOPE)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text().filter(lambda key: key != "Get"), inner),
    max_leaves=8,
)


@given(JSON)
def test_plain_json_is_worth_itself(value: Any) -> None:
    plain = json.loads(json.dumps(value).replace("Std:", ""))
    assert evaluate(plain, SCOPE) == plain
    assert list(references(plain)) == []


@given(st.dictionaries(st.from_regex(r"[A-Za-z0-9_-]{1,8}", fullmatch=True), st.integers(), min_size=1))
def test_every_entry_can_be_had_by_its_path(values: dict[str, int]) -> None:
    for key, value in values.items():
        assert dig({"x": [values]}, f"x[0].{key}") == value
        assert dig({"x": [values]}, f"x[0]['{key}']") == value
