"""Which versions of a group are approved: the one that was approved last is to serve."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..shared import approvals
from ..shared.approvals import Described
from .notes import BY, EARLIER, WHY, changed_by


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
    """Return the approved versions of `group`, the champion last.

    `heard_of` is the ARN of a version that an event told of, None where it was the clock.
    """
    return [_version(one) for one in approvals.approved(sagemaker, group, heard_of)]


def _version(described: Described) -> Version:
    metadata = described.get("CustomerMetadataProperties", {})
    noted = approvals.noted_at(described) is not None
    return Version(
        group=described["ModelPackageGroupName"],
        number=described["ModelPackageVersion"],
        arn=described["ModelPackageArn"],
        who=metadata[BY] if noted else changed_by(described),
        when=approvals.approved_at(described),
        why="" if metadata.get(WHY) == EARLIER else described.get("ApprovalDescription", ""),
        noted=noted,
        archive=approvals.archive_of(described),
        registered=described["CreationTime"],
    )
