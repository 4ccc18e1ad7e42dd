"""Which version of a group is to serve: the one that was approved last."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

_CLOCKS_DIFFER = timedelta(minutes=5)
"""AWS refuses a request whose signature is further from its own time than this."""
_NOT_IN_METADATA = re.compile(r"[^\w .:/=+@-]")
_LONGEST_VALUE = 256


@dataclass(frozen=True, slots=True)
class Version:
    """An approved version of a model: by whom, when and why; who and why are empty where nobody said it.

    `noted`: the version itself says who and when, not only who changed it last. `archive` is the URI of its
    weights, None where it has none; it was `registered` after they were written.
    """

    group: str
    number: int
    arn: str
    who: str
    when: datetime
    why: str
    noted: bool
    archive: str | None
    registered: datetime


def champion(sagemaker: Any, group: str, heard_of: str | None) -> Version | None:
    """Return the version of `group` that was approved most recently, as `registry/rules.py` says it.

    `heard_of` is the ARN of a version that an event told of, None where it was the clock: the list may not
    show it as approved yet.
    """
    pages = sagemaker.get_paginator("list_model_packages").paginate(
        ModelPackageGroupName=group, ModelApprovalStatus="Approved"
    )
    listed = (one["ModelPackageArn"] for page in pages for one in page["ModelPackageSummaryList"])
    told = set() if heard_of is None else {heard_of}
    described = [sagemaker.describe_model_package(ModelPackageName=arn) for arn in told | {*listed}]
    approved = [_version(one) for one in described if one["ModelApprovalStatus"] == "Approved"]
    return max(approved, key=lambda one: (one.when, one.number), default=None)


def note(sagemaker: Any, arn: str, when: datetime) -> None:
    """Let a version that was approved in Studio say by whom and when, as `registry/sagemaker.py` lets it.

    Studio only leaves who changed the version last, and the next edit of a description would look just the
    same.
    """
    described = sagemaker.describe_model_package(ModelPackageName=arn)
    if described["ModelApprovalStatus"] != "Approved":  # rejected since
        return
    noted = _noted_at(described)
    if noted is not None and when - noted <= _CLOCKS_DIFFER:  # it is that very decision
        return
    said = {
        "decided_by": _NOT_IN_METADATA.sub("_", _last_change(described)[0])[:_LONGEST_VALUE] or "unknown",
        "decided_at": when.isoformat(),
        "decided_as": "Approved",
    }
    sagemaker.update_model_package(
        ModelPackageArn=arn,
        CustomerMetadataProperties={**described.get("CustomerMetadataProperties", {}), **said},
    )


def _version(described: dict[str, Any]) -> Version:
    noted = _noted_at(described)
    who, when = _last_change(described)
    if noted is not None:
        who, when = described["CustomerMetadataProperties"]["decided_by"], noted
    containers = described.get("InferenceSpecification", {}).get("Containers", [{}])
    return Version(
        group=described["ModelPackageGroupName"],
        number=described["ModelPackageVersion"],
        arn=described["ModelPackageArn"],
        who=who,
        when=when,
        why=described.get("ApprovalDescription", ""),
        noted=noted is not None,
        archive=containers[0].get("ModelDataUrl"),
        registered=described["CreationTime"],
    )


def _noted_at(described: dict[str, Any]) -> datetime | None:
    """Return when the version was approved, as it says itself."""
    metadata = described.get("CustomerMetadataProperties", {})
    return (
        datetime.fromisoformat(metadata["decided_at"]) if metadata.get("decided_as") == "Approved" else None
    )


def _last_change(described: dict[str, Any]) -> tuple[str, datetime]:
    person = described.get("LastModifiedBy", described.get("CreatedBy", {}))
    who = person.get("UserProfileName") or person.get("IamIdentity", {}).get("Arn", "")
    return who, described.get("LastModifiedTime", described["CreationTime"])
