"""Where a pipeline lives: the names of everything it touches, in an account or on this machine."""

from __future__ import annotations

from dataclasses import dataclass

from config.environment import Environment

NO_ACCOUNT = "000000000000"
"""What stands for the account where none is known, and on this machine."""
IMAGE = "glyphline-{image}"
"""The repository of the container image that trains a family."""


@dataclass(frozen=True, slots=True)
class Place:
    """Names are formed here only, so that what is deployed and what a pipeline names are the same."""

    environment: Environment
    account: str
    local: bool = False

    @property
    def partition(self) -> str:
        """The first part of every ARN: regions of China and of the US government have their own."""
        region = self.environment.region
        return {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get(
            region.rpartition("-")[0].rpartition("-")[0], "aws"
        )

    @property
    def bucket(self) -> str:
        """The bucket of everything that jobs write."""
        if self.local:
            return "glyphline-local"
        return f"glyphline-{self.environment.environment}-{self.account}-{self.environment.region}"

    @property
    def role_arn(self) -> str:
        """The role that jobs run under."""
        name = f"glyphline-{self.environment.environment}-pipeline"
        return f"arn:{self.partition}:iam::{self.account}:role/{name}"

    def image_uri(self, image: str, tag: str) -> str:
        """Return where the container image `image` lies."""
        name = IMAGE.format(image=image)
        if self.local:
            return f"{name}:local"
        region = self.environment.region
        suffix = ".cn" if self.partition == "aws-cn" else ""
        return f"{self.account}.dkr.ecr.{region}.amazonaws.com{suffix}/{name}:{tag}"

    def name(self, family: str) -> str:
        """Return the name of the pipeline of `family`, and of the group that holds its models."""
        return family if self.local else f"glyphline-{self.environment.environment}-{family}"

    def uri(self, *parts: str) -> str:
        """Return the URI of something in the bucket."""
        return "/".join((f"s3://{self.bucket}", *parts))
