"""The network that is made: no way to the internet, and jobs that find their way to what they need."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest
from alone import place_of
from aws_cdk.assertions import Template
from everything import everything
from rules import of_type

from config.environment import Environment, load_environment
from infra.resources.access import Access
from pipelines.place import Place


def _network() -> dict[str, Any]:
    return everything().templates["glyphline-prod-network"]


def test_nothing_leads_out() -> None:
    types = {one["Type"] for one in _network()["Resources"].values()}
    assert types.isdisjoint({"AWS::EC2::InternetGateway", "AWS::EC2::NatGateway", "AWS::EC2::Route"})
    assert "AWS::Lambda::Function" not in types  # CDK's own custom resources bring one, with rights


def _services(template: dict[str, Any]) -> set[str]:
    """Return the services that `template` has interface endpoints for."""
    endpoints = [said for _, said in of_type(template, "AWS::EC2::VPCEndpoint")]
    interfaces = [one for one in endpoints if one["VpcEndpointType"] == "Interface"]
    return {json.dumps(one["ServiceName"]).rpartition("eu-central-1.")[2].strip('"') for one in interfaces}


def test_jobs_reach_only_this_accounts_buckets() -> None:
    endpoints = [said for _, said in of_type(_network(), "AWS::EC2::VPCEndpoint")]
    (storage,) = (one for one in endpoints if one["VpcEndpointType"] == "Gateway")
    (ours,) = storage["PolicyDocument"]["Statement"]
    assert ours["Condition"] == {"StringEquals": {"aws:ResourceAccount": "123456789012"}}


STUDIO = {"sagemaker.api", "sagemaker.runtime", "logs", "monitoring", "sts"}
MLFLOW = {"mlflow"}
SERVER = "arn:aws:sagemaker:eu-central-1:123456789012:mlflow-tracking-server/runs"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, STUDIO | MLFLOW),
        ({"track": False}, STUDIO),
        ({"studio": False}, MLFLOW),
        ({"studio": False, "track": False}, set()),
        ({"studio": False, "track": False, "pipelines": {"tracking": SERVER}}, {"experiments"}),
    ],
)
def test_what_is_paid_by_the_hour_is_made_for_whoever_needs_it(
    changes: dict[str, Any], expected: set[str]
) -> None:
    """Jobs and endpoints need nothing but S3: SageMaker pulls their images and writes their logs."""
    from infra.stacks.network import NetworkStack

    said = load_environment("prod").pipelines.model_dump(exclude_unset=True)
    changes = changes | {"pipelines": said | changes.get("pipelines", {})}
    template = Template.from_stack(NetworkStack(cdk.App(), place=place_of(**changes))).to_json()
    assert _services(template) == expected
    groups = [said["GroupDescription"] for _, said in of_type(template, "AWS::EC2::SecurityGroup")]
    assert ("Endpoints for jobs" in groups) == bool(expected)


def test_only_jobs_reach_the_endpoints() -> None:
    (rule,) = (said for _, said in of_type(_network(), "AWS::EC2::SecurityGroupIngress"))
    assert "JobsGroup" in json.dumps(rule["SourceSecurityGroupId"])
    groups = [said for _, said in of_type(_network(), "AWS::EC2::SecurityGroup")]
    assert not any(one.get("SecurityGroupIngress") for one in groups)


def test_zones_are_asked_of_nobody() -> None:
    zones = [said["AvailabilityZone"] for _, said in of_type(_network(), "AWS::EC2::Subnet")]
    assert zones == [{"Fn::Select": [number, {"Fn::GetAZs": ""}]} for number in (0, 1)]


def test_jobs_run_in_it() -> None:
    """The definition's subnets are references, and the roles may make interfaces there and nowhere else."""
    templates = everything().templates
    exported = {json.dumps(one["Export"]["Name"]) for one in _network()["Outputs"].values()}
    groups_and_subnets = [one for one in exported if "Subnet" in one or "JobsGroup" in one]
    assert len(groups_and_subnets) == 3
    pipelines, roles = (json.dumps(templates[f"glyphline-prod-{one}"]) for one in ("pipelines", "identity"))
    for name in groups_and_subnets:
        assert name in pipelines
        assert name in roles


def test_dev_has_none() -> None:
    """Endpoints cost money by the hour: a network is made only where it is asked for."""
    dev = load_environment("dev")
    assert not dev.make_network
    words = Access(Place(dev, "123456789012"), keys=())
    assert words.join_network() == []


def test_one_network_is_enough() -> None:
    there = {"subnets": ["subnet-0a"], "security_groups": ["sg-0b"]}
    settings = load_environment("prod").model_dump(exclude_unset=True)
    with pytest.raises(ValueError, match="make_network: true or an existing network, not both"):
        Environment.model_validate(settings | {"make_network": True, "network": there})
