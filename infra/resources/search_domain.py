"""A search domain: in the network only, encrypted at rest and between nodes, for signed requests."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_opensearchservice as opensearch
from constructs import Construct

from config.errors import InputError, Problem
from infra.nag import acknowledge
from infra.resources.access import Statements, allow, from_here
from infra.resources.function import retention
from infra.resources.inside import Inside, open_to_jobs, store_name
from pipelines.place import Place

_VERSION = "2.19"
_MOST_ZONES = 3
_VOLUME_GB = 50
_READ = ["es:ESHttpGet", "es:ESHttpHead", "es:ESHttpPost"]
"""A search is a POST."""
_WRITE = [*_READ, "es:ESHttpPut", "es:ESHttpDelete"]
_LOGS = ("INDEX_SLOW_LOGS", "SEARCH_SLOW_LOGS", "ES_APPLICATION_LOGS")


class PrivateDomain(Construct):
    """Its nodes are in as many zones as the network has subnets, at most three."""

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
        search = place.environment.search
        zones = _zones(place, network)
        self._place, self._name = place, store_name(place, name)
        door = open_to_jobs(self, "Door", network=network, description="The way to the search")
        cluster = opensearch.CfnDomain.ClusterConfigProperty(
            instance_type=search.instance,
            instance_count=search.nodes,
            zone_awareness_enabled=zones > 1,
            zone_awareness_config=_across(zones),
        )
        domain = opensearch.CfnDomain(
            self,
            "Domain",
            domain_name=self._name,
            engine_version=f"OpenSearch_{_VERSION}",
            cluster_config=cluster,
            ebs_options=opensearch.CfnDomain.EBSOptionsProperty(
                ebs_enabled=True, volume_type="gp3", volume_size=_VOLUME_GB
            ),
            vpc_options=opensearch.CfnDomain.VPCOptionsProperty(
                subnet_ids=list(network.subnets[:zones]), security_group_ids=[door.attr_group_id]
            ),
            encryption_at_rest_options=opensearch.CfnDomain.EncryptionAtRestOptionsProperty(
                enabled=True, kms_key_id=key.key_id
            ),
            node_to_node_encryption_options=opensearch.CfnDomain.NodeToNodeEncryptionOptionsProperty(
                enabled=True
            ),
            domain_endpoint_options=opensearch.CfnDomain.DomainEndpointOptionsProperty(
                enforce_https=True, tls_security_policy="Policy-Min-TLS-1-2-PFS-2023-10"
            ),
            access_policies=self._who(writer, readers).to_json(),
            log_publishing_options=self._logs(),
        )
        domain.apply_removal_policy(removal)
        domain.add_resource_dependency(self._may_log)
        self.endpoint = f"https://{domain.attr_domain_endpoint}"
        self._explain(domain, zones)

    def asks(self, *, writes: bool) -> Statements:
        """Let ask the domain, and change its indexes if it `writes`."""
        return [allow(_WRITE if writes else _READ, [self._objects])]

    @property
    def _objects(self) -> str:
        place = self._place
        return f"arn:{place.partition}:es:{place.environment.region}:{place.account}:domain/{self._name}/*"

    def _who(self, writer: str, readers: Sequence[str]) -> iam.PolicyDocument:
        return iam.PolicyDocument(
            statements=[
                iam.PolicyStatement(
                    principals=[iam.ArnPrincipal(one) for one in roles],
                    actions=list(actions),
                    resources=[self._objects],
                )
                for roles, actions in (([writer], _WRITE), (readers, _READ))
            ]
        )

    def _logs(self) -> dict[str, opensearch.CfnDomain.LogPublishingOptionProperty]:
        """Return where the domain writes its logs, and let it."""
        environment = self._place.environment
        group = logs.LogGroup(
            self,
            "Log",
            retention=retention(environment.log_retention_days),
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        write = iam.PolicyStatement(
            principals=[iam.ServicePrincipal("es.amazonaws.com")],
            actions=["logs:CreateLogStream", "logs:PutLogEvents"],
            resources=[group.log_group_arn],
            conditions=from_here(self._place),
        )
        document = cdk.Stack.of(self).to_json_string(iam.PolicyDocument(statements=[write]).to_json())
        self._may_log = logs.CfnResourcePolicy(
            self, "MayLog", policy_name=self._name, policy_document=document
        )
        option = opensearch.CfnDomain.LogPublishingOptionProperty(
            enabled=True, cloud_watch_logs_log_group_arn=group.log_group_arn
        )
        return dict.fromkeys(_LOGS, option)

    def _explain(self, domain: opensearch.CfnDomain, zones: int) -> None:
        acknowledge(domain, "OS3", "Only jobs in the network reach it, and only named roles may ask")
        acknowledge(domain, "OS4", "A few nodes elect their master; the index can be made again")
        if zones == 1:
            acknowledge(domain, "OS7", "One node, as the environment's file asks for")


def _zones(place: Place, network: Inside) -> int:
    """Return in how many zones the nodes are.

    Raises:
        InputError: the zones would not have as many nodes each, which OpenSearch asks for
            (https://docs.aws.amazon.com/opensearch-service/latest/developerguide/managedomains-multiaz.html).
    """
    nodes, subnets = place.environment.search.nodes, len(network.subnets)
    zones = min(nodes, subnets, _MOST_ZONES)
    if nodes % zones:
        found = f"search.nodes is {nodes}, and the network has {subnets} subnets"
        remedy = f"Say nodes: {nodes - nodes % zones} or {nodes - nodes % zones + zones}."
        expected = f"as many nodes in each of {zones} zones"
        raise InputError(Problem("search.nodes", found, expected, remedy, place.environment.file))
    return zones


def _across(zones: int) -> opensearch.CfnDomain.ZoneAwarenessConfigProperty | None:
    if zones == 1:
        return None
    return opensearch.CfnDomain.ZoneAwarenessConfigProperty(availability_zone_count=zones)
