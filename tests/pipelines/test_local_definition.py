"""What the local engine makes of a definition and of parameters, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from local_pipelines import (
    at_most,
    condition,
    definition,
    from_json,
    get,
    output_of,
    processing,
    training,
)

from pipelines.local.definition import parse
from pipelines.local.errors import DefinitionError
from pipelines.local.graph import check_order, ready, unreachable
from pipelines.local.parameters import resolve
from pipelines.local.retries import RetryPolicy, delay_s

FAIL = {"Name": "Bad", "Type": "Fail", "Arguments": {"ErrorMessage": "no"}}


def test_what_is_written_is_understood() -> None:
    parsed = parse(
        definition(
            processing("A", outputs=["o"], CacheConfig={"Enabled": True, "ExpireAfter": "30dT5h"}),
            training(
                "B",
                channels={"c": output_of("A", "o")},
                RetryPolicies=[{"ExceptionType": ["X"], "BackoffRate": 3.0, "ExpireAfterMin": 2}],
            ),
            condition("C", at_most(1, 2), then=[processing("D", DependsOn=["B"])], otherwise=[FAIL]),
        )
    )
    needs = {step.name: set(step.needs()) for step in parsed.steps}
    assert needs == {"A": set(), "B": {"A"}, "C": set(), "D": {"B", "C"}, "Bad": {"C"}}
    assert parsed.step("A").cached_for == timedelta(days=30, hours=5)
    assert parsed.step("B").retries == (RetryPolicy(("X",), 1.0, 3.0, None, 120.0),)


@pytest.mark.parametrize(
    ("expire", "days"), [("P1Y2M", 425), ("p2w", 14), ("T36H", 1.5), ("P1DT12H0M", 1.5), ("5y", 1825)]
)
def test_durations(expire: str, days: float) -> None:
    step = processing("A", CacheConfig={"Enabled": True, "ExpireAfter": expire})
    assert parse(definition(step)).step("A").cached_for == timedelta(days=days)


def without(key: str) -> dict[str, Any]:
    return {name: value for name, value in processing("A").items() if name != key}


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([{**processing("A"), "Type": "Lambda"}], "steps.0.type"),
        ([processing("A", Elastic=1)], "Elastic"),
        ([without("Arguments")], "Arguments"),
        ([processing("A/B")], "steps.0.name"),
        ([processing("A"), processing("A")], "two steps of the name 'A'"),
        ([processing("A", get("Parameters.Nope"))], "'Parameters.Nope'"),
        ([processing("A", get("Execution.Nope"))], "'Execution.Nope'"),
        ([processing("A", output_of("Nope", "o"))], "Steps.Nope"),
        ([processing("A"), processing("B", from_json("A", "Nope", "x"))], "PropertyFiles.Nope"),
        ([processing("A", {"Std:Split": 1})], "'Std:Split'"),
        ([processing("A", DependsOn=["Nope"])], "DependsOn 'Nope'"),
        ([processing("A", DependsOn=[{"Step": "B", "Trigger": "Failed"}])], "DependsOn.0 = {'Step'"),
        ([processing("A", CacheConfig={"Enabled": True, "ExpireAfter": "soon"})], "'soon'"),
        ([processing("A", CacheConfig={"Enabled": True})], "ExpireAfter ''"),
        ([{**FAIL, "CacheConfig": {"Enabled": True, "ExpireAfter": "P1D"}}], "CacheConfig"),
        ([condition("C", {"Type": "Like", "LeftValue": 1, "RightValue": 1})], "'Like'"),
        ([condition("C", {"Type": "Not", "Expression": at_most(1, 2)})], "Not with Expression"),
        ([condition("C", {"Type": "Or", "Conditions": []})], "no list of conditions"),
    ],
)
def test_what_the_engine_does_not_know_is_named(steps: list[Any], said: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        parse(definition(*steps))
    assert said.lower() in str(refused.value).lower()


@pytest.mark.parametrize(
    "change",
    [lambda d: d.update(Version="2021-01-01"), lambda d: d.update(Triggers=[]), lambda d: d.pop("Steps")],
)
def test_a_document_of_another_kind(change: Callable[[dict[str, Any]], object]) -> None:
    document = json.loads(definition(processing("A")))
    change(document)
    with pytest.raises(DefinitionError):
        parse(json.dumps(document).encode())


def test_not_json() -> None:
    with pytest.raises(DefinitionError, match="invalid json"):
        parse(b"{")


def test_steps_that_wait_for_one_another() -> None:
    circle = [processing("A", DependsOn=["B"]), processing("B", DependsOn=["A"])]
    with pytest.raises(DefinitionError, match=r"A → B|B → A"):
        check_order(parse(definition(*circle)))


def test_what_the_sdk_writes_is_understood() -> None:
    golden = list((Path(__file__).parent / "golden").glob("*.json"))
    assert golden
    for path in golden:
        check_order(parse(path.read_bytes()))


def test_steps_behind_the_other_side_never_run() -> None:
    parsed = parse(
        definition(
            processing("A"),
            condition("C", at_most(1, 2), then=[processing("Yes")], otherwise=[processing("No")]),
            processing("AfterNo", DependsOn=["No"]),
            processing("AfterBoth", DependsOn=["AfterNo", "Yes"]),
        )
    )
    names = [step.name for step in ready(parsed, frozenset(), frozenset(), {})]
    assert names == ["A", "C"]
    assert unreachable(parsed, {"C": True}) == {"No", "AfterNo", "AfterBoth"}
    names = [step.name for step in ready(parsed, frozenset("AC"), frozenset("AC"), {"C": False})]
    assert names == ["No"]


def test_parameters() -> None:
    parsed = parse(definition(Text="a", Whole=1, Share=0.5, Flag=True, Needed=None))
    assert resolve(parsed, {"Needed": "x", "Whole": "7", "Share": "1", "Flag": "FALSE"}) == {
        "Text": "a",
        "Whole": 7,
        "Share": 1.0,
        "Flag": False,
        "Needed": "x",
    }


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"Wohle": "1"}, "Did you mean 'Whole'"),
        ({"Whole": "1.5"}, "expected a whole number"),
        ({"Share": "nan"}, "expected a number"),
        ({"Flag": "yes"}, "expected true or false"),
        ({"Text": ""}, "expected text"),
        ({"Text": "z", "Needed": "x"}, "one of a, b"),
        ({}, "no value for the parameter 'Needed'"),
    ],
)
def test_parameters_that_do_not_fit(given: dict[str, str], said: str) -> None:
    document = json.loads(definition(Text="a", Whole=1, Share=0.5, Flag=True, Needed=None))
    document["Parameters"][0]["EnumValues"] = ["a", "b"]
    with pytest.raises(DefinitionError) as refused:
        resolve(parse(json.dumps(document).encode()), given)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("policy", "retries", "elapsed_s", "expected_s"),
    [
        (RetryPolicy(("X",), 2.0, 3.0, 3), 0, 0.0, 2.0),
        (RetryPolicy(("X",), 2.0, 3.0, 3), 2, 99.0, 18.0),
        (RetryPolicy(("X",), 2.0, 3.0, 3), 3, 0.0, None),
        (RetryPolicy(("Y",), 2.0, 3.0, 3), 0, 0.0, None),
        (RetryPolicy(("X",), 2.0, 1.0, None, 60.0), 50, 58.0, 2.0),
        (RetryPolicy(("X",), 2.0, 1.0, None, 60.0), 0, 58.5, None),
    ],
)
def test_when_to_try_again(
    policy: RetryPolicy, retries: int, elapsed_s: float, expected_s: float | None
) -> None:
    others = RetryPolicy(("Z",), 9.0)
    assert delay_s([others, policy], "X", retries, elapsed_s) == expected_s
    assert delay_s([others, policy], None, retries, elapsed_s) is None
