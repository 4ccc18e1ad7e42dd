"""What is only reachable from the environment's network: which that is, and who may knock."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from config.errors import InputError, Problem
from pipelines.place import Place

_HTTPS = 443
_LONGEST_STORE = 28


@dataclass(frozen=True, slots=True)
class Inside:
    """A network whose VPC is known."""

    vpc: str
    subnets: tuple[str, ...]
    security_groups: tuple[str, ...]


def inside(place: Place, setting: str) -> Inside:
    """Return the environment's network, which `setting` needs.

    Raises:
        InputError: there is none, or it does not say its VPC.
    """
    network = place.environment.network
    if network is None or network.vpc is None:
        found = f"{setting} and no network" if network is None else f"{setting} and a network without its vpc"
        remedy = "Set make_network: true, or network with vpc, subnets and security_groups; or leave it out."
        expected, file = "a network that it is inside of", place.environment.file
        raise InputError(Problem("network.missing", found, expected, remedy, file))
    return Inside(network.vpc, tuple(network.subnets), tuple(network.security_groups))


def open_to_jobs(scope: Construct, name: str, *, network: Inside, description: str) -> ec2.CfnSecurityGroup:
    """Return a group for something that jobs reach by HTTPS, and nobody else."""
    group = ec2.CfnSecurityGroup(scope, name, group_description=description, vpc_id=network.vpc)
    for number, jobs in enumerate(network.security_groups):
        ec2.CfnSecurityGroupIngress(
            scope,
            f"{name}From{number}",
            group_id=group.attr_group_id,
            ip_protocol="tcp",
            from_port=_HTTPS,
            to_port=_HTTPS,
            source_security_group_id=jobs,
            description="From jobs",
        )
    return group


def store_name(place: Place, name: str) -> str:
    """Return the name of a collection or domain of OpenSearch.

    Raises:
        InputError: it is longer than OpenSearch takes.
    """
    full = f"{place.prefix}-{name.lower()}"
    if len(full) > _LONGEST_STORE:
        found = f"{full!r}, the name of a search store, has {len(full)} characters"
        expected, remedy = f"at most {_LONGEST_STORE}", "Shorten the environment's name."
        raise InputError(Problem("search.name", found, expected, remedy, place.environment.file))
    return full
