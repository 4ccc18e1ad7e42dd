"""What the roles of an environment may do, in words that say it: each returns tight IAM statements.

Which action needs which resource: https://docs.aws.amazon.com/service-authorization/latest/reference/.
Tighter than CDK's `grant_*`, which ask for ``s3:GetObject*`` and the like.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aws_cdk import aws_iam as iam

from infra.resources.repository import images_of
from pipelines.place import BucketKind, Place, RoleKind

Statements = list[iam.PolicyStatement]

ANY = "*"
"""Resource of actions that take no other; `tests/infra/rules.py` lists which, and why."""


def allow(
    actions: Sequence[str], resources: Sequence[str], conditions: Mapping[str, Any] | None = None
) -> iam.PolicyStatement:
    """Return a statement that allows `actions` on `resources`."""
    return iam.PolicyStatement(actions=list(actions), resources=list(resources), conditions=conditions)


def deny(
    actions: Sequence[str], resources: Sequence[str], conditions: Mapping[str, Any] | None = None
) -> iam.PolicyStatement:
    """Return a statement that no other statement, here or elsewhere, overrules."""
    return iam.PolicyStatement(
        effect=iam.Effect.DENY, actions=list(actions), resources=list(resources), conditions=conditions
    )


def from_here(place: Place, operator: str = "StringEquals") -> dict[str, dict[str, str]]:
    """Return the condition that a service acts for this account.

    Of a service that AWS does not say to name the account, ask ``StringEqualsIfExists`` only.
    """
    return {operator: {"aws:SourceAccount": place.account}}


@dataclass(frozen=True, slots=True)
class Access:
    """The words for one environment; `keys` are the ARNs of the keys that its objects are encrypted with."""

    place: Place
    keys: tuple[str, ...]

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource of this account and region."""
        place = self.place
        return f"arn:{place.partition}:{service}:{place.environment.region}:{place.account}:{resource}"

    def sagemaker(self, *resources: str) -> list[str]:
        """Return the ARNs of SageMaker's `resources`."""
        return [self.arn("sagemaker", one) for one in resources]

    def named(self, *forms: str) -> list[str]:
        """Return the ARNs of SageMaker's resources for every family, ``{}`` standing for the name."""
        names = [self.place.name(one) for one in self.place.environment.families]
        return self.sagemaker(*(form.format(name) for form in forms for name in names))

    def read(self, kind: BucketKind, *folders: str) -> Statements:
        """Let read a bucket, or `folders` of it."""
        bucket = self._bucket(kind)
        only = (
            {"StringLike": {"s3:prefix": [p for one in folders for p in (one, f"{one}/*")]}}
            if folders
            else None
        )
        return [
            allow(["s3:GetObject"], self._objects(kind, folders)),
            allow(["s3:ListBucket"], [bucket], only),
            allow(["s3:GetBucketLocation"], [bucket]),
            self._through_s3("kms:Decrypt"),
        ]

    def write(self, kind: BucketKind, *folders: str) -> Statements:
        """Let write to a bucket, or to `folders` of it; nothing can be deleted."""
        return [
            allow(["s3:PutObject", "s3:AbortMultipartUpload"], self._objects(kind, folders)),
            self._through_s3(
                "kms:Decrypt", "kms:GenerateDataKey"
            ),  # many parts: each is decrypted to be joined
        ]

    def pull(self) -> Statements:
        """Let pull the environment's images."""
        layers = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        return [allow(layers, self.repositories()), allow(["ecr:GetAuthorizationToken"], [ANY])]

    def repositories(self) -> list[str]:
        """Return the ARNs of the repositories of the environment's images."""
        names = [self.place.repository(image) for image in images_of(self.place.environment)]
        return [self.arn("ecr", f"repository/{name}") for name in names]

    def report(self, *groups: str) -> Statements:
        """Let write logs to SageMaker's groups, and the metrics that SageMaker shows beside them.

        Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
        (only tagging takes the ARN of a group without ``:*``).
        """
        names = [self.arn("logs", f"log-group:/aws/sagemaker/{one}") for one in groups]
        namespaces = {"StringLike": {"cloudwatch:namespace": ["/aws/sagemaker/*", "AWS/SageMaker"]}}
        return [
            allow(["logs:CreateLogGroup", "logs:DescribeLogStreams"], [f"{one}:*" for one in names]),
            allow(["logs:CreateLogStream", "logs:PutLogEvents"], [f"{one}:log-stream:*" for one in names]),
            allow(["cloudwatch:PutMetricData"], [ANY], namespaces),
        ]

    def join_network(self) -> Statements:
        """Let a job's instance have an interface in the environment's network, if it has one.

        Source: https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html
        """
        network = self.place.environment.network
        if network is None:
            return []
        interfaces = self.arn("ec2", "network-interface/*")
        subnets = [self.arn("ec2", f"subnet/{one}") for one in network.subnets]
        groups = [self.arn("ec2", f"security-group/{one}") for one in network.security_groups]
        of_ours = {"ArnEquals": {"ec2:Subnet": subnets}}
        look = ["DhcpOptions", "NetworkInterfaces", "SecurityGroups", "Subnets", "Vpcs"]
        change = [f"ec2:{verb}NetworkInterfacePermission" for verb in ("Create", "Delete")]
        return [
            allow(["ec2:CreateNetworkInterface"], [interfaces, *subnets, *groups]),
            allow([*change, "ec2:DeleteNetworkInterface"], [interfaces], of_ours),
            allow([f"ec2:Describe{one}" for one in look], [ANY]),
        ]

    def pass_on(self, *kinds: RoleKind) -> Statements:
        """Let hand these roles to SageMaker, and to nothing else."""
        to = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
        return [allow(["iam:PassRole"], [self.place.role_arn(kind) for kind in kinds], to)]

    def _bucket(self, kind: BucketKind) -> str:
        return f"arn:{self.place.partition}:s3:::{self.place.bucket(kind)}"

    def _objects(self, kind: BucketKind, folders: Sequence[str]) -> list[str]:
        bucket = self._bucket(kind)
        return [f"{bucket}/{one}/*" for one in folders] if folders else [f"{bucket}/*"]

    def _through_s3(self, *actions: str) -> iam.PolicyStatement:
        region, china = self.place.environment.region, self.place.partition == "aws-cn"
        service = f"s3.{region}.amazonaws.com{'.cn' if china else ''}"
        return allow(actions, self.keys, {"StringEquals": {"kms:ViaService": service}})
