"""What an approval sets going: the right version, by the right way, in whatever order it is heard of."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from approving import (
    ACCOUNT,
    ALARMS,
    ARCHIVE,
    ASYNC,
    BUCKET,
    GROUP,
    NOON,
    REALTIME,
    REGION,
    SERVERLESS,
    SETTINGS,
    VARIABLES,
    World,
)
from botocore.exceptions import ClientError
from moto.sagemaker.models import sagemaker_backends

from infra.functions.on_approval.endpoint import KEPT
from infra.functions.on_approval.errors import ArchiveError, DeploymentError
from infra.functions.on_approval.flow import Step
from infra.functions.on_approval.release import LONGEST_ENDPOINT, names_of, release_of
from infra.functions.on_approval.settings import Network, Settings
from infra.functions.on_approval.versions import Version

LATER = datetime(2040, 1, 1, tzinfo=UTC)


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
    with pytest.raises(DeploymentError, match="is serverless, its settings say realtime"):
        world.attend(world.approved(minutes=1))


def test_a_serverless_endpoint_has_no_guards_and_no_scaling(world: World) -> None:
    world.autoscaling = None  # where nothing scales, the function may not even ask
    world.attend(world.approved(minutes=0), SERVERLESS)
    second = world.approved(minutes=1)
    world.attend(second, SERVERLESS)
    assert "DeploymentConfig" not in world.updates[0]
    world.becomes("InService")
    assert world.attend(second, SERVERLESS).step is Step.SETTLE


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
    endpoint = "e" * LONGEST_ENDPOINT
    settings = replace(SETTINGS, servings={endpoint: SETTINGS.servings[GROUP]})
    release = release_of(_version(endpoint, 99_999), settings)
    assert len(release.name) == 63
    assert names_of(release.endpoint).fullmatch(release.name)


def test_models_run_where_the_network_is() -> None:
    version = _version(GROUP, 1)
    inside = replace(SETTINGS, network=Network(["subnet-1"], ["sg-1"]))
    assert release_of(version, inside).model["VpcConfig"]["Subnets"] == ["subnet-1"]
    assert release_of(version, inside).name != release_of(version, SETTINGS).name
    assert {"Key": "glyphline:approved-by", "Value": "_b_"} in release_of(version, inside).tags


def test_a_family_that_says_so_serves_in_its_own_way() -> None:
    own = {"kind": "async", "instance": "ml.g5.xlarge", "min_instances": 0, "takes_disk_key": False}
    variables = {
        "ALARMS": json.dumps({GROUP: [], "detector": []}),
        "OWN_SERVING": json.dumps({"detector": REALTIME | own}),
        "DISK_KEY_ARN": "key",
    }
    settings = Settings.of(VARIABLES | variables)
    shared, detector = (release_of(_version(one, 1), settings) for one in (GROUP, "detector"))
    assert (shared.kind, detector.kind) == ("realtime", "async")
    assert shared.config["ProductionVariants"][0]["InstanceType"] == "ml.c5.large"
    assert detector.config["ProductionVariants"][0]["InstanceType"] == "ml.g5.xlarge"
    assert ("KmsKeyId" in shared.config, "KmsKeyId" in detector.config) == (True, False)


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


def test_the_clock_changes_nothing_that_nobody_approved(world: World) -> None:
    world.attend(world.approved(minutes=0))
    second = world.approved(minutes=1)
    world.attend(second)
    world.becomes("InService")
    larger = replace(SETTINGS.servings[GROUP], instance="ml.c5.xlarge")
    another = replace(SETTINGS, servings={GROUP: larger})
    assert world.attend(None, another).step is Step.LEAVE
    world.decide(second, "Rejected", minutes=2)
    assert world.attend(None).step is Step.LEAVE
    assert world.served() == "2"


def test_a_refused_update_lets_what_serves_scale_on(world: World) -> None:
    first = world.approved(minutes=0)
    world.attend(first)
    world.attend(first)
    world.refusal = "The account-level service limit is reached"
    with pytest.raises(ClientError):
        world.attend(world.approved(minutes=1))
    targets = world.autoscaling.describe_scalable_targets(ServiceNamespace="sagemaker")
    assert targets["ScalableTargets"]


def test_a_rejection_that_an_older_message_does_not_know_of_brings_nothing_back(world: World) -> None:
    """While version 2 is being deployed, or after it serves: to reject it takes nothing away."""
    world.attend(world.approved(minutes=0))
    second = world.approved(minutes=10)
    world.attend(second)
    world.decide(second, "Rejected", minutes=12)
    assert world.attend(second).step is Step.LEAVE
    world.becomes("InService")
    assert world.attend(second).step is Step.LEAVE
    assert len(world.updates) == 1
    targets = world.autoscaling.describe_scalable_targets(ServiceNamespace="sagemaker")
    assert targets["ScalableTargets"]
