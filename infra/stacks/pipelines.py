"""What happens when labels arrive: a pipeline and a group of versions for each family, and who starts it."""

from __future__ import annotations

import json

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sns as sns
from constructs import Construct

from config.protocol import SNAPSHOT_FILE
from config.tasks import load_family
from infra.functions.shared.events import ARRIVAL, RUN_END
from infra.resources.access import ANY, Access, Statements, allow
from infra.resources.built import built
from infra.resources.definition import Made, with_references, with_stand_ins
from infra.resources.family_files import FamilyFiles, publish
from infra.resources.family_pipeline import PipelineAndVersions
from infra.resources.function import PlainFunction
from infra.resources.queue import SafeQueue
from infra.stack import EnvironmentStack
from pipelines.parameters import NOTHING
from pipelines.place import Place

_TIMEOUT_S = 60
_GATHER_S = 10
_SEEN_AGAIN = cdk.Duration.seconds(6 * _TIMEOUT_S + _GATHER_S)
"""https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"""
_BATCH = 1000
_PARALLEL = 2
_TABLE_ACTIONS = ("dynamodb:GetItem", "dynamodb:PutItem")
_TABLE_KEY_ACTIONS = tuple(
    f"kms:{one}"
    for one in ("Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey", "ReEncryptFrom", "ReEncryptTo")
)
"""https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html"""


class PipelinesStack(EnvironmentStack):
    """`on_labels` starts runs, one of a family at a time; `on_run_end` says how they ended."""

    def __init__(
        self, scope: Construct, *, place: Place, key: kms.IKey, topic: sns.ITopic, made: Made
    ) -> None:
        super().__init__(scope, "pipelines", place=place, description="Pipelines and what starts them")
        self._access = Access(place, (key.key_arn,))
        self._families = [load_family(name) for name in place.environment.families]
        self._names = {place.name(one.family): one.family for one in self._families}
        self.files = self._pipelines(made)
        self.table = self._table(key)
        self.labels = SafeQueue(self, "Labels", visible_after=_SEEN_AGAIN)
        self.ends = SafeQueue(self, "Ends", visible_after=_SEEN_AGAIN)
        self.on_labels = self._on_labels()
        self.on_run_end = self._on_run_end(topic)
        self._rules()

    def _pipelines(self, made: Made) -> FamilyFiles:
        """Make the pipelines and groups; return where the files lie that their jobs read."""
        stand_in, references = with_stand_ins(self.place, made)
        definitions = [built(family, stand_in) for family in self._families]
        contents = {uri: data for one in definitions for uri, data in one.upload.files.items()}
        files = publish(self, self.place.prefix, contents)
        for family, one in zip(self._families, definitions, strict=True):
            used = {uri: files.folders[uri] for uri in (one.upload.family_uri, self.place.uri(NOTHING))}
            body = with_references(one.definition, references | used)
            PipelineAndVersions(self, family=family, place=self.place, body=body, removal=self.removal)
        return files

    def _table(self, key: kms.IKey) -> dynamodb.Table:
        """Return the table that remembers what runs, what waits and what was begun."""
        return dynamodb.Table(
            self,
            "Runs",
            partition_key=dynamodb.Attribute(name="family", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=key,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            removal_policy=self.removal,
        )

    def _on_labels(self) -> PlainFunction:
        environment, place = self.place.environment, self.place
        function = PlainFunction(
            self,
            "OnLabels",
            folder="on_labels",
            shared=True,
            environment=environment,
            settings={
                "TABLE": self.table.table_name,
                "SNAPSHOTS_BUCKET": place.bucket("snapshots"),
                "FAMILIES": _json(self._names),
                "UNITS": _json({one.family: one.unit for one in self._families}),
                "MIN_NEW": str(environment.labels.min_new),
                "MAX_AGE_HOURS": str(environment.labels.max_age_hours),
                "NOTHING_URI": self.files.folders[place.uri(NOTHING)],
            },
            statements=self._starts_runs(),
            timeout_s=_TIMEOUT_S,
        )
        function.add_event_source(
            sources.SqsEventSource(
                self.labels.queue,
                batch_size=_BATCH,
                max_batching_window=cdk.Duration.seconds(_GATHER_S),
                max_concurrency=_PARALLEL,
                report_batch_item_failures=True,
            )
        )
        return function

    def _on_run_end(self, topic: sns.ITopic) -> PlainFunction:
        function = PlainFunction(
            self,
            "OnRunEnd",
            folder="on_run_end",
            shared=True,
            environment=self.place.environment,
            settings={
                "TOPIC_ARN": topic.topic_arn,
                "FAMILIES": _json(self._names),
            },
            statements=[*self._reads_runs(), *self._speaks(topic)],
            timeout_s=_TIMEOUT_S,
        )
        function.add_event_source(
            sources.SqsEventSource(self.ends.queue, batch_size=10, report_batch_item_failures=True)
        )
        return function

    def _starts_runs(self) -> Statements:
        access = self._access
        return [
            allow(_TABLE_ACTIONS, [self.table.table_arn]),
            *access.read("snapshots"),
            allow(_TABLE_KEY_ACTIONS, access.keys, self._through_dynamodb()),
            allow(["sagemaker:ListModelPackages"], [ANY]),
            allow(["sagemaker:DescribeModelPackage"], access.named("model-package/{}/*")),
            allow(
                ["sagemaker:StartPipelineExecution", "sagemaker:ListPipelineExecutions"],
                access.named("pipeline/{}"),
            ),
            allow(["sagemaker:DescribePipelineExecution"], access.named("pipeline/{}/execution/*")),
        ]

    def _through_dynamodb(self) -> dict[str, dict[str, str]]:
        china = ".cn" if self.place.partition == "aws-cn" else ""
        service = f"dynamodb.{self.place.environment.region}.amazonaws.com{china}"
        return {"StringEquals": {"kms:ViaService": service}}

    def _reads_runs(self) -> Statements:
        access = self._access
        reads = ["sagemaker:DescribePipelineExecution", "sagemaker:ListPipelineExecutionSteps"]
        return [
            allow(reads, access.named("pipeline/{}/execution/*")),
            allow(["sagemaker:DescribeModelPackage"], access.named("model-package/{}/*")),
        ]

    def _speaks(self, topic: sns.ITopic) -> Statements:
        return [
            allow(["sns:Publish"], [topic.topic_arn]),
            allow(["kms:Decrypt", "kms:GenerateDataKey"], self._access.keys),
        ]

    def _rules(self) -> None:
        """Bring to the queues what happens, and every hour the question who has waited long enough."""
        arrived = events.EventPattern(
            source=["aws.s3"],
            detail_type=[ARRIVAL],
            detail={
                "bucket": {"name": [self.place.bucket("snapshots")]},
                "object": {"key": [f"{one}/{SNAPSHOT_FILE}" for one in self.place.environment.families]},
            },
        )
        ended = events.EventPattern(
            source=["aws.sagemaker"],
            detail_type=[RUN_END],
            detail={
                "currentPipelineExecutionStatus": ["Succeeded", "Failed", "Stopped"],
                "pipelineArn": [{"prefix": self._access.arn("sagemaker", f"pipeline/{self.place.prefix}-")}],
            },
        )
        labels, ends = _target(self.labels), _target(self.ends)
        events.Rule(self, "Arrived", event_pattern=arrived, targets=[labels])
        events.Rule(self, "Ended", event_pattern=ended, targets=[labels, ends])
        hourly = events.Schedule.rate(cdk.Duration.hours(1))
        events.Rule(self, "Hourly", schedule=hourly, targets=[labels])


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _target(queue: SafeQueue) -> targets.SqsQueue:
    return targets.SqsQueue(queue.queue, dead_letter_queue=queue.dead)
