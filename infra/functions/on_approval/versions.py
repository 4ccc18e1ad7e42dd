"""Which version of a group is to serve: the one that was approved last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

_CLOCKS_DIFFER = timedelta(minutes=5)
"""AWS refuses a request whose signature is further from its own time than this."""


@dataclass(frozen=True, slots=True)
class Version:
    """An approved version of a model: by whom, when and why; who and why are empty where nobody said it.

    `mark` is what only an approval changes, and no edit of a description.
    """

    group: str
    number: int
    arn: str
    who: str
    when: datetime
    why: str
    mark: str = ""


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


def _version(described: dict[str, Any]) -> Version:
    """Read who decided where `registry/sagemaker.py` notes it; Studio only notes who changed it last.

    Studio keeps what was noted before: it holds only while nobody has changed the version since.
    """
    metadata, why = described.get("CustomerMetadataProperties", {}), described.get("ApprovalDescription", "")
    changed = described.get("LastModifiedTime", described["CreationTime"])
    person = described.get("LastModifiedBy", described.get("CreatedBy", {}))
    who, when = person.get("UserProfileName") or person.get("IamIdentity", {}).get("Arn", ""), changed
    noted = metadata["decided_at"] if metadata.get("decided_as") == "Approved" else ""
    if noted and abs(changed - datetime.fromisoformat(noted)) <= _CLOCKS_DIFFER:
        who, when = metadata["decided_by"], datetime.fromisoformat(noted)
    return Version(
        group=described["ModelPackageGroupName"],
        number=described["ModelPackageVersion"],
        arn=described["ModelPackageArn"],
        who=who,
        when=when,
        why=why,
        mark=f"{noted} {why}",
    )
