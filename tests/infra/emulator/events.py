"""EventBridge: rules reach functions, queues, topics and pipelines, and schedules only when they are due."""

from __future__ import annotations

import json
import sys
import traceback
import uuid
from datetime import UTC, datetime
from typing import Any

from moto.events.models import Rule, events_backends
from moto.events.utils import EventTemplateParser
from moto.sagemaker.models import sagemaker_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from emulator.functions import Functions

UNDELIVERED: list[str] = []
"""What a target refused, for whoever asks afterwards: in AWS it would be a metric and a dead-letter queue."""


def install(functions: Functions) -> None:
    """Replace how moto sends an event to the targets of a rule."""

    def send(rule: Rule, original_event: dict[str, Any], transform_input: bool = True) -> None:
        del transform_input  # moto's callers disagree on it; a target says itself what it wants
        event = {**original_event, "time": _iso(original_event["time"])}
        asks = rule.event_pattern.get_pattern()
        if rule.state == "ENABLED" and asks and rule.event_pattern.matches_event(event):
            _to_targets(rule, event, functions)

    Rule.send_to_targets = send


def publish(account: str, region: str, kind: str, resources: list[str], detail: dict[str, Any]) -> None:
    """Send an event of SageMaker to the default bus, twice, as its documentation warns.

    https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html
    """
    event = {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": kind,
        "source": "aws.sagemaker",
        "account": account,
        "time": datetime.now(UTC).timestamp(),
        "region": region,
        "resources": resources,
        "detail": detail,
    }
    for _ in range(2):
        for rule in list(events_backends[account][region].event_buses["default"].rules.values()):
            rule.send_to_targets(event)


def tick(account: str, region: str, functions: Functions) -> int:
    """Let every schedule be due once; return how many there are."""
    rules = events_backends[account][region].event_buses["default"].rules.values()
    due = [rule for rule in rules if rule.scheduled_expression and rule.state == "ENABLED"]
    for rule in due:
        event = {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": account,
            "time": _iso(datetime.now(UTC).timestamp()),
            "region": region,
            "resources": [rule.arn],
            "detail": {},
        }
        _to_targets(rule, event, functions)
    return len(due)


def _to_targets(rule: Rule, event: dict[str, Any], functions: Functions) -> None:
    for target in rule.targets:
        try:
            _to_target(rule, target, event, functions)
        except Exception as error:  # noqa: BLE001 - whoever caused the event must not see what a target refuses
            traceback.print_exc(file=sys.stderr)
            UNDELIVERED.append(f"{rule.name} -> {target['Arn']}: {error}")


def _to_target(rule: Rule, target: dict[str, Any], event: dict[str, Any], functions: Functions) -> None:
    arn, account, region = target["Arn"], rule.account_id, rule.region_name
    service, name, payload = arn.split(":")[2], arn.split(":")[-1], _input(target, event)
    if service == "lambda":
        functions.invoke_later(account, region, arn, payload)
    elif service == "sqs":
        group = target.get("SqsParameters", {}).get("MessageGroupId")
        sqs_backends[account][region].send_message(queue_name=name, message_body=payload, group_id=group)
    elif service == "sns":
        sns_backends[account][region].publish(message=payload, arn=arn)
    elif service == "sagemaker":
        _start_pipeline(account, region, name.removeprefix("pipeline/"), target, event)
    else:
        raise NotImplementedError(f"a target of {service}")


def _input(target: dict[str, Any], event: dict[str, Any]) -> str:
    """Return what the target receives: the event, a constant, or what the target makes of the event."""
    if "Input" in target:
        return str(target["Input"])
    if "InputPath" in target:
        return json.dumps(_at(event, target["InputPath"]))
    if "InputTransformer" in target:
        told = target["InputTransformer"]
        now = {**event, "ingestion-time": event["time"]}
        return json.dumps(
            EventTemplateParser.parse(told["InputTemplate"], told.get("InputPathsMap", {}), now)
        )
    return json.dumps(event)


def _start_pipeline(
    account: str, region: str, name: str, target: dict[str, Any], event: dict[str, Any]
) -> None:
    said = target.get("SageMakerPipelineParameters", {}).get("PipelineParameterList", [])
    values = [
        {
            "Name": one["Name"],
            "Value": str(_at(event, one["Value"]) if one["Value"][0] == "$" else one["Value"]),
        }
        for one in said
    ]
    sagemaker_backends[account][region].start_pipeline_execution(name, "", values, "", {}, str(uuid.uuid4()))


def _at(event: dict[str, Any], path: str) -> Any:
    found: Any = event
    for key in path.removeprefix("$").removeprefix(".").split("."):
        found = found[key] if key else found
    return found


def _iso(time: Any) -> str:
    if isinstance(time, str):
        return time
    return datetime.fromtimestamp(float(time), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
