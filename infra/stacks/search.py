"""Where drawings that look alike are found: a collection of vectors that sleeps, or a domain that does not.

Both are reached from the environment's network only. A collection scales to zero in a group of OpenSearch
Serverless's next generation: https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-scale-to-zero.html
"""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.resources.collection import SleepingCollection
from infra.resources.inside import inside
from infra.resources.search_domain import PrivateDomain
from infra.stack import EnvironmentStack
from pipelines.place import Place, RoleKind

_WRITER: RoleKind = "processing"
_READERS: tuple[RoleKind, ...] = ("deployment", "scientist")


class SearchStack(EnvironmentStack):
    """`endpoint` is the URL to ask; requests are signed by a role that may."""

    def __init__(self, scope: Construct, *, place: Place, key: kms.IKey) -> None:
        super().__init__(scope, "search", place=place, description="Where drawings that look alike are found")
        kind = place.environment.search.kind
        network = inside(place, f"search.kind: {kind}")
        made = SleepingCollection if kind == "serverless" else PrivateDomain
        store = made(
            self,
            "Drawings",
            place=place,
            key=key,
            network=network,
            removal=self.removal,
            writer=place.role_arn(_WRITER),
            readers=[place.role_arn(one) for one in _READERS],
        )
        self.endpoint = store.endpoint
        for role in (_WRITER, *_READERS):
            iam.Policy(
                self,
                f"{role.capitalize()}Asks",
                roles=[iam.Role.from_role_arn(self, role.capitalize(), place.role_arn(role))],
                statements=store.asks(writes=role == _WRITER),
            )
        cdk.CfnOutput(self, "SearchEndpoint", value=self.endpoint)
