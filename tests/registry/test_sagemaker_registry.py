"""The account's registry: what people do in Studio, more versions than a page holds, and AWS's refusals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto.sagemaker.models import sagemaker_backends
from registering import GROUP, new

from registry.errors import DecisionError, StoreError, UnknownVersionError
from registry.sagemaker import SagemakerRegistry, caller

WHY = {"who": "ada", "reason": "better"}


def studio(account: SagemakerRegistry, arn: str | None, status: str) -> None:
    """Decide as Studio does: it knows nothing of our metadata, and keeps it."""
    there = account.client.describe_model_package(ModelPackageName=arn)
    kept = {one: there[one] for one in ("ApprovalDescription", "CustomerMetadataProperties") if one in there}
    account.client.update_model_package(ModelPackageArn=arn, ModelApprovalStatus=status, **kept)


def test_an_approval_in_studio_counts(account: SagemakerRegistry) -> None:
    first, second = account.register(new("r1")), account.register(new("r2"))
    account.decide("pid-rec/1", "Approved", **WHY)
    studio(account, second.arn, "Approved")
    champion = account.champion(GROUP)
    assert champion is not None
    assert (champion.reference, champion.metadata) == ("pid-rec/2", second.metadata)
    assert champion.approval is not None
    assert (champion.approval.who, champion.approval.reason) == ("fake-user-profile-name", "")
    assert account.version("pid-rec/1").arn == first.arn


def test_what_studio_decides_after_us_is_not_told_as_ours(account: SagemakerRegistry) -> None:
    version = account.register(new("r1"))
    account.decide("pid-rec/1", "Rejected", **WHY)
    studio(account, version.arn, "Approved")
    champion = account.champion(GROUP)
    assert champion is not None
    assert champion.approval is not None
    assert champion.approval.who == "fake-user-profile-name"
    assert champion.approval.reason == "better (said, perhaps, of the decision before)"


def test_a_reason_of_another_decision_is_not_told(account: SagemakerRegistry) -> None:
    arn = account.register(new("r1")).arn
    noted = {"decided_by": "ada", "decided_at": "2026-05-04T12:00:00+00:00", "decided_as": "Approved"}
    for why, reason in (("now", "better"), ("earlier", "")):
        account.client.update_model_package(
            ModelPackageArn=arn,
            ModelApprovalStatus="Approved",
            ApprovalDescription="better",
            CustomerMetadataProperties={**noted, "decided_why": why},
        )
        approval = account.version("pid-rec/1").approval
        assert approval is not None
        assert (approval.who, approval.reason) == ("ada", reason)
        assert account.version("pid-rec/1").metadata == {}


def test_an_edit_of_an_approved_version_is_no_approval(account: SagemakerRegistry) -> None:
    for run in ("r1", "r2"):
        account.decide(account.register(new(run)).reference, "Approved", **WHY)
    packages: Any = sagemaker_backends["123456789012"]["eu-central-1"].model_packages
    edited = account.version("pid-rec/1")
    packages[edited.arn].last_modified_time = datetime.now(UTC) + timedelta(days=9)
    champion = account.champion(GROUP)
    assert champion is not None
    assert champion.number == 2
    assert account.version("pid-rec/1").approval == edited.approval


def test_versions_are_found_beyond_the_first_page(account: SagemakerRegistry) -> None:
    first = account.register(new("r0"))
    for _ in range(101):
        account.client.create_model_package(
            ModelPackageGroupName=GROUP, ModelApprovalStatus="PendingManualApproval"
        )
    versions = account.versions(GROUP)
    assert [one.number for one in versions] == list(range(1, 103))
    assert versions[0] == first
    assert (versions[-1].run, versions[-1].model_data_uri) == (None, None)  # not ours: told all the same


def test_a_version_is_found_by_its_arn(account: SagemakerRegistry) -> None:
    made = account.register(new("r1"))
    assert made.arn == "arn:aws:sagemaker:eu-central-1:123456789012:model-package/pid-rec/1"
    assert account.version(made.arn) == made
    with pytest.raises(UnknownVersionError, match="the ARN of a version"):
        account.version("arn:aws:sagemaker:eu-central-1:123456789012:model-package-group/pid-rec")
    with pytest.raises(StoreError, match="not found"):
        account.version(f"{made.arn}7")


@pytest.mark.parametrize(
    ("who", "reason", "message"),
    [
        ("ada (ops)", "better", "--who"),
        ("a" * 257, "better", "--who"),
        ("ada", "one\ntwo", "one line"),
        ("ada", "x" * 1025, "1,025 characters"),
    ],
)
def test_what_sagemaker_would_not_store_is_refused_before(
    account: SagemakerRegistry, who: str, reason: str, message: str
) -> None:
    made = account.register(new("r1"))
    with pytest.raises(DecisionError, match=message):
        account.decide("pid-rec/1", "Approved", who=who, reason=reason)
    assert account.version("pid-rec/1") == made


def test_the_caller_is_who_the_credentials_say(account: SagemakerRegistry) -> None:
    assert caller("eu-central-1").startswith("arn:aws:sts::123456789012:")


def test_without_credentials_it_says_to_sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    client = boto3.session.Session().client("sagemaker", region_name="eu-central-1")
    with pytest.raises(StoreError, match=r"credentials.*aws sso login"):
        SagemakerRegistry(client).groups()
