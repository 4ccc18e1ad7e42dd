"""Which versions of a group are approved: the one that was approved last is to serve."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .notes import BY, EARLIER, WHY, last_change, noted_at


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


def approved(sagemaker: Any, group: str, heard_of: str | None) -> list[Version]:
    """Return the approved versions of `group`, the champion last, as `registry/rules.py` says it.

    `heard_of` is the ARN of a version that an event told of, None where it was the clock: the list may not
    show it as approved yet.
    """
    pages = sagemaker.get_paginator("list_model_packages").paginate(
        ModelPackageGroupName=group, ModelApprovalStatus="Approved"
    )
    listed = (one["ModelPackageArn"] for page in pages for one in page["ModelPackageSummaryList"])
    told = set() if heard_of is None else {heard_of}
    described = [sagemaker.describe_model_package(ModelPackageName=arn) for arn in told | {*listed}]
    found = [_version(one) for one in described if one["ModelApprovalStatus"] == "Approved"]
    return sorted(found, key=lambda one: (one.when, one.number))


def _version(described: dict[str, Any]) -> Version:
    noted, metadata = noted_at(described), described.get("CustomerMetadataProperties", {})
    who, when = last_change(described)
    if noted is not None:
        who, when = metadata[BY], noted
    containers = described.get("InferenceSpecification", {}).get("Containers", [{}])
    return Version(
        group=described["ModelPackageGroupName"],
        number=described["ModelPackageVersion"],
        arn=described["ModelPackageArn"],
        who=who,
        when=when,
        why="" if metadata.get(WHY) == EARLIER else described.get("ApprovalDescription", ""),
        noted=noted is not None,
        archive=containers[0].get("ModelDataUrl"),
        registered=described["CreationTime"],
    )
