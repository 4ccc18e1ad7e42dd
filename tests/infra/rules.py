"""What must hold for every template, whoever adds stacks: each function returns what breaks its rule.

A finding begins with the resource's name. `test_faults` breaks each rule once; `test_iam` holds the real
templates to them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from infra.wildcards import reason_for, text_of

Template = dict[str, Any]
Found = list[str]

# Services that do not say for which account they assume a role: https://docs.aws.amazon.com/lambda/latest/dg/
UNCONDITIONED = {"lambda.amazonaws.com"}


def of_type(template: Template, *types: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the names and properties of the resources of these types."""
    for name, one in template["Resources"].items():
        if one["Type"] in types:
            yield name, one.get("Properties", {})


def listed(value: Any) -> list[Any]:
    """Return a value that IAM takes alone or in a list as a list."""
    return value if isinstance(value, list) else [value]


def statements(template: Template) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield every policy statement with its resource's name and type, wherever it stands."""
    for name, one in template["Resources"].items():
        for statement in _statements(one.get("Properties", {})):
            yield name, one["Type"], statement


def _statements(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if isinstance(value.get("Statement"), list):
            yield from value["Statement"]
        for inner in value.values():
            yield from _statements(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _statements(inner)


def _is_own_keys_root(kind: str, statement: dict[str, Any]) -> bool:
    """Tell whether this lets the account's own policies decide about a key: without it nobody could."""
    principal = statement.get("Principal", {})
    return kind == "AWS::KMS::Key" and text_of(principal.get("AWS", "")).endswith(":root")


def wild_actions(template: Template) -> Found:
    """No action has a ``*``, and nobody is allowed everything but something."""
    return [
        f"{name}: {action}"
        for name, kind, one in statements(template)
        if one["Effect"] == "Allow" and not _is_own_keys_root(kind, one)
        for action in [*listed(one.get("Action", [])), *(["NotAction"] if "NotAction" in one else [])]
        if "*" in action or action == "NotAction"
    ]


def wild_resources(template: Template) -> Found:
    """A right has a ``*`` in its resource only for a reason: `infra.wildcards` has them all."""
    return [
        f"{name}: {listed(one['Action'])} on {resource}"
        for name, kind, one in statements(template)
        if kind.startswith("AWS::IAM::") and one["Effect"] == "Allow" and "Resource" in one
        for resource in map(text_of, listed(one["Resource"]))
        if "*" in resource and reason_for(listed(one["Action"]), resource) is None
    ]


def open_to_all(template: Template) -> Found:
    """No role is for everybody, and nothing else is without a condition; a VPC's endpoint is for the VPC."""
    return [
        f"{name}: {one['Principal']}"
        for name, kind, one in statements(template)
        if one["Effect"] == "Allow" and kind != "AWS::EC2::VPCEndpoint" and "Principal" in one
        if _is_everybody(one["Principal"]) and (kind == "AWS::IAM::Role" or not one.get("Condition"))
    ]


def _is_everybody(principal: Any) -> bool:
    return principal == "*" or any(one == "*" for value in principal.values() for one in listed(value))


def confused_deputies(template: Template) -> Found:
    """A service assumes a role for this account only."""
    return [
        f"{name}: {service}"
        for name, role in of_type(template, "AWS::IAM::Role")
        for one in role["AssumeRolePolicyDocument"]["Statement"]
        for service in listed(one["Principal"].get("Service", []))
        if service not in UNCONDITIONED
        if not any("aws:SourceAccount" in said for said in one.get("Condition", {}).values())
    ]


def open_buckets(template: Template) -> Found:
    """Every bucket is private, encrypted, versioned and TLS only."""
    found = []
    refused = {
        text_of(policy["Bucket"])
        for _, policy in of_type(template, "AWS::S3::BucketPolicy")
        for one in policy["PolicyDocument"]["Statement"]
        if one["Effect"] == "Deny"
        if one.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport") == "false"
    }
    blocks = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    for name, said in of_type(template, "AWS::S3::Bucket"):
        block = said.get("PublicAccessBlockConfiguration", {})
        if not all(block.get(one) is True for one in blocks):
            found.append(f"{name}: may be public")
        if "BucketEncryption" not in said:
            found.append(f"{name}: not encrypted")
        if said.get("VersioningConfiguration") != {"Status": "Enabled"}:
            found.append(f"{name}: not versioned")
        if f"<{name}>" not in refused:
            found.append(f"{name}: without TLS")
    return found


def lossy_queues(template: Template) -> Found:
    """What a queue cannot hand on goes to another queue, and none is in the clear."""
    queues = dict(of_type(template, "AWS::SQS::Queue"))
    targets = {
        text_of(one["RedrivePolicy"]["deadLetterTargetArn"])
        for one in queues.values()
        if "RedrivePolicy" in one
    }
    lossy = [
        f"{name}: no dead letter queue"
        for name, said in queues.items()
        if "RedrivePolicy" not in said and f"<{name}.Arn>" not in targets
    ]
    encrypted = ("KmsMasterKeyId", "SqsManagedSseEnabled")
    return lossy + [
        f"{name}: not encrypted" for name, said in queues.items() if not any(map(said.get, encrypted))
    ]


def endless_logs(template: Template) -> Found:
    """Every log ends: groups have a retention, and functions a group."""
    groups = of_type(template, "AWS::Logs::LogGroup")
    functions = of_type(template, "AWS::Lambda::Function")
    return [f"{name}: kept for ever" for name, said in groups if not said.get("RetentionInDays")] + [
        f"{name}: a group that Lambda makes"
        for name, said in functions
        if not said.get("LoggingConfig", {}).get("LogGroup")
    ]


_PUBLIC_TYPES = {
    *("AWS::EC2::InternetGateway", "AWS::EC2::NatGateway", "AWS::EC2::EIP", "AWS::Lambda::Url"),
    *("AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api", "AWS::CloudFront::Distribution"),
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
}


def public_endpoints(template: Template) -> Found:
    """Nothing listens to the internet."""
    found = [
        f"{name}: {one['Type']}"
        for name, one in template["Resources"].items()
        if one["Type"] in _PUBLIC_TYPES
    ]
    for name, said in of_type(template, "AWS::EC2::SecurityGroup"):
        found += [f"{name}: ingress" for one in said.get("SecurityGroupIngress", []) if _from_anywhere(one)]
    for name, said in of_type(template, "AWS::EC2::SecurityGroupIngress"):
        found += [f"{name}: ingress"] if _from_anywhere(said) else []
    for name, said in of_type(template, "AWS::EC2::Subnet"):
        found += [f"{name}: public addresses"] if said.get("MapPublicIpOnLaunch") else []
    for name, said in of_type(template, "AWS::OpenSearchService::Domain"):
        found += [] if said.get("VPCOptions") else [f"{name}: outside a VPC"]
    for name, said in of_type(template, "AWS::OpenSearchServerless::SecurityPolicy"):
        if said["Type"] == "network" and any(one.get("AllowFromPublic") for one in _policy(said["Policy"])):
            found.append(f"{name}: a collection for the internet")
    return found


def _from_anywhere(rule: dict[str, Any]) -> bool:
    return rule.get("CidrIp") == "0.0.0.0/0" or rule.get("CidrIpv6") == "::/0"


def _policy(text: Any) -> list[dict[str, Any]]:
    """Return a policy that CloudFormation takes as text; references in it do not matter here."""
    policy: list[dict[str, Any]] = json.loads(text_of(text))
    return policy


def unknown_versions(template: Template) -> Found:
    """A search domain has a version that exists; neither CloudFormation's schema nor cfn-lint knows them."""
    from aws_cdk.aws_opensearchservice import EngineVersion

    known = {
        getattr(EngineVersion, one).version for one in dir(EngineVersion) if one.startswith("OPENSEARCH_")
    }
    return [
        f"{name}: {said.get('EngineVersion')}"
        for name, said in of_type(template, "AWS::OpenSearchService::Domain")
        if said.get("EngineVersion") not in known
    ]


_EVENT = {
    *(
        "account",
        "detail",
        "detail-type",
        "id",
        "region",
        "replay-name",
        "resources",
        "source",
        "time",
        "version",
    ),
}
EVENTS: dict[tuple[str, str], set[str]] = {
    ("aws.s3", "Object Created"): {
        *(
            "bucket",
            "deletion-type",
            "object",
            "reason",
            "request-id",
            "requester",
            "source-ip-address",
            "version",
        ),
    },
    ("aws.sagemaker", "SageMaker Model Building Pipeline Execution Status Change"): {
        *("currentPipelineExecutionStatus", "executionEndTime", "executionStartTime", "pipelineArn"),
        *("pipelineExecutionArn", "pipelineExecutionDescription", "pipelineExecutionDisplayName"),
        "previousPipelineExecutionStatus",
    },
    ("aws.sagemaker", "SageMaker Model Package State Change"): {
        *(
            "ApprovalDescription",
            "CertifyForMarketplace",
            "CreatedBy",
            "CreationTime",
            "CustomerMetadataProperties",
        ),
        *(
            "InferenceSpecification",
            "LastModifiedBy",
            "LastModifiedTime",
            "MetadataProperties",
            "ModelApprovalStatus",
        ),
        *("ModelCard", "ModelLifeCycle", "ModelMetrics", "ModelPackageArn", "ModelPackageDescription"),
        *("ModelPackageGroupName", "ModelPackageName", "ModelPackageStatus", "ModelPackageStatusDetails"),
        *("ModelPackageVersion", "SourceUri", "Tags", "UpdatedModelPackageFields"),
    },
    ("aws.sagemaker", "SageMaker Endpoint Deployment State Change"): {
        *("DeploymentStatus", "EndpointArn", "EndpointConfigName", "EndpointName", "EndpointStatus"),
        *("FailureReason", "Time"),
    },
    ("aws.sagemaker", "SageMaker Endpoint State Change"): {
        *(
            "CreationTime",
            "EndpointArn",
            "EndpointConfigName",
            "EndpointName",
            "EndpointStatus",
            "FailureReason",
        ),
        *("LastModifiedTime", "ProductionVariants", "Tags"),
    },
}
"""What the fields of a service's events are called; a rule that asks for another never fires.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html and
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
"""


def deaf_rules(template: Template) -> Found:
    """An event rule asks only for what its service's events have."""
    found = []
    for name, said in of_type(template, "AWS::Events::Rule"):
        pattern = said.get("EventPattern")
        if pattern is None:
            found += [] if said.get("ScheduleExpression") else [f"{name}: neither pattern nor schedule"]
            continue
        found += [f"{name}: no event has {key!r}" for key in pattern if key not in _EVENT]
        kinds = [
            (source, kind)
            for source in pattern.get("source", [""])
            for kind in pattern.get("detail-type", [""])
        ]
        found += [f"{name}: no such event: {kind}" for kind in kinds if kind not in EVENTS]
        fields = [key for key in pattern.get("detail", {}) if key != "$or"]
        found += [
            f"{name}: {kind[1]} has no {key!r}"
            for kind in kinds
            for key in fields
            if key not in EVENTS.get(kind, fields)
        ]
    return found


RULES = (
    *(wild_actions, wild_resources, open_to_all, confused_deputies, open_buckets, lossy_queues, endless_logs),
    *(public_endpoints, unknown_versions, deaf_rules),
)
