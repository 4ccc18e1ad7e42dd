"""The registry in an account: SageMaker's Model Registry, where people also approve in Studio.

Who decided and when stands in the version's metadata, why in its ApprovalDescription. What somebody approved
in Studio gets such metadata from `infra/functions/on_approval`, which hears of it; until then, and for what
was rejected in Studio, it is whoever changed the version last.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from config.errors import Problem
from registry.errors import DecisionError, StoreError, UnknownVersionError
from registry.rules import champion_of, decision, no_such_group, parsed, picked, registered_by_run
from registry.versions import Approval, NewVersion, Verdict, Version

if TYPE_CHECKING:
    from botocore.client import BaseClient

_BY, _AT, _AS, _WHY = "decided_by", "decided_at", "decided_as", "decided_why"
_EARLIER = "earlier"
"""Value of _WHY, by `on_approval`: the reason that stands there is perhaps that of another decision."""
_DESCRIBERS = 8
_PAGES = {"PageSize": 100}
_PACKAGE = re.compile(r"arn:[^:]+:sagemaker:[^:]+:\d+:model-package/[^/]+/\d+")
_METADATA_VALUE = re.compile(r"[\w\s.:/=+@-]{1,256}")
"""What SageMaker takes as a value of CustomerMetadataProperties."""
_REASON_CHARACTERS = 1024


@dataclass(frozen=True, slots=True)
class SagemakerRegistry:
    """`Registry` in the account and region of `client`, boto3's client of SageMaker."""

    client: BaseClient

    def register(self, new: NewVersion) -> Version:
        """See `Registry.register`."""
        with _told(new.group):
            if new.group not in self.groups():
                self.client.create_model_package_group(ModelPackageGroupName=new.group)
            known = registered_by_run(new, self.versions(new.group))
            if known is not None:
                return known
            made = self.client.create_model_package(**_request(new))
            return self._described(made["ModelPackageArn"])

    def groups(self) -> tuple[str, ...]:
        """See `Registry.groups`."""
        with _told("the groups"):
            pages = self.client.get_paginator("list_model_package_groups").paginate(PaginationConfig=_PAGES)
            found = (
                one["ModelPackageGroupName"] for page in pages for one in page["ModelPackageGroupSummaryList"]
            )
            return tuple(sorted(found))

    def versions(self, group: str) -> tuple[Version, ...]:
        """See `Registry.versions`."""
        groups = self.groups()
        if group not in groups:
            raise no_such_group(group, groups)
        return self._listed(group)

    def version(self, reference: str) -> Version:
        """See `Registry.version`; here also by the ARN of a model package."""
        if reference.startswith("arn:"):
            if not _PACKAGE.fullmatch(reference):
                expected = "the ARN of a version: arn:aws:sagemaker:…:model-package/GROUP/NUMBER"
                problem = Problem(
                    "registry.reference", f"the ARN {reference}", expected, "Copy it from Studio."
                )
                raise UnknownVersionError(problem)
            with _told(reference):
                return self._described(reference)
        group, which = parsed(reference)
        return picked(group, which, self.versions(group))

    def champion(self, group: str) -> Version | None:
        """See `Registry.champion`."""
        if group not in self.groups():
            return None
        return champion_of(self._listed(group, ModelApprovalStatus="Approved"))

    def decide(self, reference: str, status: Verdict, *, who: str, reason: str) -> Version:
        """See `Registry.decide`."""
        version = self.version(reference)
        said = decision(version, status, self.champion(version.group), who=who, reason=reason)
        _check(said)
        decided = {_BY: said.who, _AT: said.when.isoformat(), _AS: status, _WHY: "now"}
        with _told(version.reference):
            self.client.update_model_package(
                ModelPackageArn=version.arn,
                ModelApprovalStatus=status,
                ApprovalDescription=said.reason,
                CustomerMetadataProperties={**version.metadata, **decided},
            )
        return self.version(str(version.arn))

    def _listed(self, group: str, **only: str) -> tuple[Version, ...]:
        """Return the versions of `group`, or only those that SageMaker's filters let through."""
        with _told(group):
            listing = self.client.get_paginator("list_model_packages")
            pages = listing.paginate(ModelPackageGroupName=group, PaginationConfig=_PAGES, **only)
            arns = [one["ModelPackageArn"] for page in pages for one in page["ModelPackageSummaryList"]]
            with ThreadPoolExecutor(_DESCRIBERS) as pool:  # a summary holds no metadata
                found = list(pool.map(self._described, arns))
        return tuple(sorted(found, key=lambda one: one.number))

    def _described(self, arn: str) -> Version:
        return _version(self.client.describe_model_package(ModelPackageName=arn))


def account_registry(region: str) -> SagemakerRegistry:
    """Return the registry of the account whose credentials are in use, in `region`."""
    import boto3

    return SagemakerRegistry(boto3.client("sagemaker", region_name=region))


def caller(region: str) -> str:
    """Return the ARN of whoever's credentials are in use.

    Raises:
        StoreError: there are none, or they are not valid.
    """
    import boto3

    with _told("the caller"):
        return str(boto3.client("sts", region_name=region).get_caller_identity()["Arn"])


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Say of which group or version AWS's answer is, where it says no."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        said = error.response["Error"]
        found = f"{said.get('Code')}: {said.get('Message')}"
        remedy = "Check the name, the environment's account and region, and your role."
        raise StoreError(Problem("registry.aws", found, f"an answer about {what}", remedy)) from error
    except BotoCoreError as error:  # no credentials, no network
        remedy = "Sign in to the environment's account (aws sso login), and check the network."
        raise StoreError(Problem("registry.aws", str(error), f"an answer about {what}", remedy)) from error


def _request(new: NewVersion) -> dict[str, Any]:
    container = {"Image": new.image_uri, "ModelDataUrl": new.model_data_uri}
    statistics = {"ContentType": "application/json", "S3Uri": new.evaluation_uri}
    request: dict[str, Any] = {
        "ModelPackageGroupName": new.group,
        "ModelPackageDescription": new.description,
        "ModelApprovalStatus": "PendingManualApproval",
        "InferenceSpecification": {
            "Containers": [container],
            "SupportedContentTypes": ["image/png", "image/jpeg"],
            "SupportedResponseMIMETypes": ["application/json"],
        },
        "ModelMetrics": {"ModelQuality": {"Statistics": statistics}},
        "CustomerMetadataProperties": dict(new.metadata),
        # two registrations of one run at once are one to SageMaker
        "ClientToken": hashlib.sha256(f"{new.group}/{new.metadata['run']}".encode()).hexdigest()[:36],
    }
    if new.model_card is not None:
        request["ModelCard"] = {"ModelCardContent": new.model_card, "ModelCardStatus": "PendingReview"}
    return request


def _version(described: Mapping[str, Any]) -> Version:
    container = described.get("InferenceSpecification", {}).get("Containers", [{}])[0]
    quality = described.get("ModelMetrics", {}).get("ModelQuality", {})
    metadata = described.get("CustomerMetadataProperties", {})
    return Version(
        group=described["ModelPackageGroupName"],
        number=described["ModelPackageVersion"],
        arn=described["ModelPackageArn"],
        status=described["ModelApprovalStatus"],
        created=described["CreationTime"],
        model_data_uri=container.get("ModelDataUrl"),
        image_uri=container.get("Image"),
        evaluation_uri=quality.get("Statistics", {}).get("S3Uri"),
        metadata={key: value for key, value in metadata.items() if key not in (_BY, _AT, _AS, _WHY)},
        model_card=described.get("ModelCard", {}).get("ModelCardContent"),
        description=described.get("ModelPackageDescription", ""),
        approval=_approval(described),
    )


def _approval(described: Mapping[str, Any]) -> Approval | None:
    status, metadata = described["ModelApprovalStatus"], described.get("CustomerMetadataProperties", {})
    if status == "PendingManualApproval":
        return None
    reason = described.get("ApprovalDescription", "")
    changed: datetime = described.get("LastModifiedTime", described["CreationTime"])
    if metadata.get(_AS) == status:
        when = datetime.fromisoformat(metadata[_AT])
        return Approval(metadata[_BY], when, "" if metadata.get(_WHY) == _EARLIER else reason)
    if _AS in metadata and reason:
        reason = f"{reason} (said, perhaps, of the decision before)"
    person = described.get("LastModifiedBy", described.get("CreatedBy", {}))
    name = person.get("UserProfileName") or person.get("IamIdentity", {}).get("Arn", "")
    return Approval(name, changed, reason)


def _check(said: Approval) -> None:
    """Refuse what SageMaker would: it names the pattern, not the word.

    Raises:
        DecisionError: `who` or the reason is too long or holds what SageMaker does not take.
    """
    if not _METADATA_VALUE.fullmatch(said.who):
        expected = "at most 256 letters, digits, spaces and _.:/=+-@"
        raise DecisionError(Problem("registry.who", f"who is {said.who!r}", expected, "Say it by --who."))
    if len(said.reason) > _REASON_CHARACTERS or not said.reason.isprintable():
        found = f"a reason of {len(said.reason):,} characters: {said.reason[:40]!r}…"
        expected = f"one line of at most {_REASON_CHARACTERS:,}"
        raise DecisionError(Problem("registry.reason", found, expected, "Shorten it."))
