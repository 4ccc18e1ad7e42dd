"""An account in memory in which versions are registered, decided about and deployed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from botocore.stub import Stubber
from documented import batch, documented
from moto import mock_aws
from moto.s3.models import s3_backends
from moto.sagemaker.models import sagemaker_backends

from config.environment import Serving as ServingSettings
from infra.functions.on_approval.endpoint import Endpoints
from infra.functions.on_approval.flow import Account, Outcome, attend
from infra.functions.on_approval.scaling import Scaling
from infra.functions.on_approval.settings import Serving, Settings

ACCOUNT, REGION, GROUP = "123456789012", "eu-central-1", "glyphline-test-pid-rec"
ALARMS = [f"{GROUP}-errors", f"{GROUP}-latency"]
REALTIME = ServingSettings(kind="realtime", instance="ml.c5.large", min_instances=1).model_dump() | {
    "takes_disk_key": True
}
VARIABLES = {
    "SERVING": json.dumps(REALTIME),
    "OWN_SERVING": "{}",
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
SERVERLESS = replace(
    SETTINGS, servings={GROUP: Serving("serverless", 3072, 5, None, 0, 2, takes_disk_key=False)}
)
ASYNC = replace(
    SETTINGS, servings={GROUP: Serving("async", 3072, 5, "ml.c5.large", 0, 3, takes_disk_key=True)}
)
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


def clients_of_approvals() -> list[Any]:
    """Return clients for an account in memory: to make one costs more than most tests."""
    session = boto3.Session("test", "test", region_name=REGION)
    needed = ("sagemaker", "cloudwatch", "application-autoscaling", "sagemaker", "s3")
    return [session.client(one) for one in needed]


@contextmanager
def open_world(clients: list[Any]) -> Iterator[World]:
    """Give an account that has a group without versions, its alarms, and weights for all versions."""
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


def change_of(
    arn: str, status: str = "Approved", group: str = GROUP, *, minutes: int = 0, fields: str = ""
) -> dict[str, Any]:
    """Return what SageMaker says of a change, so many minutes past noon, of `fields` of a version."""
    event = documented("sagemaker_model_package")
    event["time"] = f"{NOON + timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%SZ}"
    event["detail"] |= {
        "ModelPackageGroupName": group,
        "ModelPackageArn": arn,
        "ModelApprovalStatus": status,
        "UpdatedModelPackageFields": fields.split(),
    }
    return batch(event)
