"""The stack `serving`: which events reach the function, what it may do, what rings, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from documented import documented
from moto.events.models import EventPattern

from config.environment import Serving, load_environment
from config.errors import InputError
from infra.functions.on_approval.settings import Settings
from pipelines.place import Place

ACCOUNT = "123456789012"
EVENT = documented("sagemaker_model_package")


def _synthesised(place: Place) -> dict[str, Any]:
    """Return the resources of this stack alone, its neighbours imported."""
    import aws_cdk as cdk
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_sns as sns
    from aws_cdk.assertions import Template

    from infra.stacks.serving import ServingStack

    app = cdk.App()
    home = cdk.Stack(app, "home")
    key = kms.Key.from_key_arn(home, "Key", f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/1")
    topic = sns.Topic.from_topic_arn(home, "Topic", f"arn:aws:sns:eu-central-1:{ACCOUNT}:alerts")
    stack = ServingStack(app, place=place, key=key, topic=topic)
    return dict(Template.from_stack(stack).to_json()["Resources"])


def _place(environment: str = "prod", **changes: Any) -> Place:
    return Place(load_environment(environment).model_copy(update=changes), ACCOUNT)


@dataclass(frozen=True, slots=True)
class Resources:
    """The stack's resources by their type."""

    all: Mapping[str, Any]

    def of(self, kind: str) -> list[Any]:
        return [one["Properties"] for one in self.all.values() if one["Type"] == f"AWS::{kind}"]

    @property
    def variables(self) -> dict[str, Any]:
        return dict(self.of("Lambda::Function")[0]["Environment"]["Variables"])


@pytest.fixture(scope="module")
def prod() -> Resources:
    return Resources(_synthesised(_place()))


@pytest.fixture(scope="module")
def asynchronous() -> Resources:
    serving = Serving(kind="async", instance="ml.g5.xlarge")
    return Resources(
        _synthesised(_place(serving=serving, kms_key=f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/2"))
    )


@pytest.mark.parametrize(
    ("group", "status", "heard"),
    [
        ("glyphline-prod-pid-rec", "Approved", True),
        ("glyphline-prod-pid-rec", "Rejected", False),
        ("glyphline-prod-pid-rec", "PendingManualApproval", False),
        ("glyphline-dev-pid-rec", "Approved", False),
    ],
)
def test_only_approvals_of_ours_are_heard(prod: Resources, group: str, status: str, heard: bool) -> None:
    (rule,) = prod.of("Events::Rule")
    pattern = EventPattern.load(json.dumps(rule["EventPattern"]))
    changed = {**EVENT["detail"], "ModelPackageGroupName": group, "ModelApprovalStatus": status}
    assert pattern.matches_event({**EVENT, "detail": changed}) is heard
    assert rule["Targets"][0]["DeadLetterConfig"]


def test_the_function_understands_what_the_stack_tells_it(prod: Resources) -> None:
    told = {name: value if isinstance(value, str) else "reference" for name, value in prod.variables.items()}
    settings = Settings.of(told)
    assert settings.serving.kind == "realtime"
    assert settings.serving.instance == "ml.c5.large"
    assert settings.network is None
    assert settings.tags == {"project": "glyphline"}
    assert settings.role_arn == _place().role_arn("deployment")
    assert settings.alarms["glyphline-prod-pid-rec"] == [
        "glyphline-prod-pid-rec-errors",
        "glyphline-prod-pid-rec-latency",
    ]


def test_what_takes_a_version_back_is_there_and_rings(prod: Resources) -> None:
    alarms = {one["AlarmName"]: one for one in prod.of("CloudWatch::Alarm")}
    for names in json.loads(prod.variables["ALARMS"]).values():
        for name in names:
            assert alarms[name]["AlarmActions"]
            assert alarms[name]["TreatMissingData"] == "notBreaching"
    (latency,) = (one for name, one in alarms.items() if name == "glyphline-prod-pid-rec-latency")
    assert {"Name": "VariantName", "Value": "main"} in latency["Dimensions"]


def test_a_message_outlives_six_tries_of_the_function(prod: Resources) -> None:
    (function,) = prod.of("Lambda::Function")
    queues = [one for one in prod.of("SQS::Queue") if "RedrivePolicy" in one]
    assert [one["VisibilityTimeout"] for one in queues] == [6 * function["Timeout"]]
    (source,) = prod.of("Lambda::EventSourceMapping")
    assert source["BatchSize"] == 1


def test_only_the_role_of_deployments_is_handed_on(prod: Resources) -> None:
    statements = [one for policy in prod.of("IAM::Policy") for one in policy["PolicyDocument"]["Statement"]]
    (passed,) = (one for one in statements if one["Action"] == "iam:PassRole")
    assert passed["Resource"] == _place().role_arn("deployment")
    allowed = {one for said in statements for one in _listed(said["Action"])}
    assert not allowed & {"sagemaker:UpdateModelPackage", "sagemaker:CreateModelPackage"}
    assert "sagemaker:UpdateEndpoint" in allowed


def test_an_asynchronous_endpoint_is_taken_back_by_failures_not_by_its_backlog(
    asynchronous: Resources,
) -> None:
    taken_back = json.loads(asynchronous.variables["ALARMS"])["glyphline-prod-pid-rec"]
    assert taken_back == ["glyphline-prod-pid-rec-failures"]
    names = {one["AlarmName"] for one in asynchronous.of("CloudWatch::Alarm")}
    assert "glyphline-prod-pid-rec-backlog" in names


def test_no_key_is_given_to_an_instance_that_encrypts_by_itself(asynchronous: Resources) -> None:
    assert asynchronous.variables["DISK_KEY_ARN"] == ""
    assert asynchronous.variables["KEY_ARN"] == f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/1"


def test_a_serverless_environment_may_not_scale_anything() -> None:
    resources = Resources(_synthesised(_place("dev")))
    actions = json.dumps(resources.of("IAM::Policy"))
    assert "application-autoscaling" not in actions


def test_a_name_that_leaves_no_room_is_refused() -> None:
    place = _place(families=("a-family-whose-name-is-a-bit-too-long",))
    with pytest.raises(InputError, match=r"has 52 characters; expected at most 48\. Shorten"):
        _synthesised(place)


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
