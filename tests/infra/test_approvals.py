"""The functions and the registry agree who is champion, whoever approved and wherever the time was noted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from infra.functions.shared.approvals import approved
from registry.sagemaker import SagemakerRegistry

GROUP = "glyphline-dev-pid-rec"
STATUSES = ("Approved", "Rejected", "PendingManualApproval")
TIMES = st.builds(
    lambda minutes, hours: datetime(2026, 5, 4, 12, minutes, tzinfo=timezone(timedelta(hours=hours))),
    st.integers(0, 3),  # few: two are often at the same time
    st.sampled_from([0, 1, -1]),
)


@st.composite
def versions(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Return versions as SageMaker describes them, decided by the command, in Studio, or by both in turn."""
    described = []
    for number in range(1, draw(st.integers(0, 5)) + 1):
        one: dict[str, Any] = {
            "ModelPackageGroupName": GROUP,
            "ModelPackageVersion": number,
            "ModelPackageArn": f"arn:aws:sagemaker:eu-central-1:123456789012:model-package/{GROUP}/{number}",
            "ModelApprovalStatus": draw(st.sampled_from(STATUSES)),
            "CreationTime": draw(TIMES),
        }
        if draw(st.booleans()):
            one["LastModifiedTime"] = draw(TIMES)
        if draw(st.booleans()):
            decided = {"decided_as": draw(st.sampled_from(STATUSES[:2])), "decided_by": "ada"}
            one["CustomerMetadataProperties"] = decided | {"decided_at": draw(TIMES).isoformat()}
        described.append(one)
    return described


@dataclass(frozen=True)
class Sagemaker:
    """An account with one group."""

    versions: Sequence[Mapping[str, Any]]
    unlisted: str = ""

    def get_paginator(self, operation: str) -> Any:
        return {"list_model_package_groups": Groups(), "list_model_packages": self}[operation]

    def paginate(self, *, ModelApprovalStatus: str, **_: Any) -> Iterator[Any]:  # noqa: N803 - boto3's
        found = [
            one
            for one in self.versions
            if one["ModelApprovalStatus"] == ModelApprovalStatus and one["ModelPackageArn"] != self.unlisted
        ]
        yield {"ModelPackageSummaryList": found[:2]}
        yield {"ModelPackageSummaryList": found[2:]}

    def describe_model_package(self, *, ModelPackageName: str) -> Any:  # noqa: N803 - boto3's
        return next(one for one in self.versions if one["ModelPackageArn"] == ModelPackageName)


class Groups:
    def paginate(self, **_: Any) -> Iterator[Any]:
        yield {"ModelPackageGroupSummaryList": [{"ModelPackageGroupName": GROUP}]}


@given(versions())
def test_functions_and_registry_name_the_same_champion(described: list[dict[str, Any]]) -> None:
    sagemaker = Sagemaker(described)
    champion = SagemakerRegistry(sagemaker).champion(GROUP)  # type: ignore[arg-type]
    ours = approved(sagemaker, GROUP)
    assert (ours[-1]["ModelPackageArn"] if ours else None) == (champion.arn if champion else None)


@given(versions())
def test_what_was_heard_of_counts_though_it_is_not_listed_yet(described: list[dict[str, Any]]) -> None:
    for arn in (one["ModelPackageArn"] for one in described):
        lagging = Sagemaker(described, unlisted=arn)
        assert approved(lagging, GROUP, arn) == approved(Sagemaker(described), GROUP)
