"""The stack `serving`: which events reach the function, what it may do, what rings, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from alone import ACCOUNT, Resources, alone, place_of
from documented import documented
from families import Families
from moto.events.models import EventPattern

from config.errors import InputError
from infra.functions.on_approval.settings import Settings
from pipelines.place import Place

EVENT = documented("sagemaker_model_package")


def _serving(place: Place) -> Resources:
    from aws_cdk import aws_sns as sns

    from infra.stacks.serving import ServingStack

    arn = f"arn:aws:sns:eu-central-1:{ACCOUNT}:alerts"
    return alone(ServingStack, place, topic=lambda home: sns.Topic.from_topic_arn(home, "Topic", arn))


def _variables(resources: Resources) -> dict[str, Any]:
    return dict(resources.one("Lambda::Function")["Environment"]["Variables"])


@pytest.fixture(scope="module")
def prod() -> Resources:
    return _serving(place_of())


@pytest.fixture(scope="module")
def asynchronous() -> Resources:
    serving = {"kind": "async", "instance": "ml.g5.xlarge"}
    return _serving(place_of(serving=serving, kms_key=f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/2"))


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
    (rule,) = (one for one in prod.of("Events::Rule") if "EventPattern" in one)
    pattern = EventPattern.load(json.dumps(rule["EventPattern"]))
    changed = {**EVENT["detail"], "ModelPackageGroupName": group, "ModelApprovalStatus": status}
    assert pattern.matches_event({**EVENT, "detail": changed}) is heard
    assert rule["Targets"][0]["DeadLetterConfig"]


def test_every_hour_the_approvals_are_looked_at_again(prod: Resources) -> None:
    approved, hourly = sorted(prod.of("Events::Rule"), key=lambda one: "ScheduleExpression" in one)
    assert hourly["ScheduleExpression"] == "rate(1 hour)"
    assert [one["Arn"] for one in hourly["Targets"]] == [one["Arn"] for one in approved["Targets"]]


def test_the_function_understands_what_the_stack_tells_it(prod: Resources) -> None:
    told = {
        name: value if isinstance(value, str) else "reference" for name, value in _variables(prod).items()
    }
    settings = Settings.of(told)
    serving = settings.servings["glyphline-prod-pid-rec"]
    assert (serving.kind, serving.instance, serving.takes_disk_key) == ("realtime", "ml.c5.large", True)
    assert settings.network is None
    assert settings.tags == {"project": "glyphline"}
    assert settings.role_arn == place_of().role_arn("deployment")
    assert settings.alarms["glyphline-prod-pid-rec"] == [
        "glyphline-prod-pid-rec-errors",
        "glyphline-prod-pid-rec-latency",
    ]


def test_what_takes_a_version_back_is_there_and_rings(prod: Resources) -> None:
    alarms = {one["AlarmName"]: one for one in prod.of("CloudWatch::Alarm")}
    for names in json.loads(_variables(prod)["ALARMS"]).values():
        for name in names:
            assert alarms[name]["AlarmActions"]
            assert alarms[name]["TreatMissingData"] == "notBreaching"
    (latency,) = (one for name, one in alarms.items() if name == "glyphline-prod-pid-rec-latency")
    assert {"Name": "VariantName", "Value": "main"} in latency["Dimensions"]


def test_a_message_outlives_six_tries_of_the_function(prod: Resources) -> None:
    function = prod.one("Lambda::Function")
    queues = [one for one in prod.of("SQS::Queue") if "RedrivePolicy" in one]
    assert [one["VisibilityTimeout"] for one in queues] == [6 * function["Timeout"]]
    assert prod.one("Lambda::EventSourceMapping")["BatchSize"] == 1


def test_only_the_role_of_deployments_is_handed_on(prod: Resources) -> None:
    statements = [one for policy in prod.of("IAM::Policy") for one in policy["PolicyDocument"]["Statement"]]
    (passed,) = (one for one in statements if one["Action"] == "iam:PassRole")
    assert passed["Resource"] == place_of().role_arn("deployment")
    allowed = prod.allowed()
    assert "sagemaker:CreateModelPackage" not in allowed
    assert "sagemaker:UpdateEndpoint" in allowed


def test_it_writes_down_who_approved_and_decides_nothing(prod: Resources) -> None:
    """A request that says a status, or a stage, is not allowed."""
    statements = [one for policy in prod.of("IAM::Policy") for one in policy["PolicyDocument"]["Statement"]]
    (noting,) = (one for one in statements if one["Action"] == "sagemaker:UpdateModelPackage")
    says_nothing = {"sagemaker:ModelApprovalStatus": "true", "sagemaker:ModelLifeCycle:stage": "true"}
    assert noting["Condition"] == {"Null": says_nothing}


def test_an_asynchronous_endpoint_is_taken_back_by_failures_not_by_its_backlog(
    asynchronous: Resources,
) -> None:
    taken_back = json.loads(_variables(asynchronous)["ALARMS"])["glyphline-prod-pid-rec"]
    assert taken_back == ["glyphline-prod-pid-rec-failures"]
    names = {one["AlarmName"] for one in asynchronous.of("CloudWatch::Alarm")}
    assert "glyphline-prod-pid-rec-backlog" in names


def test_no_key_is_given_to_an_instance_that_encrypts_by_itself(asynchronous: Resources) -> None:
    assert json.loads(_variables(asynchronous)["SERVING"])["takes_disk_key"] is False
    assert "kms:CreateGrant" not in asynchronous.allowed()
    assert _variables(asynchronous)["KEY_ARN"] == f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/1"


def test_a_serverless_environment_may_not_scale_anything() -> None:
    assert not [one for one in _serving(place_of("dev")).allowed() if one.startswith("application-auto")]


def test_what_a_family_says_of_serving_holds_for_its_endpoint_alone(families: Families) -> None:
    """Also of what the function may scale, and which of the endpoints it sends answers to S3 for."""
    families.say("pid-det", serving={"kind": "async", "instance": "ml.g5.xlarge"})
    place = place_of("dev", families=["pid-rec", "pid-det"])
    serving = _serving(place)
    told = {name: one if isinstance(one, str) else "" for name, one in _variables(serving).items()}
    kinds = {name: one.kind for name, one in Settings.of(told).servings.items()}
    assert kinds == {"glyphline-dev-pid-rec": "serverless", "glyphline-dev-pid-det": "async"}
    assert json.loads(told["ALARMS"])["glyphline-dev-pid-det"] == ["glyphline-dev-pid-det-failures"]
    statements = [one for two in serving.of("IAM::Policy") for one in two["PolicyDocument"]["Statement"]]
    for action in ("sagemaker:UpdateEndpointWeightsAndCapacities", "cloudwatch:PutMetricAlarm"):
        (scales,) = (one["Resource"] for one in statements if action in one["Action"])
        assert "pid-det" in str(scales)
        assert "pid-rec" not in str(scales)


@pytest.mark.parametrize(("serving", "answers"), [({}, False), ({"pid-det": "async"}, True)])
def test_who_serves_writes_answers_only_where_an_endpoint_is_asynchronous(
    families: Families, serving: dict[str, str], answers: bool
) -> None:
    from infra.stacks.identity import IdentityStack

    for name, kind in serving.items():
        families.say(name, serving={"kind": kind, "instance": "ml.g5.xlarge"})
    stack = alone(IdentityStack, place_of("dev", families=["pid-rec", "pid-det"]))
    (role,) = (one for one in stack.of("IAM::Role") if one["RoleName"] == "glyphline-dev-deployment")
    assert ("/answers/*" in str(role["Policies"])) is answers


def test_a_name_that_leaves_no_room_is_refused() -> None:
    with pytest.raises(InputError, match=r"prod\.yaml: .*has 52 characters; expected at most 48\. Shorten"):
        _serving(place_of(families=["a-family-whose-name-is-a-bit-too-long"]))
