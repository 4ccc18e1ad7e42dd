"""What the resources of the templates cost because they are there; a type that nobody knows is named."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.cost.prices import HOURS_PER_MONTH
from infra.cost.usage import Use, summed
from infra.templates import Resource

_POLLERS, _POLL_S = 5, 20
"""https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html"""
_POLLS = _POLLERS * HOURS_PER_MONTH * 3600 / _POLL_S
_CLASSIC_OCU = 2
"""The least that a serverless collection without a group keeps running, with standby replicas; 1 without."""

FREE: Mapping[str, str] = {
    "AWS::ApplicationAutoScaling::ScalableTarget": "no charge",
    "AWS::ApplicationAutoScaling::ScalingPolicy": "no charge",
    "AWS::Budgets::Budget": "no charge; the first two with actions neither",
    "AWS::Budgets::BudgetsAction": "no charge for the first two",
    "AWS::CDK::Metadata": "no charge",
    "AWS::Cognito::UserPool": "no charge for the first 10,000 users",
    "AWS::Cognito::UserPoolClient": "no charge",
    "AWS::Cognito::UserPoolDomain": "no charge",
    "AWS::Cognito::UserPoolGroup": "no charge",
    "AWS::EC2::FlowLog": "no charge; what it writes is a log",
    "AWS::EC2::RouteTable": "no charge",
    "AWS::EC2::SecurityGroup": "no charge",
    "AWS::EC2::SecurityGroupEgress": "no charge",
    "AWS::EC2::SecurityGroupIngress": "no charge",
    "AWS::EC2::Subnet": "no charge",
    "AWS::EC2::SubnetRouteTableAssociation": "no charge",
    "AWS::EC2::VPC": "no charge",
    "AWS::Events::Rule": "no charge for events of AWS's own services",
    "AWS::IAM::ManagedPolicy": "no charge",
    "AWS::IAM::Policy": "no charge",
    "AWS::IAM::Role": "no charge",
    "AWS::KMS::Alias": "no charge",
    "AWS::Lambda::EventInvokeConfig": "no charge",
    "AWS::Lambda::Permission": "no charge",
    "AWS::Logs::ResourcePolicy": "no charge",
    "AWS::OpenSearchServerless::AccessPolicy": "no charge",
    "AWS::OpenSearchServerless::CollectionGroup": "no charge of its own",
    "AWS::OpenSearchServerless::LifecyclePolicy": "no charge",
    "AWS::OpenSearchServerless::SecurityPolicy": "no charge",
    "AWS::S3::BucketPolicy": "no charge",
    "AWS::SNS::Subscription": "no charge",
    "AWS::SNS::TopicPolicy": "no charge",
    "AWS::SQS::QueuePolicy": "no charge",
    "AWS::SSM::Parameter": "no charge",
    "AWS::SageMaker::Domain": "no charge; its notebooks are used by the hour",
    "AWS::SageMaker::MlflowApp": "no charge beside its storage",
    "AWS::SageMaker::ModelPackageGroup": "no charge",
    "AWS::SageMaker::Pipeline": "no charge; its jobs are used by the hour",
    "AWS::SageMaker::UserProfile": "no charge",
    "AWS::SageMaker::Workforce": "no charge",
    "AWS::SageMaker::Workteam": "no charge; labels are paid one by one",
}
"""Types that cost nothing by being there, and why."""

BY_USE: Mapping[str, str] = {
    "AWS::CodeBuild::Project": "images built",
    "AWS::DynamoDB::Table": "decisions written",
    "AWS::ECR::Repository": "images in ECR",
    "AWS::Lambda::Function": "events handled",
    "AWS::Logs::LogGroup": "logs",
    "AWS::S3::Bucket": "data in S3",
    "AWS::SNS::Topic": "messages to people",
    "AWS::SQS::Queue": "events queued",
    "AWS::Scheduler::Schedule": "events handled",
}
"""Types that are paid as they are used, and the line of `infra/cost/usage.py` that has it."""


@dataclass(frozen=True, slots=True)
class Unpriced:
    """Something that costs money, how much nobody here knows."""

    what: str
    why: str


def standing(resources: Sequence[Resource]) -> tuple[list[Use], list[Unpriced]]:
    """Return what `resources` cost in a month in which nothing happens, and what cannot be said."""
    found: list[Use] = []
    unknown: list[Unpriced] = []
    for one in resources:
        rule = _RULES.get(one.type)
        if rule is not None:
            found += rule(one, resources)
        elif one.type not in FREE and one.type not in BY_USE:
            why = "no rule for this type: add it to infra/cost/standing.py"
            unknown.append(Unpriced(f"{one.type} ({one.stack}/{one.name})", why))
    return list(summed(found)), unknown


Rule = Callable[[Resource, Sequence[Resource]], list[Use]]


def _each(what: str, item: str, quantity: float = 1) -> Rule:
    return lambda _one, _all: [Use(what, item, quantity, idle=True)]


def _polling(one: Resource, everything: Sequence[Resource]) -> list[Use]:
    source = _target(one.said.get("EventSourceArn"))
    queues = {other.name for other in everything if other.type == "AWS::SQS::Queue"}
    known = source in queues or ":sqs:" in str(one.said.get("EventSourceArn"))
    return [Use("queues asked for events", "sqs.requests", _POLLS / 1e6, idle=True)] if known else []


def _collection(one: Resource, everything: Sequence[Resource]) -> list[Use]:
    """A collection in a group of the next generation keeps the group's least, which is 0 unless said."""
    group = next((other for other in everything if other.type.endswith("::CollectionGroup")), None)
    if "CollectionGroupName" in one.said and group is not None:
        limits = group.said.get("CapacityLimits", {})
        least = sum(float(limits.get(f"Min{kind}CapacityInOcu", 0)) for kind in ("Indexing", "Search"))
    else:
        least = _CLASSIC_OCU if one.said.get("StandbyReplicas") != "DISABLED" else 1
    return [Use("search, kept awake", "opensearch.ocu", least * HOURS_PER_MONTH, idle=True)] if least else []


def _domain(one: Resource, _everything: Sequence[Resource]) -> list[Use]:
    cluster, volume = one.said.get("ClusterConfig", {}), one.said.get("EBSOptions", {})
    nodes = int(cluster.get("InstanceCount", 1))
    found = [
        Use("search domain", cluster.get("InstanceType", "m4.large.search"), nodes * HOURS_PER_MONTH, True)
    ]
    if cluster.get("DedicatedMasterEnabled"):
        masters = int(cluster.get("DedicatedMasterCount", 3)) * HOURS_PER_MONTH
        found.append(Use("search domain's masters", cluster["DedicatedMasterType"], masters, True))
    if volume.get("EBSEnabled"):
        found.append(
            Use("search domain's disks", "opensearch.volume", nodes * int(volume["VolumeSize"]), True)
        )
    return found


def _endpoint_configuration(one: Resource, _everything: Sequence[Resource]) -> list[Use]:
    """An endpoint in a template stands from the deployment on; those of approvals are in the usage."""
    return [
        Use(
            "endpoints of templates",
            variant["InstanceType"],
            float(variant.get("InitialInstanceCount", 1)) * HOURS_PER_MONTH,
            True,
        )
        for variant in one.said.get("ProductionVariants", [])
        if "InstanceType" in variant
    ]


def _vpc_endpoint(one: Resource, _everything: Sequence[Resource]) -> list[Use]:
    if one.said.get("VpcEndpointType", "Gateway") != "Interface":
        return []
    zones = max(1, len(one.said.get("SubnetIds", [])))
    return [Use("endpoints of the VPC", "vpc.endpoint", zones * HOURS_PER_MONTH, True)]


def _target(value: Any) -> str | None:
    """Return the logical id that a reference in a template points to."""
    if isinstance(value, Mapping):
        if "Ref" in value:
            return str(value["Ref"])
        if "Fn::GetAtt" in value:
            return str(value["Fn::GetAtt"][0])
    return None


_RULES: Mapping[str, Rule] = {
    "AWS::CloudWatch::Alarm": _each("alarms", "cloudwatch.alarm"),
    "AWS::CloudWatch::CompositeAlarm": _each("composite alarms", "cloudwatch.alarm", 5),
    "AWS::CloudWatch::Dashboard": _each("dashboards", "cloudwatch.dashboard"),
    "AWS::EC2::VPCEndpoint": _vpc_endpoint,
    "AWS::KMS::Key": _each("keys", "kms.key"),
    "AWS::Lambda::EventSourceMapping": _polling,
    "AWS::OpenSearchServerless::Collection": _collection,
    "AWS::OpenSearchService::Domain": _domain,
    "AWS::SageMaker::Endpoint": lambda _one, _all: [],
    "AWS::SageMaker::EndpointConfig": _endpoint_configuration,
    "AWS::SageMaker::Model": lambda _one, _all: [],
    "AWS::SecretsManager::Secret": _each("secrets", "secretsmanager.secret"),
}
