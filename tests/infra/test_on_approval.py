"""What an approval sets going: the right version, by the right way, in whatever order events come."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from documented import batch, clock, documented
from moto import mock_aws
from moto.s3.models import s3_backends
from moto.sagemaker.models import sagemaker_backends

from config.environment import Serving as ServingSettings
from infra.functions.on_approval import handler as module
from infra.functions.on_approval.endpoint import KEPT, Endpoints
from infra.functions.on_approval.errors import ArchiveError, DeploymentError
from infra.functions.on_approval.flow import Account, Outcome, Step, attend
from infra.functions.on_approval.release import LONGEST_ENDPOINT, names_of, release_of
from infra.functions.on_approval.scaling import Scaling
from infra.functions.on_approval.settings import Network, Serving, Settings
from infra.functions.on_approval.versions import Version

ACCOUNT, REGION, GROUP = "123456789012", "eu-central-1", "glyphline-test-pid-rec"
ALARMS = [f"{GROUP}-errors", f"{GROUP}-latency"]
VARIABLES = {
    "SERVING": ServingSettings(kind="realtime", instance="ml.c5.large", min_instances=1).model_dump_json(),
    "ALARMS": json.dumps({GROUP: ALARMS}),
    "QUEUE_URL": "https://sqs/approvals",
    "ROLE_ARN": f"arn:aws:iam::{ACCOUNT}:role/glyphline-test-deployment",
    "OUTPUT_URI": "s3://artifacts/answers",
    "KEY_ARN": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1",
    "DISK_KEY_ARN": "",
    "NETWORK": "null",
    "TAGS": '{"project":"glyphline"}',
}
SETTINGS = Settings.of(VARIABLES)
SERVERLESS = replace(SETTINGS, serving=Serving("serverless", 3072, 5, None, 0, 2))
ASYNC = replace(SETTINGS, serving=Serving("async", 3072, 5, "ml.c5.large", 0, 3))
BUCKET, ARCHIVE = "artifacts", "models/pid-rec/job/output/model.tar.gz"
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
DAY = 24 * 60
"""In minutes."""


@dataclass
class World:
    """An account in memory; moto knows no UpdateEndpoint: botocore checks it, and we change the state."""

    sagemaker: Any
    cloudwatch: Any
    autoscaling: Any
    stubbed: Any
    s3: Any
    updates: list[dict[str, Any]] = field(default_factory=list)
    refusal: str | None = None

    @property
    def account(self) -> Account:
        scaling = Scaling(self.autoscaling, self.cloudwatch)
        return Account(self.sagemaker, self.s3, Endpoints(self.sagemaker, self.cloudwatch), scaling)

    def register(self) -> str:
        """Register a version that waits for its approval, days after its training; return its ARN."""
        container = {"Image": "paddle:1", "ModelDataUrl": f"s3://{BUCKET}/{ARCHIVE}"}
        made = self.sagemaker.create_model_package(
            ModelPackageGroupName=GROUP,
            ModelApprovalStatus="PendingManualApproval",
            InferenceSpecification={"Containers": [container]},
            CustomerMetadataProperties={"snapshot": "abc"},
        )
        return str(made["ModelPackageArn"])

    def decide(self, arn: str, status: str, *, minutes: int) -> None:
        """Decide as `registry/sagemaker.py` does, so many minutes past noon."""
        when = (NOON + timedelta(minutes=minutes)).isoformat()
        said = {"decided_by": "ada", "decided_at": when, "decided_as": status}
        self.sagemaker.update_model_package(
            ModelPackageArn=arn,
            ModelApprovalStatus=status,
            ApprovalDescription="halves the CER",
            CustomerMetadataProperties={"snapshot": "abc", **said},
        )
        self.changed(arn, minutes=minutes)

    def changed(self, arn: str, *, minutes: int) -> None:
        """Let the version's last change be so many minutes past noon."""
        package = sagemaker_backends[ACCOUNT][REGION].model_packages[arn]
        package.last_modified_time = NOON + timedelta(minutes=minutes)

    def approved(self, *, minutes: int) -> str:
        arn = self.register()
        self.decide(arn, "Approved", minutes=minutes)
        return arn

    def write_archive(self, when: datetime) -> None:
        """Write the weights of every version."""
        self.s3.put_object(Bucket=BUCKET, Key=ARCHIVE, Body=b"weights")
        s3_backends[ACCOUNT]["aws"].buckets[BUCKET].keys[ARCHIVE].last_modified = when

    def decision(self, arn: str) -> dict[str, str]:
        """Return who decided about a version and when, as the version says itself."""
        metadata = self.sagemaker.describe_model_package(ModelPackageName=arn)["CustomerMetadataProperties"]
        return {key: value for key, value in metadata.items() if key.startswith("decided")}

    def attend(self, arn: str | None, settings: Settings = SETTINGS) -> Outcome:
        return attend(GROUP, arn, self.account, settings)

    def served(self) -> str:
        """Return the release that the endpoint has, by its number."""
        name = self.sagemaker.describe_endpoint(EndpointName=GROUP)["EndpointConfigName"]
        return str(name).removeprefix(f"{GROUP}-").split("-")[0]

    def tags(self) -> dict[str, str]:
        arn = self.sagemaker.describe_endpoint(EndpointName=GROUP)["EndpointArn"]
        return {one["Key"]: one["Value"] for one in self.sagemaker.list_tags(ResourceArn=arn)["Tags"]}

    def becomes(self, status: str, *, release: str | None = None) -> None:
        """Let the endpoint reach `status`, serving `release`, None: what it was asked for."""
        endpoint = sagemaker_backends[ACCOUNT][REGION].endpoints[GROUP]
        endpoint.endpoint_status = status
        endpoint.endpoint_config_name = release or self.tags()["glyphline:release"]

    def update_package(self, **request: Any) -> None:
        """Stand for UpdateModelPackage: moto forgets what a request leaves out."""
        there = self.stubbed.describe_model_package(ModelPackageName=request["ModelPackageArn"])
        kept = ("ModelApprovalStatus", "ApprovalDescription", "CustomerMetadataProperties")
        self.stubbed.update_model_package(**{one: there[one] for one in kept if one in there} | request)

    def update(self, **request: Any) -> dict[str, Any]:
        """Stand for UpdateEndpoint."""
        with Stubber(self.stubbed) as stub:
            arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/{GROUP}"
            if self.refusal is None:
                stub.add_response("update_endpoint", {"EndpointArn": arn}, request)
                self.updates.append(request)
                endpoint = sagemaker_backends[ACCOUNT][REGION].endpoints[GROUP]
                endpoint.endpoint_status = "Updating"
            else:
                stub.add_client_error("update_endpoint", "ValidationException", self.refusal)
            return dict(self.stubbed.update_endpoint(**request))


@pytest.fixture(scope="module")
def clients() -> list[Any]:
    """Clients of an account in memory: to make one costs more than most tests."""
    session = boto3.Session("test", "test", region_name=REGION)
    return [
        session.client(one)
        for one in ("sagemaker", "cloudwatch", "application-autoscaling", "sagemaker", "s3")
    ]


@pytest.fixture
def world(clients: list[Any]) -> Iterator[World]:
    with mock_aws():
        made = World(*clients)
        made.sagemaker.update_endpoint = made.update
        made.sagemaker.update_model_package = made.update_package
        made.sagemaker.create_model_package_group(ModelPackageGroupName=GROUP)
        where = {"LocationConstraint": REGION}
        made.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=where)
        made.write_archive(NOON - timedelta(days=1))
        for alarm in ALARMS:
            made.cloudwatch.put_metric_alarm(
                AlarmName=alarm,
                Namespace="AWS/SageMaker",
                MetricName="ModelLatency",
                Statistic="Average",
                Period=60,
                EvaluationPeriods=1,
                Threshold=1,
                ComparisonOperator="GreaterThanThreshold",
            )
        yield made


def test_the_first_approval_makes_the_endpoint(world: World) -> None:
    arn = world.approved(minutes=0)
    assert world.attend(arn).step is Step.CREATE
    said = world.sagemaker.describe_endpoint(EndpointName=GROUP)
    config = world.sagemaker.describe_endpoint_config(EndpointConfigName=said["EndpointConfigName"])
    (variant,) = config["ProductionVariants"]
    assert (variant["InstanceType"], variant["InitialInstanceCount"]) == ("ml.c5.large", 1)
    model = world.sagemaker.describe_model(ModelName=variant["ModelName"])
    assert model["PrimaryContainer"] == {"ModelPackageName": arn}
    assert model["ExecutionRoleArn"] == SETTINGS.role_arn
    assert world.tags() == {
        "project": "glyphline",
        "glyphline:release": said["EndpointConfigName"],
        "glyphline:version": f"{GROUP}/1",
        "glyphline:approved-by": "ada",
        "glyphline:approved-at": "2026-05-04T12:00:00+00:00",
    }
    outcome = world.attend(arn)
    assert outcome.step is Step.SETTLE
    assert outcome.is_last


def test_the_same_event_again_changes_nothing(world: World) -> None:
    arn = world.approved(minutes=0)
    for _ in range(3):
        world.attend(arn)
    assert len(world.sagemaker.list_models()["Models"]) == 1
    assert len(world.sagemaker.list_endpoint_configs()["EndpointConfigs"]) == 1
    assert not world.updates


def test_the_next_approval_goes_by_canary_with_alarms(world: World) -> None:
    world.attend(world.approved(minutes=0))
    sagemaker_backends[ACCOUNT][REGION].endpoints[GROUP].production_variants[0]["DesiredInstanceCount"] = 20
    second = world.approved(minutes=1)
    assert world.attend(second).step is Step.UPDATE
    (update,) = world.updates
    policy = update["DeploymentConfig"]["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]
    assert policy["Type"] == "CANARY"
    assert policy["CanarySize"] == {"Type": "INSTANCE_COUNT", "Value": 2}
    alarms = update["DeploymentConfig"]["AutoRollbackConfiguration"]["Alarms"]
    assert [one["AlarmName"] for one in alarms] == ALARMS
    assert update["RetainAllVariantProperties"] is True
    assert world.attend(second).step is Step.WAIT
    world.becomes("InService")
    assert world.attend(second).is_last
    assert world.served() == "2"


def test_one_instance_is_replaced_at_once_and_still_watched(world: World) -> None:
    world.attend(world.approved(minutes=0))
    world.attend(world.approved(minutes=1))
    config = world.updates[0]["DeploymentConfig"]
    assert config["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]["Type"] == "ALL_AT_ONCE"
    assert config["AutoRollbackConfiguration"]["Alarms"]


def test_an_alarm_that_rings_does_not_forbid_the_way_out(world: World) -> None:
    world.attend(world.approved(minutes=0))
    world.cloudwatch.set_alarm_state(AlarmName=ALARMS[0], StateValue="ALARM", StateReason="bad version")
    world.attend(world.approved(minutes=1))
    alarms = world.updates[0]["DeploymentConfig"]["AutoRollbackConfiguration"]["Alarms"]
    assert alarms == [{"AlarmName": ALARMS[1]}]


def test_approving_an_older_version_rolls_back(world: World) -> None:
    first, second = world.approved(minutes=0), world.approved(minutes=1)
    world.attend(second)
    assert world.served() == "2"
    world.decide(first, "Approved", minutes=2)
    world.attend(first)
    world.becomes("InService")
    assert world.attend(first).is_last
    assert world.served() == "1"


def test_an_older_approval_that_comes_late_changes_nothing(world: World) -> None:
    first, second = world.approved(minutes=0), world.approved(minutes=1)
    world.attend(second)
    outcome = world.attend(first)
    assert outcome.version is not None
    assert (outcome.step, outcome.version.arn) == (Step.SETTLE, second)
    assert not world.updates


def test_approved_in_studio_counts_from_the_last_change(world: World) -> None:
    world.attend(world.approved(minutes=0))
    arn = world.register()
    world.sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
    outcome = world.attend(arn)
    assert outcome.version is not None
    assert outcome.version.arn == arn


def test_approved_and_rejected_since_is_not_deployed(world: World) -> None:
    arn = world.approved(minutes=0)
    world.decide(arn, "Rejected", minutes=1)
    outcome = world.attend(arn)
    assert outcome.is_last
    assert not world.sagemaker.list_endpoints()["Endpoints"]


@pytest.mark.parametrize("status", ["Creating", "Updating", "SystemUpdating", "RollingBack"])
def test_an_endpoint_that_changes_is_waited_for(world: World, status: str) -> None:
    world.attend(world.approved(minutes=0))
    world.becomes(status)
    assert world.attend(world.approved(minutes=1)).step is Step.WAIT
    assert not world.updates


def test_two_updates_at_once_end_at_the_newer(world: World) -> None:
    world.attend(world.approved(minutes=0))
    world.refusal = f"Cannot update in-progress endpoint {GROUP!r}"
    newer = world.approved(minutes=1)
    assert world.attend(newer).step is Step.WAIT
    world.refusal = None
    assert world.attend(newer).step is Step.UPDATE


def test_another_refusal_is_not_swallowed(world: World) -> None:
    world.attend(world.approved(minutes=0))
    world.refusal = "The alarm does not exist"
    with pytest.raises(ClientError, match="alarm"):
        world.attend(world.approved(minutes=1))


def test_what_alarms_took_back_is_not_tried_again_and_again(world: World) -> None:
    world.attend(world.approved(minutes=0))
    old = world.tags()["glyphline:release"]
    second = world.approved(minutes=1)
    world.attend(second)
    world.becomes("InService", release=old)
    for _ in range(2):
        with pytest.raises(DeploymentError, match=rf"{GROUP}/2, approved by ada, does not serve"):
            world.attend(second)
    assert len(world.updates) == 1
    targets = world.autoscaling.describe_scalable_targets(ServiceNamespace="sagemaker")
    assert targets["ScalableTargets"]  # what serves still scales
    third = world.approved(minutes=2)
    assert world.attend(third).step is Step.UPDATE


def test_an_endpoint_that_never_served_makes_room(world: World) -> None:
    first = world.approved(minutes=0)
    world.attend(first)
    world.becomes("Failed")
    with pytest.raises(DeploymentError, match="Failed"):
        world.attend(first)
    second = world.approved(minutes=1)
    assert [world.attend(second).step for _ in range(3)] == [Step.REMOVE, Step.CREATE, Step.SETTLE]


def test_another_kind_of_endpoint_is_refused(world: World) -> None:
    world.attend(world.approved(minutes=0), SERVERLESS)
    with pytest.raises(DeploymentError, match="is serverless, the environment says realtime"):
        world.attend(world.approved(minutes=1))


def test_a_serverless_endpoint_has_no_guards_and_no_scaling(world: World) -> None:
    world.attend(world.approved(minutes=0), SERVERLESS)
    second = world.approved(minutes=1)
    world.attend(second, SERVERLESS)
    assert "DeploymentConfig" not in world.updates[0]
    world.becomes("InService")
    world.attend(second, SERVERLESS)
    assert not world.autoscaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]


def test_an_asynchronous_endpoint_sleeps_and_wakes(world: World) -> None:
    arn = world.approved(minutes=0)
    world.attend(arn, ASYNC)
    world.attend(arn, ASYNC)
    (target,) = world.autoscaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (0, 3)
    policies = world.autoscaling.describe_scaling_policies(ServiceNamespace="sagemaker")["ScalingPolicies"]
    wakes = next(one["PolicyARN"] for one in policies if one["PolicyName"] == f"{GROUP}-wake")
    (alarm,) = world.cloudwatch.describe_alarms(AlarmNames=[f"{GROUP}-wake"])["MetricAlarms"]
    assert alarm["AlarmActions"] == [wakes]
    name = world.tags()["glyphline:release"]
    config = world.sagemaker.describe_endpoint_config(EndpointConfigName=name)
    output = config["AsyncInferenceConfig"]["OutputConfig"]
    assert output["S3OutputPath"] == f"s3://artifacts/answers/{GROUP}"
    assert output["KmsKeyId"] == SETTINGS.key


def test_old_releases_are_forgotten_but_the_one_that_serves(world: World) -> None:
    stranger = f"{GROUP}-2-3-0123abcd"  # of a family whose name goes on
    world.sagemaker.create_model(ModelName="m", ExecutionRoleArn=SETTINGS.role_arn)
    variant = {
        "VariantName": "main",
        "ModelName": "m",
        "InstanceType": "ml.c5.large",
        "InitialInstanceCount": 1,
    }
    world.sagemaker.create_endpoint_config(EndpointConfigName=stranger, ProductionVariants=[variant])
    for minutes in range(KEPT + 3):
        arn = world.approved(minutes=minutes)
        world.attend(arn)
        world.becomes("InService")
        world.attend(arn)
    found = {one["EndpointConfigName"] for one in world.sagemaker.list_endpoint_configs()["EndpointConfigs"]}
    assert stranger in found
    numbers = sorted(int(one.split("-")[-2]) for one in found - {stranger})
    assert numbers == list(range(4, KEPT + 4))
    assert {one["ModelName"] for one in world.sagemaker.list_models()["Models"]} == found - {stranger} | {"m"}


def _version(group: str, number: int) -> Version:
    archive = f"s3://{BUCKET}/{ARCHIVE}"
    return Version(group, number, "arn", "<b>", NOON, "", noted=True, archive=archive, registered=NOON)


def test_every_name_fits() -> None:
    version = _version("e" * LONGEST_ENDPOINT, 99_999)
    release = release_of(version, SETTINGS)
    assert len(release.name) == 63
    assert names_of(release.endpoint).fullmatch(release.name)


def test_models_run_where_the_network_is() -> None:
    version = _version(GROUP, 1)
    inside = replace(SETTINGS, network=Network(["subnet-1"], ["sg-1"]))
    assert release_of(version, inside).model["VpcConfig"]["Subnets"] == ["subnet-1"]
    assert release_of(version, inside).name != release_of(version, SETTINGS).name
    assert {"Key": "glyphline:approved-by", "Value": "_b_"} in release_of(version, inside).tags


@pytest.fixture
def queue(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The function as Lambda loads it, with a real queue in memory."""
    sqs = boto3.Session("test", "test", region_name=REGION).client("sqs")
    url = sqs.create_queue(QueueName="approvals")["QueueUrl"]
    settings = replace(SETTINGS, queue_url=url)
    monkeypatch.setattr(module, "_parts", lambda: (settings, world.account, sqs))
    monkeypatch.setattr(module, "_ASK_AGAIN_S", 0)
    return lambda: sqs.receive_message(QueueUrl=url).get("Messages", [])


def _event(
    arn: str, status: str = "Approved", group: str = GROUP, *, minutes: int = 0, changed: str | None = None
) -> dict[str, Any]:
    """Return what SageMaker says of a change, so many minutes past noon; `changed` is the field it names."""
    event = documented("sagemaker_model_package")
    event["time"] = f"{NOON + timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%SZ}"
    event["detail"] |= {
        "ModelPackageGroupName": group,
        "ModelPackageArn": arn,
        "ModelApprovalStatus": status,
        "UpdatedModelPackageFields": [] if changed is None else [changed],
    }
    return batch(event)


def test_a_message_is_sent_anew_until_the_version_serves(world: World, queue: Any) -> None:
    module.handler(_event(world.approved(minutes=0)), None)
    (again,) = queue()
    module.handler({"Records": [{"body": again["Body"]}]}, None)
    assert not queue()
    assert world.served() == "1"


def _approved_in_studio(world: World, minutes: int) -> str:
    """Return the ARN of a version that somebody approves in Studio, of which the function hears."""
    arn = world.register()
    world.sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
    world.changed(arn, minutes=minutes)
    module.handler(_event(arn, minutes=minutes, changed="ModelApprovalStatus"), None)
    return arn


def test_an_approval_in_studio_is_written_down(world: World, queue: Any) -> None:
    arn = _approved_in_studio(world, minutes=1)
    assert world.decision(arn) == {
        "decided_as": "Approved",
        "decided_at": (NOON + timedelta(minutes=1)).isoformat(),
        "decided_by": "fake-user-profile-name",
    }
    said = world.sagemaker.describe_model_package(ModelPackageName=arn)
    assert (said["ModelApprovalStatus"], said["CustomerMetadataProperties"]["snapshot"]) == (
        "Approved",
        "abc",
    )


def test_an_edit_of_an_older_version_does_not_bring_it_back(world: World, queue: Any) -> None:
    first, second = (_approved_in_studio(world, minutes=one) for one in (0, DAY))
    world.becomes("InService")
    world.changed(first, minutes=9 * DAY)
    module.handler(_event(first, minutes=9 * DAY, changed="ModelPackageDescription"), None)
    module.handler(batch(clock()), None)
    assert world.served() == "2"
    assert len(world.updates) == 1
    assert world.decision(second)["decided_at"].startswith("2026-05-05")


def test_approved_again_in_studio_an_older_version_comes_back(world: World, queue: Any) -> None:
    first, _ = world.approved(minutes=0), _approved_in_studio(world, minutes=DAY)
    world.becomes("InService")
    world.changed(first, minutes=2 * DAY)
    for _ in range(2):  # the event may come twice
        module.handler(_event(first, minutes=2 * DAY, changed="ModelApprovalStatus"), None)
    assert world.tags()["glyphline:version"] == f"{GROUP}/1"
    assert world.decision(first)["decided_by"] != "ada"


def test_where_sagemaker_does_not_say_what_changed_it_counts_as_an_approval(world: World, queue: Any) -> None:
    first, _ = _approved_in_studio(world, minutes=0), _approved_in_studio(world, minutes=DAY)
    world.becomes("InService")
    world.changed(first, minutes=2 * DAY)
    module.handler(_event(first, minutes=2 * DAY), None)
    assert world.tags()["glyphline:version"] == f"{GROUP}/1"


def test_what_we_noted_ourselves_is_not_noted_again(world: World, queue: Any) -> None:
    arn = world.approved(minutes=0)
    before = world.decision(arn)
    module.handler(_event(arn, minutes=1, changed="ModelApprovalStatus"), None)
    assert world.decision(arn) == before


LATER = datetime(2040, 1, 1, tzinfo=UTC)


def test_weights_that_were_written_over_are_not_deployed(world: World) -> None:
    arn = world.approved(minutes=0)
    world.write_archive(LATER)
    with pytest.raises(ArchiveError, match=rf"{GROUP}/1 at s3://{BUCKET}/{ARCHIVE} were written on 2040"):
        world.attend(arn)
    assert not world.sagemaker.list_endpoints()["Endpoints"]


def test_weights_that_are_gone_are_named(world: World) -> None:
    arn = world.approved(minutes=0)
    world.s3.delete_object(Bucket=BUCKET, Key=ARCHIVE)
    with pytest.raises(ArchiveError, match="cannot be read at s3"):
        world.attend(arn)


def test_the_clock_cries_when_the_weights_of_what_serves_were_written_over(world: World, queue: Any) -> None:
    world.attend(world.approved(minutes=0))
    module.handler(batch(clock()), None)
    world.write_archive(LATER)
    with pytest.raises(ArchiveError, match="they are not those that were evaluated"):
        module.handler(batch(clock()), None)


@pytest.mark.parametrize(("status", "group"), [("Rejected", GROUP), ("Approved", "somebody-elses")])
def test_other_events_do_nothing(world: World, queue: Any, status: str, group: str) -> None:
    module.handler(_event(world.approved(minutes=0), status, group), None)
    assert not queue()
    assert not world.sagemaker.list_endpoints()["Endpoints"]


def test_the_clock_makes_good_what_a_lost_message_left_undone(world: World, queue: Any) -> None:
    module.handler(batch(clock()), None)  # nothing is approved yet
    assert not world.sagemaker.list_endpoints()["Endpoints"]
    world.approved(minutes=0)
    module.handler(batch(clock()), None)
    (again,) = queue()
    module.handler({"Records": [{"body": again["Body"]}]}, None)
    assert world.served() == "1"
    assert not queue()


def test_the_clock_changes_nothing_that_nobody_approved(world: World) -> None:
    world.attend(world.approved(minutes=0))
    second = world.approved(minutes=1)
    world.attend(second)
    world.becomes("InService")
    another = replace(SETTINGS, serving=replace(SETTINGS.serving, instance="ml.c5.xlarge"))
    assert world.attend(None, another).step is Step.LEAVE
    world.decide(second, "Rejected", minutes=2)
    assert world.attend(None).step is Step.LEAVE
    assert world.served() == "2"


def test_the_clock_does_not_fill_the_dead_queue_with_what_was_taken_back(world: World, queue: Any) -> None:
    world.attend(world.approved(minutes=0))
    old = world.tags()["glyphline:release"]
    world.attend(world.approved(minutes=1))
    world.becomes("InService", release=old)
    module.handler(batch(clock()), None)
    assert not queue()
    assert len(world.updates) == 1
