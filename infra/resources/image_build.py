"""Builds a container image in the account, for people without Docker: `aws codebuild start-build`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from infra.nag import acknowledge
from infra.resources.access import ANY, allow, from_here
from infra.resources.function import retention
from pipelines.place import Place

_ROOT = Path(__file__).parents[2]
_BASE = "public.ecr.aws/docker/library/python:3.11.14-slim-bookworm"
"""The Dockerfile's base from Amazon's mirror: Docker Hub counts pulls, and builders share an address."""
_PUSH = (
    *("BatchCheckLayerAvailability", "BatchGetImage", "CompleteLayerUpload", "DescribeImages"),
    *("GetDownloadUrlForLayer", "InitiateLayerUpload", "PutImage", "UploadLayerPart"),
)


class ImageBuild(Construct):
    """`project` builds ``containers/IMAGE/Dockerfile`` from this checkout and pushes it as `tag`."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        image: str,
        tag: str,
        place: Place,
        repository: ecr.IRepository,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, name)
        source = context_of(self)
        log = logs.LogGroup(
            self,
            "Log",
            retention=retention(place.environment.log_retention_days),
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        role = _role(self, place=place, repository=repository, source=source, log=log, key=key)
        self.project = codebuild.Project(
            self,
            "Project",
            project_name=f"{place.prefix}-image-{image}",
            description=f"Builds glyphline-{image}:{tag} and pushes it",
            role=role.without_policy_updates(),  # CDK would add what is not needed
            source=codebuild.Source.s3(bucket=source.bucket, path=source.s3_object_key),
            environment=codebuild.BuildEnvironment(
                build_image=codebuild.LinuxBuildImage.STANDARD_7_0, privileged=True
            ),
            environment_variables={
                key: codebuild.BuildEnvironmentVariable(value=value)
                for key, value in {
                    "IMAGE": image,
                    "TAG": tag,
                    "REPOSITORY": repository.repository_name,
                    "URI": place.image_uri(image, tag),
                    "BASE_IMAGE": _BASE,
                }.items()
            },
            build_spec=codebuild.BuildSpec.from_object(_STEPS),
            encryption_key=key,
            logging=codebuild.LoggingOptions(cloud_watch=codebuild.CloudWatchLoggingOptions(log_group=log)),
            timeout=cdk.Duration.hours(1),
        )
        reason = "docker builds images only as root; the project runs nothing but this checkout's Dockerfile"
        acknowledge(self.project, "CB3", reason)


_STEPS: dict[str, Any] = {
    "version": 0.2,
    "phases": {
        "pre_build": {
            "commands": [
                'if aws ecr describe-images --repository-name "$REPOSITORY" --image-ids "imageTag=$TAG"; '
                'then echo "$URI is there, and a version never changes: raise it in pyproject.toml"; '
                "exit 1; fi",
                'aws ecr get-login-password | docker login --username AWS --password-stdin "${URI%%/*}"',
            ]
        },
        "build": {
            "on-failure": "ABORT",
            "commands": [
                # SageMaker refuses OCI manifests: github.com/aws/amazon-sagemaker-feedback/issues/180
                'docker buildx build --provenance=false --output type=docker --tag "$URI" '
                '--file "containers/$IMAGE/Dockerfile" --build-arg "BASE_IMAGE=$BASE_IMAGE" .',
                'docker push "$URI"',
            ],
        },
    },
}


def context_of(scope: Construct) -> assets.Asset:
    """Return what the Dockerfile may copy, and the Dockerfiles, as a file that `cdk deploy` uploads."""
    lines = (_ROOT / ".dockerignore").read_text().splitlines()
    ignored = [line for line in lines if line and not line.startswith("#")]
    return assets.Asset(
        scope,
        "Context",
        path=str(_ROOT),
        exclude=[*ignored, "!containers/*/Dockerfile"],
        ignore_mode=cdk.IgnoreMode.DOCKER,
    )


def _role(
    scope: Construct,
    *,
    place: Place,
    repository: ecr.IRepository,
    source: assets.Asset,
    log: logs.ILogGroup,
    key: kms.IKey,
) -> iam.Role:
    role = iam.Role(
        scope,
        "Role",
        description="Pushes images; reads what they are built from",
        assumed_by=iam.ServicePrincipal("codebuild.amazonaws.com", conditions=from_here(place)),
    )
    statements = [
        allow([f"ecr:{one}" for one in _PUSH], [repository.repository_arn]),
        allow(["ecr:GetAuthorizationToken"], [ANY]),
        allow(["s3:GetObject", "s3:GetObjectVersion"], [source.bucket.arn_for_objects(source.s3_object_key)]),
        # the group's ARN ends in :*, which stands for its streams, too
        allow(["logs:CreateLogStream", "logs:PutLogEvents"], [log.log_group_arn]),
        allow(["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"], [key.key_arn]),
    ]
    for statement in statements:
        role.add_to_policy(statement)
    return role
