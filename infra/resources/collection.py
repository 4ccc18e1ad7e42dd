"""A collection of vectors that costs its storage while nobody searches, and is closed to the internet."""

from __future__ import annotations

import json
from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_opensearchserverless as aoss
from constructs import Construct

from infra.lint import newer_than_lint
from infra.resources.access import Statements, allow
from infra.resources.inside import Inside, open_to_jobs, store_name
from pipelines.place import Place

_MOST_OCU = 4
_READ = ["aoss:DescribeIndex", "aoss:ReadDocument"]
_WRITE = [*_READ, "aoss:CreateIndex", "aoss:UpdateIndex", "aoss:DeleteIndex", "aoss:WriteDocument"]


class SleepingCollection(Construct):
    """Who may do what with its indexes is in its own policy; that a role may ask at all is in IAM's."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        place: Place,
        key: kms.IKey,
        network: Inside,
        removal: cdk.RemovalPolicy,
        writer: str,
        readers: Sequence[str],
    ) -> None:
        super().__init__(scope, name)
        self._name = store_name(place, name)
        group = aoss.CfnCollectionGroup(
            self,
            "Group",
            name=self._name,
            generation="NEXTGEN",
            standby_replicas="ENABLED",
            capacity_limits=aoss.CfnCollectionGroup.CapacityLimitsProperty(
                # and no least: then it is 0
                max_indexing_capacity_in_ocu=_MOST_OCU,
                max_search_capacity_in_ocu=_MOST_OCU,
            ),
        )
        newer_than_lint(group, "E3002")  # Generation
        collection = aoss.CfnCollection(
            self,
            "Collection",
            name=self._name,
            type="VECTORSEARCH",
            collection_group_name=group.name,
            standby_replicas="ENABLED",
            description="Features of drawings",
        )
        collection.apply_removal_policy(removal)
        for needed in (group, self._encryption(key), self._network(network), self._access(writer, readers)):
            collection.add_resource_dependency(needed)
        self._arn = collection.attr_arn
        self.endpoint = collection.attr_collection_endpoint

    def asks(self, *, writes: bool) -> Statements:
        """Let ask at all: whether it `writes` is up to the collection's own policy."""
        return [allow(["aoss:APIAccessAll"], [self._arn])]

    def _encryption(self, key: kms.IKey) -> aoss.CfnSecurityPolicy:
        rules = [{"ResourceType": "collection", "Resource": [f"collection/{self._name}"]}]
        policy = {"Rules": rules, "AWSOwnedKey": False, "KmsARN": key.key_arn}
        return self._policy("Encryption", policy)

    def _network(self, network: Inside) -> aoss.CfnSecurityPolicy:
        group = open_to_jobs(self, "Door", network=network, description="The way to the search")
        # EC2's, for OpenSearch Serverless's own leads to the classic generation only:
        # https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-vpc.html
        endpoint = ec2.CfnVPCEndpoint(
            self,
            "Endpoint",
            vpc_endpoint_type="Interface",
            service_name=f"com.amazonaws.{cdk.Stack.of(self).region}.aoss-data",
            private_dns_enabled=True,
            vpc_id=network.vpc,
            subnet_ids=list(network.subnets),
            security_group_ids=[group.attr_group_id],
        )
        rules = [{"ResourceType": "collection", "Resource": [f"collection/{self._name}"]}]
        policy = [{"Rules": rules, "AllowFromPublic": False, "SourceVPCEs": [endpoint.ref]}]
        return self._policy("Network", policy)

    def _access(self, writer: str, readers: Sequence[str]) -> aoss.CfnAccessPolicy:
        policy = [self._rule(_WRITE, [writer]), self._rule(_READ, readers)]
        return aoss.CfnAccessPolicy(self, "Access", name=self._name, type="data", policy=_json(policy))

    def _rule(self, permissions: Sequence[str], principals: Sequence[str]) -> dict[str, object]:
        index = {"ResourceType": "index", "Resource": [f"index/{self._name}/*"], "Permission": permissions}
        return {"Rules": [index], "Principal": principals}

    def _policy(self, kind: str, policy: object) -> aoss.CfnSecurityPolicy:
        return aoss.CfnSecurityPolicy(self, kind, name=self._name, type=kind.lower(), policy=_json(policy))


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
