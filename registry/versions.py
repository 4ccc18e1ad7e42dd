"""What is registered: a version of a model, what it was made of, and what people decided about it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError

from config.errors import Problem
from config.protocol import NONE
from registry.errors import RegistrationError

Status = Literal["PendingManualApproval", "Approved", "Rejected"]
Verdict = Literal["Approved", "Rejected"]

LINEAGE = ("family", "version", "snapshot", "parent", "run")
"""What the metadata of every version must say."""
_FIRST_TASK, _FIRST_HEADLINE = "recognition", "cer"
"""What versions are for, and what they are judged by, that were registered before the metadata named it."""

GROUP = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")


@dataclass(frozen=True, slots=True)
class NewVersion:
    """What a pipeline run hands over; it is registered as pending approval.

    `metadata` holds at least the keys of `LINEAGE`; `model_card` is JSON text of SageMaker's schema.
    """

    group: str
    model_data_uri: str
    image_uri: str
    evaluation_uri: str
    metadata: Mapping[str, str]
    model_card: str | None = None
    description: str = ""

    def __post_init__(self) -> None:
        if not GROUP.fullmatch(self.group):
            expected = "at most 63 letters, digits and hyphens, no hyphen at either end"
            raise _refused("group", f"the group {self.group!r}", expected, "Rename it.")
        missing = [key for key in LINEAGE if not self.metadata.get(key)]
        if missing:
            found = f"no {', '.join(missing)} in the metadata for {self.group}"
            remedy = "Let the pipeline's Register step pass them on from decision.json."
            raise _refused("metadata", found, ", ".join(LINEAGE), remedy)

    @classmethod
    def from_request(cls, request: Mapping[str, Any]) -> NewVersion:
        """Return what a CreateModelPackage request registers.

        Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModelPackage.html

        Raises:
            RegistrationError: the request lacks a value, or wants the version approved from the start.
        """
        try:
            given = _Request.model_validate(request)
        except ValidationError as error:
            detail = error.errors(include_url=False)[0]
            key, missing = ".".join(map(str, detail["loc"])), detail["type"] == "missing"
            found = f"no {key}" if missing else f"{key} is {detail['input']!r}"
            expected = "it" if missing else detail["msg"].removeprefix("Input should be ")
            raise _refused("request", found, expected, "Mend the pipeline's Register step.") from error
        container = given.inference.containers[0]
        return cls(
            group=given.group,
            model_data_uri=container.data,
            image_uri=container.image,
            evaluation_uri=given.metrics.quality.statistics.uri,
            metadata={key: str(value) for key, value in given.metadata.items()},
            model_card=given.card.content if given.card is not None else None,
            description=given.description,
        )


@dataclass(frozen=True, slots=True)
class Approval:
    """Who decided, when and why; `who` and `reason` may be empty where Studio's user gave none."""

    who: str
    when: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Version:
    """One registered version of a model; `approval` is also there where it was rejected.

    `arn` is the model package's, None outside an account. What nobody said is None: people register
    versions in Studio, too.
    """

    group: str
    number: int
    arn: str | None
    status: Status
    created: datetime
    model_data_uri: str | None
    image_uri: str | None
    evaluation_uri: str | None
    metadata: Mapping[str, str]
    model_card: str | None
    description: str
    approval: Approval | None

    @property
    def reference(self) -> str:
        """How a person names it: ``pid-rec/3``."""
        return f"{self.group}/{self.number}"

    @property
    def family(self) -> str | None:
        """The family of models that it belongs to."""
        return self.metadata.get("family")

    @property
    def task(self) -> str:
        """Which kind of model it is."""
        return self.metadata.get("task", _FIRST_TASK)

    @property
    def headline(self) -> str:
        """The figure by which it was judged first."""
        return self.metadata.get("headline", _FIRST_HEADLINE)

    @property
    def error(self) -> float | None:
        """How far from perfect that figure was, a share, on what its own run held out; None: nobody said."""
        return self.figure("error", self.figure(_FIRST_HEADLINE))

    def figure(self, key: str, otherwise: float | None = None) -> float | None:
        """Return a number of its metadata, or `otherwise` where it is not there or no number."""
        try:
            return float(self.metadata[key])
        except (KeyError, ValueError):
            return otherwise

    @property
    def run(self) -> str | None:
        """The pipeline run that made it."""
        return self.metadata.get("run")

    @property
    def snapshot(self) -> str | None:
        """Hash of the snapshot that it has learnt."""
        return self.metadata.get("snapshot")

    @property
    def parent(self) -> str | None:
        """The artifact version of the champion that its training began from."""
        parent = self.metadata.get("parent")
        return None if parent == NONE else parent


class _Container(BaseModel):
    image: str = Field(alias="Image", min_length=1)
    data: str = Field(alias="ModelDataUrl", min_length=1)


class _Inference(BaseModel):
    containers: list[_Container] = Field(alias="Containers", min_length=1, max_length=1)


class _Statistics(BaseModel):
    uri: str = Field(alias="S3Uri", min_length=1)


class _Quality(BaseModel):
    statistics: _Statistics = Field(alias="Statistics")


class _Metrics(BaseModel):
    quality: _Quality = Field(alias="ModelQuality")


class _Card(BaseModel):
    content: str = Field(alias="ModelCardContent")


class _Request(BaseModel):
    """What we need of a CreateModelPackage request; the rest of it is SageMaker's."""

    group: str = Field(alias="ModelPackageGroupName")
    status: Literal["PendingManualApproval"] = Field("PendingManualApproval", alias="ModelApprovalStatus")
    inference: _Inference = Field(alias="InferenceSpecification")
    metrics: _Metrics = Field(alias="ModelMetrics")
    metadata: dict[str, str | int | float] = Field(alias="CustomerMetadataProperties")
    card: _Card | None = Field(None, alias="ModelCard")
    description: str = Field("", alias="ModelPackageDescription")


def _refused(rule: str, found: str, expected: str, remedy: str) -> RegistrationError:
    return RegistrationError(Problem(f"registry.{rule}", found, expected, remedy))
