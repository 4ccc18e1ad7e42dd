"""A repository of container images: a tag is pushed once, scanned, and kept while anything may name it."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_kms as kms
from constructs import Construct

from config.environment import Environment
from config.tasks import load_family

_KEPT = 50


def images_of(environment: Environment) -> tuple[str, ...]:
    """Return the names of the images that the environment's families run in."""
    return tuple(sorted({load_family(name).training.image for name in environment.families}))


class ImageRepository(ecr.Repository):
    """A version's image never changes: what was evaluated is what serves."""

    def __init__(
        self, scope: Construct, name: str, *, repository_name: str, key: kms.IKey, removal: cdk.RemovalPolicy
    ) -> None:
        super().__init__(
            scope,
            name,
            repository_name=repository_name,
            image_tag_mutability=ecr.TagMutability.IMMUTABLE,
            image_scan_on_push=True,
            encryption=ecr.RepositoryEncryption.KMS,
            encryption_key=key,
            empty_on_delete=removal == cdk.RemovalPolicy.DESTROY,
            removal_policy=removal,
            lifecycle_rules=[
                ecr.LifecycleRule(
                    description="What lost its tag", tag_status=ecr.TagStatus.UNTAGGED, max_image_age=_WEEK
                ),
                ecr.LifecycleRule(description="Old versions", max_image_count=_KEPT),
            ],
        )


_WEEK = cdk.Duration.days(7)
