"""Where data lies: one key and four buckets, and a fifth for who accessed them."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.resources.bucket import TIDY, PrivateBucket
from infra.stack import EnvironmentStack
from pipelines.place import BucketKind, Place

DATA: tuple[BucketKind, ...] = ("raw", "labelled", "snapshots", "artifacts")
_CHECKPOINTS = cdk.Duration.days(14)


class StorageStack(EnvironmentStack):
    """`key` encrypts everything of the environment; `buckets` are by what they hold."""

    def __init__(self, scope: Construct, *, place: Place) -> None:
        super().__init__(scope, "storage", place=place, description="Data, artifacts and their key")
        self.key = kms.Key(
            self,
            "Key",
            alias=f"alias/{place.prefix}",
            enable_key_rotation=True,
            removal_policy=self.removal,
        )
        self.logs = s3.Bucket(
            self,
            "AccessLogs",
            bucket_name=place.bucket("logs"),
            encryption=s3.BucketEncryption.S3_MANAGED,  # S3 writes access logs with its own key only
            enforce_ssl=True,
            minimum_tls_version=1.2,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            versioned=True,
            removal_policy=self.removal,
            lifecycle_rules=[TIDY, s3.LifecycleRule(expiration=cdk.Duration.days(365))],
        )
        self.buckets = {
            kind: PrivateBucket(
                self,
                kind.capitalize(),
                bucket_name=place.bucket(kind),
                key=self.key,
                logs=self.logs,
                removal=self.removal,
                rules=_rules(kind),
            )
            for kind in DATA
        }
        if place.environment.labelling.backend == "ground-truth":
            # without it every task fails: the page reads each drawing's EXIF orientation from another origin,
            # which AWS does not name; who may read is still said by the URL's signature. Source:
            # https://docs.aws.amazon.com/sagemaker/latest/dg/sms-cors-update.html
            self.buckets["raw"].add_cors_rule(
                allowed_methods=[s3.HttpMethods.GET, s3.HttpMethods.HEAD],
                allowed_origins=["*"],
                exposed_headers=["Access-Control-Allow-Origin"],
            )


def _rules(kind: BucketKind) -> list[s3.LifecycleRule]:
    """Checkpoints serve a training that was interrupted; afterwards nobody wants them."""
    if kind != "artifacts":
        return []
    return [s3.LifecycleRule(prefix="checkpoints/", expiration=_CHECKPOINTS)]
