"""What AWS says when something happens, in its own words, reaches the queue that it is for, and only that."""

from __future__ import annotations

import json
from typing import Any

import pytest
from documented import arrival, run_end
from moto.events.models import EventPattern

from config.environment import load_environment
from infra.functions.on_labels.messages import families_of
from pipelines.place import Place

PLACE = Place(load_environment("prod"), "123456789012")
BUCKET = PLACE.bucket("snapshots")
PIPELINES = {PLACE.name(family): family for family in PLACE.environment.families}


def execution(family: str) -> str:
    return (
        f"arn:aws:sagemaker:eu-central-1:{PLACE.account}:pipeline/{PLACE.name(family)}/execution/p4jn9xou8a8s"
    )


@pytest.fixture
def rules(templates: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The rules of the stack by the beginning of their names."""
    resources = templates["glyphline-prod-pipelines"]["Resources"]
    found = {name: one["Properties"] for name, one in resources.items() if one["Type"] == "AWS::Events::Rule"}
    assert len(found) == 3
    return {name[:-8]: rule for name, rule in found.items()}  # without CDK's digest


def heard(rule: dict[str, Any], event: dict[str, Any]) -> bool:
    return bool(EventPattern.load(json.dumps(rule["EventPattern"])).matches_event(event))


@pytest.mark.parametrize(
    ("bucket", "key", "expected"),
    [
        (BUCKET, "pid-rec/snapshot.json", True),
        (BUCKET, "thai-rec/snapshot.json", True),
        (BUCKET, "pid-rec/manifest.jsonl", False),  # the snapshot is not complete yet
        (BUCKET, "pid-rec/history/snapshot.json", False),
        (BUCKET, "somewhere/snapshot.json", False),
        ("another-bucket", "pid-rec/snapshot.json", False),
    ],
)
def test_only_a_snapshot_that_is_complete_is_heard(
    rules: dict[str, dict[str, Any]], bucket: str, key: str, expected: bool
) -> None:
    event = arrival(bucket, key)
    assert heard(rules["Arrived"], event) is expected
    if expected:
        assert families_of(json.dumps(event), PIPELINES) == (key.partition("/")[0],)


@pytest.mark.parametrize(
    ("status", "expected"),
    [("Succeeded", True), ("Failed", True), ("Stopped", True), ("Executing", False), ("Stopping", False)],
)
def test_only_the_end_of_a_run_is_heard(
    rules: dict[str, dict[str, Any]], status: str, expected: bool
) -> None:
    event = run_end(execution("pid-rec"), status)
    assert heard(rules["Ended"], event) is expected
    if expected:
        assert families_of(json.dumps(event), PIPELINES) == ("pid-rec",)


def test_other_pipelines_of_the_account_are_not_heard(rules: dict[str, dict[str, Any]]) -> None:
    assert not heard(
        rules["Ended"], run_end(execution("pid-rec").replace("glyphline-prod", "other"), "Failed")
    )


def test_every_event_that_cannot_be_delivered_is_kept(rules: dict[str, dict[str, Any]]) -> None:
    for rule in rules.values():
        for target in rule["Targets"]:
            assert "Dead" in target["DeadLetterConfig"]["Arn"]["Fn::GetAtt"][0]
    assert len(rules["Ended"]["Targets"]) == 2  # who starts what waits, and who tells people
    assert rules["Hourly"]["ScheduleExpression"] == "rate(1 hour)"
