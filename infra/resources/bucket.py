"""A bucket as all of ours are: private, encrypted, versioned, TLS only, its events on EventBridge."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

TIDY = s3.LifecycleRule(
    abort_incomplete_multipart_upload_after=cdk.Duration.days(7),
    noncurrent_version_expiration=cdk.Duration.days(90),
)
"""What every bucket has: nobody sees, but pays for, old versions and uploads that never ended."""


class PrivateBucket(s3.Bucket):
    """`logs` receives who accessed it; `rules` are life cycle rules beside those that all have."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        bucket_name: str,
        key: kms.IKey,
        logs: s3.IBucket,
        removal: cdk.RemovalPolicy,
        rules: Sequence[s3.LifecycleRule] = (),
    ) -> None:
        super().__init__(
            scope,
            name,
            bucket_name=bucket_name,
            encryption=s3.BucketEncryption.KMS,
            encryption_key=key,
            bucket_key_enabled=True,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            versioned=True,
            removal_policy=removal,
            server_access_logs_bucket=logs,
            server_access_logs_prefix=f"{name.lower()}/",
            lifecycle_rules=[TIDY, *rules],
        )
        # event_bridge_enabled=True would add a custom resource with a Lambda function of its own
        resource = self.node.default_child
        assert isinstance(resource, s3.CfnBucket)
        resource.add_property_override(
            "NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled", True
        )
