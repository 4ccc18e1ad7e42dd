"""What every stack of an environment has: account and region, tags, and whether its data outlives it."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from config.environment import Environment
from pipelines.place import Place


class EnvironmentStack(cdk.Stack):
    """A stack named ``glyphline-ENVIRONMENT-NAME``; `place` has the names of everything in it."""

    def __init__(self, scope: Construct, name: str, *, place: Place, description: str, **more: Any) -> None:
        super().__init__(
            scope,
            f"{place.prefix}-{name}",
            env=cdk.Environment(account=place.account, region=place.environment.region),
            description=description,
            termination_protection=place.environment.removal == "retain",
            **more,
        )
        self.place = place
        for key, value in place.environment.tags.items():
            cdk.Tags.of(self).add(key, value)
        boundary = place.environment.permissions_boundary
        if boundary is not None:
            policy = iam.ManagedPolicy.from_managed_policy_arn(self, "Boundary", boundary)
            iam.PermissionsBoundary.of(self).apply(policy)

    @property
    def environment_settings(self) -> Environment:
        """What the environment's YAML file says."""
        return self.place.environment

    @property
    def removal(self) -> cdk.RemovalPolicy:
        """What becomes of data when the stack is deleted."""
        retain = self.place.environment.removal == "retain"
        return cdk.RemovalPolicy.RETAIN if retain else cdk.RemovalPolicy.DESTROY
