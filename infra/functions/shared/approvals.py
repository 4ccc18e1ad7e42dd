"""Which versions of a group are approved, and since when: the champion is the one that was approved last.

It is the rule of `registry`, which functions cannot import: tests/infra/test_approvals.py compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

AS, AT = "decided_as", "decided_at"
"""Keys of a version's metadata, in the words of `registry/sagemaker.py`."""

Described = Mapping[str, Any]
"""What DescribeModelPackage says of a version."""


def approved(sagemaker: Any, group: str, heard_of: str | None = None) -> list[Described]:
    """Return the approved versions of `group`, the champion last; `sagemaker` is boto3's client.

    `heard_of` is the ARN of a version that an event told of: the list may not show it as approved yet.
    """
    pages = sagemaker.get_paginator("list_model_packages").paginate(
        ModelPackageGroupName=group, ModelApprovalStatus="Approved"
    )
    listed = {one["ModelPackageArn"] for page in pages for one in page["ModelPackageSummaryList"]}
    told = set() if heard_of is None else {heard_of}
    described = [sagemaker.describe_model_package(ModelPackageName=arn) for arn in told | listed]
    found = [one for one in described if one["ModelApprovalStatus"] == "Approved"]
    return sorted(found, key=lambda one: (approved_at(one), one["ModelPackageVersion"]))


def approved_at(described: Described) -> datetime:
    """Return when a version was approved: as it says itself, else when it was changed last."""
    changed: datetime = described.get("LastModifiedTime", described["CreationTime"])
    return noted_at(described) or changed


def noted_at(described: Described) -> datetime | None:
    """Return when a version was approved, as it says itself; None where it does not."""
    metadata = described.get("CustomerMetadataProperties", {})
    return datetime.fromisoformat(metadata[AT]) if metadata.get(AS) == "Approved" else None


def archive_of(described: Described) -> str | None:
    """Return the URI of a version's weights, None where it names none."""
    containers = described.get("InferenceSpecification", {}).get("Containers", [{}])
    uri: str | None = containers[0].get("ModelDataUrl")
    return uri
