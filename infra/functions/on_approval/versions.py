"""Which version of a group is to serve: the one that was approved last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Version:
    """An approved version of a model: by whom, when and why; who and why are empty where nobody said it."""

    group: str
    number: int
    arn: str
    who: str
    when: datetime
    why: str


def champion(sagemaker: Any, group: str, heard_of: str) -> Version | None:
    """Return the version of `group` that was approved most recently, as `registry/rules.py` says it.

    `heard_of` is the ARN of a version that an event told of: the list may not show it as approved yet.
    """
    pages = sagemaker.get_paginator("list_model_packages").paginate(
        ModelPackageGroupName=group, ModelApprovalStatus="Approved"
    )
    listed = (one["ModelPackageArn"] for page in pages for one in page["ModelPackageSummaryList"])
    described = [sagemaker.describe_model_package(ModelPackageName=arn) for arn in {heard_of, *listed}]
    approved = [_version(one) for one in described if one["ModelApprovalStatus"] == "Approved"]
    return max(approved, key=lambda one: (one.when, one.number), default=None)


def _version(described: dict[str, Any]) -> Version:
    """Read who decided where `registry/sagemaker.py` notes it; Studio only notes who changed it last."""
    metadata = described.get("CustomerMetadataProperties", {})
    if metadata.get("decided_as") == "Approved":
        who, when = metadata["decided_by"], datetime.fromisoformat(metadata["decided_at"])
    else:
        person = described.get("LastModifiedBy", described.get("CreatedBy", {}))
        who = person.get("UserProfileName") or person.get("IamIdentity", {}).get("Arn", "")
        when = described.get("LastModifiedTime", described["CreationTime"])
    return Version(
        group=described["ModelPackageGroupName"],
        number=described["ModelPackageVersion"],
        arn=described["ModelPackageArn"],
        who=who,
        when=when,
        why=described.get("ApprovalDescription", ""),
    )
