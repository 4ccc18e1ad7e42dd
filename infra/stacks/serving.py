"""Who serves: what hears an approval and brings the family's endpoint to the version, and what watches it.

The endpoints themselves are no resources of this stack. Which version serves is what an approver decided, not
what was deployed last: a stack that held the endpoint would put an older version back at its next deployment,
and could not be deployed before the first approval.
"""

from __future__ import annotations

import json

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sns as sns
from constructs import Construct

from config.environment import Serving
from config.errors import InputError, Problem
from config.instances import has_local_disk
from infra.families import by_family
from infra.functions.on_approval.release import LONGEST_ENDPOINT
from infra.functions.shared.events import VERSION_CHANGE
from infra.resources.access import ANY, Access, Statements, allow
from infra.resources.endpoint_alarms import EndpointAlarms
from infra.resources.function import PlainFunction
from infra.resources.queue import SafeQueue
from infra.stack import EnvironmentStack
from pipelines.place import Place

_TIMEOUT_S = 120
_SEEN_AGAIN = cdk.Duration.seconds(6 * _TIMEOUT_S)
"""https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"""
_PARALLEL = 2
_SCALER = "sagemaker.application-autoscaling.amazonaws.com"


class ServingStack(EnvironmentStack):
    """`on_approval` deploys what was approved, `approvals` is its queue; `alarms` are by the endpoint."""

    def __init__(self, scope: Construct, *, place: Place, key: kms.IKey, topic: sns.ITopic) -> None:
        super().__init__(scope, "serving", place=place, description="What an approval sets going")
        self._access = Access(place, (key.key_arn,))
        endpoints = [place.name(family) for family in place.environment.families]
        for endpoint in endpoints:
            _check_length(endpoint, place.environment.file)
        families = by_family(place.environment)
        self._serving = {place.name(family): own.serving for family, own in families.items()}
        self.alarms = {
            place.name(family): EndpointAlarms(
                self,
                f"{''.join(part.capitalize() for part in family.split('-'))}Alarms",
                endpoint=place.name(family),
                serving=own.serving,
                topic=topic,
            )
            for family, own in families.items()
        }
        self.approvals = SafeQueue(self, "Approvals", visible_after=_SEEN_AGAIN)
        self.on_approval = self._on_approval(key)
        approved = events.EventPattern(
            source=["aws.sagemaker"],
            detail_type=[VERSION_CHANGE],
            detail={"ModelPackageGroupName": endpoints, "ModelApprovalStatus": ["Approved"]},
        )
        target = targets.SqsQueue(self.approvals.queue, dead_letter_queue=self.approvals.dead)
        events.Rule(self, "Approved", event_pattern=approved, targets=[target])
        # a message that died must not leave for ever another version serving than was approved
        hourly = events.Schedule.rate(cdk.Duration.hours(1))
        events.Rule(self, "Hourly", schedule=hourly, targets=[target])

    def _on_approval(self, key: kms.IKey) -> PlainFunction:
        place, environment = self.place, self.place.environment
        network = environment.network
        own = {name: _told(one) for name, one in self._serving.items() if one != environment.serving}
        function = PlainFunction(
            self,
            "OnApproval",
            folder="on_approval",
            shared=True,
            environment=environment,
            settings={
                "SERVING": _json(_told(environment.serving)),
                "OWN_SERVING": _json(own),
                "ALARMS": _json({name: one.take_back for name, one in self.alarms.items()}),
                "QUEUE_URL": self.approvals.queue.queue_url,
                "ROLE_ARN": place.role_arn("deployment"),
                "OUTPUT_URI": place.uri("answers"),
                "KEY_ARN": key.key_arn,
                "DISK_KEY_ARN": environment.kms_key or "",
                "NETWORK": _json(None if network is None else network.model_dump(mode="json")),
                "TAGS": _json(environment.tags),
            },
            statements=[*self._reads(), *self._notes(), *self._deploys(), *self._scales()],
            timeout_s=_TIMEOUT_S,
        )
        function.add_event_source(
            sources.SqsEventSource(self.approvals.queue, batch_size=1, max_concurrency=_PARALLEL)
        )
        return function

    def _reads(self) -> Statements:
        access = self._access
        listed = [f"sagemaker:List{one}" for one in ("ModelPackages", "EndpointConfigs")]
        return [
            allow(listed, [ANY]),
            allow(["sagemaker:DescribeModelPackage"], access.named("model-package/{}/*")),
            allow(["sagemaker:DescribeEndpoint", "sagemaker:ListTags"], access.named("endpoint/{}")),
            allow(["cloudwatch:DescribeAlarms"], self._alarms(*self._names())),
            *access.read("artifacts", "models"),  # whether training has written over an archive
        ]

    def _notes(self) -> Statements:
        """Let write down who approved in Studio, but not decide: a request that says a status is refused.

        IAM tells no other fields of the request apart.

        Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html
        """
        undecided = {
            "Null": {"sagemaker:ModelApprovalStatus": "true", "sagemaker:ModelLifeCycle:stage": "true"}
        }
        return [
            allow(["sagemaker:UpdateModelPackage"], self._access.named("model-package/{}/*"), undecided),
        ]

    def _deploys(self) -> Statements:
        access = self._access
        releases = access.named("endpoint-config/{}-*")
        models, endpoints = access.named("model/{}-*"), access.named("endpoint/{}")
        change = [f"sagemaker:{verb}Endpoint" for verb in ("Create", "Update")]
        key = self.place.environment.kms_key
        to_aws = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
        encrypted = any(_takes_disk_key(one) for one in self._serving.values())
        own = [allow(["kms:CreateGrant"], [key], to_aws)] if key is not None and encrypted else []
        return [
            allow(["sagemaker:CreateModel", "sagemaker:DeleteModel"], models),
            allow([f"sagemaker:{verb}EndpointConfig" for verb in ("Create", "Delete", "Describe")], releases),
            allow(change, [*endpoints, *releases]),
            allow(["sagemaker:DeleteEndpoint"], endpoints),
            allow(["sagemaker:AddTags"], [*models, *releases, *endpoints]),
            *access.pass_on("deployment"),
            allow(["sqs:SendMessage"], [self.approvals.queue.queue_arn]),
            *own,
        ]

    def _scales(self) -> Statements:
        """Let endpoints scale; what Application Auto Scaling does for a caller, the caller must be allowed.

        Source: https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-prerequisites.html
        """
        scaled = [name for name, serving in self._serving.items() if serving.kind != "serverless"]
        if not scaled:
            return []
        access, partition = self._access, self.place.partition
        role = f"aws-service-role/{_SCALER}/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
        change = ("RegisterScalableTarget", "DeregisterScalableTarget", "PutScalingPolicy")
        theirs = [f"TargetTracking-endpoint/{endpoint}/*" for endpoint in scaled]
        alarms = self._alarms(*theirs, *(f"{endpoint}-wake" for endpoint in scaled))
        return [
            allow(
                [f"application-autoscaling:{one}" for one in change],
                [access.arn("application-autoscaling", "scalable-target/*")],
                {"StringEquals": {"application-autoscaling:service-namespace": "sagemaker"}},
            ),
            allow(["application-autoscaling:DescribeScalableTargets"], [ANY]),
            allow(
                ["sagemaker:UpdateEndpointWeightsAndCapacities"],
                access.sagemaker(*(f"endpoint/{one}" for one in scaled)),
            ),
            allow(
                [f"cloudwatch:{one}" for one in ("DescribeAlarms", "PutMetricAlarm", "DeleteAlarms")], alarms
            ),
            allow(
                ["iam:CreateServiceLinkedRole"],
                [f"arn:{partition}:iam::{self.place.account}:role/{role}"],
                {"StringEquals": {"iam:AWSServiceName": _SCALER}},
            ),
        ]

    def _names(self) -> list[str]:
        return [alarm for one in self.alarms.values() for alarm in one.take_back]

    def _alarms(self, *names: str) -> list[str]:
        return [self._access.arn("cloudwatch", f"alarm:{one}") for one in names]


def _check_length(endpoint: str, file: str) -> None:
    """Refuse a name whose releases SageMaker would refuse at the first approval.

    Raises:
        InputError: it is too long.
    """
    if len(endpoint) > LONGEST_ENDPOINT:
        found = f"{endpoint!r}, the name of an endpoint, has {len(endpoint)} characters"
        remedy = "Shorten the family's name or the environment's."
        raise InputError(Problem("serving.name", found, f"at most {LONGEST_ENDPOINT}", remedy, file))


def _told(serving: Serving) -> dict[str, object]:
    """Return what the function is told of a way of serving."""
    return serving.model_dump(mode="json") | {"takes_disk_key": _takes_disk_key(serving)}


def _takes_disk_key(serving: Serving) -> bool:
    return serving.instance is not None and not has_local_disk(serving.instance)


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
