"""Where data lies: every bucket private, encrypted, versioned, TLS only, heard by EventBridge."""

import json
from pathlib import Path
from typing import Any

import pytest
from alone import place_of


def test_no_bucket_is_open(templates: dict[str, dict[str, Any]]) -> None:
    resources = templates["glyphline-prod-storage"]["Resources"]
    buckets = {name: one for name, one in resources.items() if one["Type"] == "AWS::S3::Bucket"}
    assert len(buckets) == 5
    for name, one in buckets.items():
        said = one["Properties"]
        assert set(said["PublicAccessBlockConfiguration"].values()) == {True}, name
        assert said["VersioningConfiguration"] == {"Status": "Enabled"}
        assert one["DeletionPolicy"] == "Retain"
        kinds = {kind for rule in said["LifecycleConfiguration"]["Rules"] for kind in rule}
        assert {"NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload"} <= kinds, name
        if not said["BucketName"].startswith("glyphline-prod-logs"):
            (rule,) = said["BucketEncryption"]["ServerSideEncryptionConfiguration"]
            assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
            assert said["NotificationConfiguration"]["EventBridgeConfiguration"]["EventBridgeEnabled"] is True
            assert said["LoggingConfiguration"]["LogFilePrefix"]
    refused = [
        statement["Condition"]
        for one in resources.values()
        if one["Type"] == "AWS::S3::BucketPolicy"
        for statement in one["Properties"]["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny"
    ]
    assert refused.count({"Bool": {"aws:SecureTransport": "false"}}) == 5


@pytest.mark.parametrize(("backend", "readable"), [("ground-truth", ["raw"]), ("none", [])])
def test_only_pages_of_ground_truth_read_drawings_from_another_origin(
    backend: str, readable: list[str]
) -> None:
    import aws_cdk as cdk
    from aws_cdk.assertions import Template

    from infra.stacks.storage import StorageStack

    place = place_of(labelling={"backend": backend})
    app = cdk.App(context=json.loads(Path("cdk.json").read_text())["context"])
    resources = Template.from_stack(StorageStack(app, place=place)).to_json()["Resources"].values()
    open_ = {
        one["Properties"]["BucketName"]: one["Properties"]["CorsConfiguration"]["CorsRules"]
        for one in resources
        if one["Type"] == "AWS::S3::Bucket" and "CorsConfiguration" in one["Properties"]
    }
    assert list(open_) == [place.bucket(kind) for kind in readable]  # type: ignore[arg-type]
    assert all(one["AllowedMethods"] == ["GET", "HEAD"] for rules in open_.values() for one in rules)
