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


def test_jobs_reach_what_they_need_and_only_this_accounts_buckets() -> None:
    endpoints = [said for _, said in of_type(_network(), "AWS::EC2::VPCEndpoint")]
    names = {json.dumps(one["ServiceName"]).rpartition("eu-central-1.")[2].strip('"') for one in endpoints}
    interfaces = {
        "sagemaker.api",
        "sagemaker.runtime",
        "ecr.api",
        "ecr.dkr",
        "logs",
        "monitoring",
        "sts",
        "kms",
        "experiments",  # MLflow's
    }
    assert {one for one in names if "s3" not in one} == interfaces
    (storage,) = (one for one in endpoints if one.get("VpcEndpointType", "Gateway") == "Gateway")
    ours, layers = storage["PolicyDocument"]["Statement"]
    assert ours["Condition"] == {"StringEquals": {"aws:ResourceAccount": "123456789012"}}
    assert layers["Action"] == "s3:GetObject"
    assert layers["Resource"].startswith("arn:aws:s3:::prod-eu-central-1-starport-layer-bucket")


def test_mlflow_is_reached_only_where_something_is_tracked() -> None:
    from infra.stacks.network import NetworkStack

    server = "arn:aws:sagemaker:eu-central-1:123456789012:mlflow-tracking-server/runs"
    said = load_environment("prod").pipelines.model_dump(exclude_unset=True)
    for changes, expected in (
        ({"track": False}, 0),
        ({"track": False, "pipelines": said | {"tracking": server}}, 1),
    ):
        app = cdk.App()
        stack = NetworkStack(app, place=place_of(**changes))
        endpoints = Template.from_stack(stack).find_resources("AWS::EC2::VPCEndpoint")
        assert json.dumps(endpoints).count(".experiments") == expected


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
    with pytest.raises(ValueError, match="make_network: true or a network that there is, not both"):
        Environment.model_validate(settings | {"make_network": True, "network": there})
