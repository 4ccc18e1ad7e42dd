"""Where things live: the names of everything in an account, or of what stands for it on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from config.environment import Environment

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
        return f"glyphline-{image}" if self.local else f"{self.prefix}/glyphline-{image}"

    def image_uri(self, image: str, tag: str) -> str:
        """Return where the container image `image` lies."""
        if self.local:
            return f"{self.repository(image)}:local"
        region = self.environment.region
        suffix = ".cn" if self.partition == "aws-cn" else ""
        return f"{self.account}.dkr.ecr.{region}.amazonaws.com{suffix}/{self.repository(image)}:{tag}"

    def name(self, family: str) -> str:
        """Return the name of the pipeline of `family`, and of the group that holds its models."""
        return family if self.local else f"{self.prefix}-{family}"
