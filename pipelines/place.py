"""Where things live: the names of everything in an account, or of what stands for it on this machine."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from config.environment import Environment
from config.family import Family

NO_ACCOUNT = "000000000000"
"""What stands for the account where none is known, and on this machine."""

LOCAL_BUCKET = "glyphline-local"
"""The bucket of everything on this machine."""

BucketKind = Literal["raw", "labelled", "snapshots", "artifacts", "logs"]
RoleKind = Literal["pipeline", "processing", "training", "labelling", "deployment", "approver", "scientist"]


@dataclass(frozen=True, slots=True)
class Place:
    """Names are formed here only, so that what is deployed and what a pipeline names are the same."""

    environment: Environment
    account: str
    local: bool = False

    def for_family(self, family: Family) -> Place:
        """Return this place with what `family` says of its own resources and serving."""
        return replace(self, environment=self.environment.for_family(family))

    @property
    def partition(self) -> str:
        """The first part of every ARN: regions of China and of the US government have their own."""
        start = self.environment.region.rsplit("-", 2)[0]
        return {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get(start, "aws")

    @property
    def prefix(self) -> str:
        """What the names of everything in this environment begin with."""
        return f"glyphline-{self.environment.environment}"

    def bucket(self, kind: BucketKind) -> str:
        """Return the name of a bucket; it is at most 63 characters, as an environment's name is short."""
        if self.local:
            return LOCAL_BUCKET
        return f"{self.prefix}-{kind}-{self.account}-{self.environment.region}"

    def uri(self, *parts: str) -> str:
        """Return the URI of something that jobs write or read, in the bucket of artifacts."""
        return "/".join((f"s3://{self.bucket('artifacts')}", *parts))

    def data_uri(self, family: str) -> str:
        """Return the folder of the family's snapshot."""
        return f"s3://{self.bucket('snapshots')}/{family}"

    def role_arn(self, kind: RoleKind) -> str:
        """Return the ARN of a role."""
        return f"arn:{self.partition}:iam::{self.account}:role/{self.prefix}-{kind}"

    def repository(self, image: str) -> str:
        """Return the name of the ECR repository of the container image `image`."""
        return local_repository(image) if self.local else f"{self.prefix}/{local_repository(image)}"

    def image_uri(self, image: str, tag: str) -> str:
        """Return where the container image `image` lies that was pushed as `tag`."""
        return f"{self._repository_uri(image)}:{tag}"

    def pipeline_image_uri(self, image: str, tag: str) -> str:
        """Return the container image that pipelines run: by its digest where the environment names one."""
        if self.local:
            return f"{self.repository(image)}:local"
        digest = self.environment.images.get(image)
        return self.image_uri(image, tag) if digest is None else f"{self._repository_uri(image)}@{digest}"

    def _repository_uri(self, image: str) -> str:
        suffix = ".cn" if self.partition == "aws-cn" else ""
        host = f"{self.account}.dkr.ecr.{self.environment.region}.amazonaws.com{suffix}"
        return f"{host}/{self.repository(image)}"

    def name(self, family: str) -> str:
        """Return the name of the pipeline of `family`, and of the group that holds its models."""
        return family if self.local else f"{self.prefix}-{family}"


def local_repository(image: str) -> str:
    """Return what the container image `image` is called on this machine."""
    return f"glyphline-{image}"
