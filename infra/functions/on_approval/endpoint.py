"""An endpoint as the account has it, and what is done to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from .release import ASKED, ASKED_AT, Release, deployment, names_of
from .settings import Kind

KEPT = 5
"""How many releases of an endpoint are kept, the one that serves among them: to see what served before."""


@dataclass(frozen=True, slots=True)
class Seen:
    """`release` is what serves, `asked` what was asked for last, `reason` why that failed.

    `asked_at` is when that was approved.
    """

    arn: str
    status: str
    release: str
    asked: str | None
    asked_at: datetime | None
    kind: Kind
    instances: int
    reason: str


@dataclass(frozen=True, slots=True)
class Endpoints:
    """`sagemaker` and `cloudwatch` are boto3's clients."""

    sagemaker: Any
    cloudwatch: Any

    def see(self, name: str) -> Seen | None:
        """Return the endpoint `name`, or None where there is none."""
        try:
            said = self.sagemaker.describe_endpoint(EndpointName=name)
        except ClientError as error:
            if _told(error, "Could not find"):
                return None
            raise
        tags = self.sagemaker.get_paginator("list_tags").paginate(ResourceArn=said["EndpointArn"])
        noted = {one["Key"]: one["Value"] for page in tags for one in page["Tags"]}
        variants: list[dict[str, Any]] = said.get("ProductionVariants", [])  # a failed endpoint has none
        variant = variants[0] if variants else {}
        return Seen(
            arn=said["EndpointArn"],
            status=said["EndpointStatus"],
            release=said.get("EndpointConfigName", ""),
            asked=noted.get(ASKED),
            asked_at=datetime.fromisoformat(noted[ASKED_AT]) if ASKED_AT in noted else None,
            kind=_kind(said, variant),
            instances=variant.get("DesiredInstanceCount", 0),
            reason=said.get("FailureReason", ""),
        )

    def create(self, release: Release) -> None:
        """Make the endpoint that serves `release`; it takes minutes to be in service."""
        self._prepare(release)
        _once(
            self.sagemaker.create_endpoint,
            EndpointName=release.endpoint,
            EndpointConfigName=release.name,
            Tags=release.tags,
        )

    def update(self, seen: Seen, release: Release, alarms: Sequence[str]) -> bool:
        """Let the endpoint serve `release` instead; False where somebody else changes it right now.

        An alarm that rings already says nothing of the release, and would forbid the way out: it is left out.
        """
        self._prepare(release)
        how = deployment(release.kind, seen.instances, self._quiet(alarms))
        try:
            self.sagemaker.update_endpoint(
                EndpointName=release.endpoint,
                EndpointConfigName=release.name,
                # what scaling made of it; an endpoint that sleeps wakes with the first instance
                RetainAllVariantProperties=release.kind == "realtime",
                **({} if how is None else {"DeploymentConfig": how}),
            )
        except ClientError as error:
            if _told(error, "in-progress"):
                return False
            raise
        # afterwards: a release that was never asked for must not look as if it had been taken back
        self.sagemaker.add_tags(ResourceArn=seen.arn, Tags=release.tags)
        return True

    def delete(self, name: str) -> None:
        """Delete an endpoint that never came into service: nothing else can be done with it."""
        self.sagemaker.delete_endpoint(EndpointName=name)

    def forget(self, seen: Seen, release: Release) -> None:
        """Delete the oldest releases of the endpoint, never the one that serves."""
        pages = self.sagemaker.get_paginator("list_endpoint_configs").paginate(
            NameContains=release.endpoint, SortBy="CreationTime", SortOrder="Descending"
        )
        listed = (one["EndpointConfigName"] for page in pages for one in page["EndpointConfigs"])
        ours = [one for one in listed if names_of(release.endpoint).fullmatch(one) and one != seen.release]
        for name in ours[KEPT - 1 :]:
            self.sagemaker.delete_endpoint_config(EndpointConfigName=name)
            self.sagemaker.delete_model(ModelName=name)

    def _prepare(self, release: Release) -> None:
        _once(self.sagemaker.create_model, **release.model, Tags=release.tags)
        _once(self.sagemaker.create_endpoint_config, **release.config, Tags=release.tags)

    def _quiet(self, alarms: Sequence[str]) -> list[str]:
        if not alarms:
            return []
        found = self.cloudwatch.describe_alarms(AlarmNames=alarms)["MetricAlarms"]
        return [one["AlarmName"] for one in found if one["StateValue"] != "ALARM"]


def _once(create: Callable[..., Any], **request: Any) -> None:
    """Call `create`, content with what is there already: the name says what is in it."""
    try:
        create(**request)
    except ClientError as error:
        if not _told(error, "already existing"):
            raise


def _told(error: ClientError, words: str) -> bool:
    """Tell what SageMaker means: it says of most things that they are not valid."""
    said = error.response["Error"]
    return said["Code"] == "ValidationException" and words in said["Message"]


def _kind(said: dict[str, Any], variant: dict[str, Any]) -> Kind:
    if "CurrentServerlessConfig" in variant or "DesiredServerlessConfig" in variant:
        return "serverless"
    return "async" if "AsyncInferenceConfig" in said else "realtime"
