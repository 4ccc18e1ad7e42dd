"""What a version says of its approval: by whom and when, in the words of `registry/sagemaker.py`.

Studio only leaves who changed a version last, and the next edit of its description would look just the same.
So what it decides is written down when its event comes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ..shared.approvals import AS, AT, Described

BY, WHY = "decided_by", "decided_why"
EARLIER = "earlier"
"""Value of WHY: the version's ApprovalDescription may be that of an earlier decision."""

_CLOCKS_DIFFER = timedelta(minutes=5)
"""AWS refuses a request whose signature is further from its own time than this."""
_AT_ONCE = timedelta(seconds=5)
"""An event has whole seconds, and comes from a request that says when it was made."""
_NOT_IN_METADATA = re.compile(r"[^\w .:/=+@-]")
_LONGEST_VALUE = 256


@dataclass(frozen=True, slots=True)
class Change:
    """What changed a version: `when` by AWS's clock, and which of its `fields`, empty where nobody said."""

    when: datetime
    fields: frozenset[str] = frozenset()

    @property
    def decides(self) -> bool:
        """Whether a decision may be among it."""
        return not self.fields or "ModelApprovalStatus" in self.fields


def changed_by(described: Described) -> str:
    """Return who changed the version last, empty where nobody knows."""
    person = described.get("LastModifiedBy", described.get("CreatedBy", {}))
    who: str = person.get("UserProfileName") or person.get("IamIdentity", {}).get("Arn", "")
    return who


def note(sagemaker: Any, arn: str, change: Change) -> None:
    """Let the version `arn` say who approved it, if it does not; one that was rejected is left alone."""
    described = sagemaker.describe_model_package(ModelPackageName=arn)
    if described["ModelApprovalStatus"] != "Approved":
        return
    said: Mapping[str, str] = described.get("CustomerMetadataProperties", {})
    if more := _missing(said, change, changed_by(described)):
        sagemaker.update_model_package(ModelPackageArn=arn, CustomerMetadataProperties={**said, **more})


def _missing(said: Mapping[str, str], change: Change, who: str) -> dict[str, str]:
    """Return what must be added to what the version says (`said`) of the approval that was `change`."""
    at = change.when.isoformat()
    decided = datetime.fromisoformat(said[AT]) if AT in said else None
    if decided is not None:
        if "CustomerMetadataProperties" in change.fields:  # the command's: it says all, by its own clock
            return {AT: at} if decided - change.when > _AT_ONCE else {}
        known = _AT_ONCE if change.fields else _CLOCKS_DIFFER
        approved = said.get(AS) == "Approved"
        if change.when < decided or (approved and change.when - decided <= known):
            return {}  # an older event, or that very decision
    explained = decided is None or "ApprovalDescription" in change.fields
    return {
        AS: "Approved",
        BY: _NOT_IN_METADATA.sub("_", who)[:_LONGEST_VALUE] or "unknown",
        AT: at,
        WHY: "now" if explained else EARLIER,
    }
