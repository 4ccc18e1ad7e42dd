"""Where data lies: every bucket private, encrypted, versioned, TLS only, heard by EventBridge."""

from typing import Any


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
