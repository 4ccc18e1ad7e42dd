"""Where drawings are searched: asleep when nobody asks, closed to the internet, for roles that may."""

from __future__ import annotations

import json
from typing import Any

import pytest
from alone import Resources, alone, inside_of, place_of

from config.errors import InputError
from pipelines.place import Place


def _search(place: Place) -> Resources:
    from infra.stacks.search import SearchStack

    return alone(SearchStack, place)


@pytest.fixture(scope="module")
def collection() -> Resources:
    return _search(inside_of())


@pytest.fixture(scope="module")
def domain() -> Resources:
    return _search(inside_of(search={"kind": "managed", "instance": "r7g.large.search", "nodes": 4}))


def _policies(resources: Resources) -> dict[str, Any]:
    found = resources.of("OpenSearchServerless::SecurityPolicy")
    return {one["Type"]: json.loads(_text(one["Policy"])) for one in found}


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    parts = value["Fn::Join"][1]
    return "".join(one if isinstance(one, str) else "reference" for one in parts)


def test_a_collection_sleeps_in_a_group_of_the_next_generation(collection: Resources) -> None:
    group = collection.one("OpenSearchServerless::CollectionGroup")
    assert group["Generation"] == "NEXTGEN"
    limits = {name.removesuffix("CapacityInOcu") for name in group["CapacityLimits"]}
    assert limits == {"MaxIndexing", "MaxSearch"}  # without a least it sleeps
    made = collection.one("OpenSearchServerless::Collection")
    assert (made["Type"], made["CollectionGroupName"]) == ("VECTORSEARCH", group["Name"])


def test_a_collection_is_ours_to_decrypt_and_nobody_from_outside_reaches_it(collection: Resources) -> None:
    policies = _policies(collection)
    assert policies["encryption"]["AWSOwnedKey"] is False
    assert policies["encryption"]["KmsARN"].endswith(":key/1")
    (network,) = policies["network"]
    assert network["AllowFromPublic"] is False
    assert network["SourceVPCEs"] == ["reference"]
    endpoint = collection.one("EC2::VPCEndpoint")  # collections of this generation have no other way in
    assert endpoint["ServiceName"] == "com.amazonaws.eu-central-1.aoss-data"
    assert (endpoint["VpcEndpointType"], endpoint["PrivateDnsEnabled"]) == ("Interface", True)
    ingress = collection.one("EC2::SecurityGroupIngress")
    assert (ingress["SourceSecurityGroupId"], ingress["FromPort"]) == ("sg-1", 443)


def test_only_the_indexer_writes_to_a_collection(collection: Resources) -> None:
    write, read = json.loads(collection.one("OpenSearchServerless::AccessPolicy")["Policy"])
    assert write["Principal"] == [inside_of().role_arn("processing")]
    assert "aoss:WriteDocument" in write["Rules"][0]["Permission"]
    assert read["Rules"][0]["Permission"] == ["aoss:DescribeIndex", "aoss:ReadDocument"]
    assert collection.allowed() == {"aoss:APIAccessAll"}


def test_a_collection_waits_for_its_policies(collection: Resources) -> None:
    (made,) = (one for one in collection.all.values() if one["Type"].endswith("Serverless::Collection"))
    needed = {collection.all[name]["Type"].rpartition("::")[2] for name in made["DependsOn"]}
    assert needed == {"AccessPolicy", "CollectionGroup", "SecurityPolicy"}


def test_a_domain_is_inside_and_encrypted_everywhere(domain: Resources) -> None:
    said = domain.one("OpenSearchService::Domain")
    assert said["VPCOptions"]["SubnetIds"] == ["subnet-1", "subnet-2"]
    assert said["ClusterConfig"]["ZoneAwarenessConfig"] == {"AvailabilityZoneCount": 2}
    assert said["EncryptionAtRestOptions"]["Enabled"] is True
    assert said["NodeToNodeEncryptionOptions"] == {"Enabled": True}
    assert said["DomainEndpointOptions"]["EnforceHTTPS"] is True
    assert said["DomainEndpointOptions"]["TLSSecurityPolicy"].startswith("Policy-Min-TLS-1-2")


def test_only_the_indexer_writes_to_a_domain(domain: Resources) -> None:
    write, read = domain.one("OpenSearchService::Domain")["AccessPolicies"]["Statement"]
    assert write["Principal"] == {"AWS": inside_of().role_arn("processing")}
    assert "es:ESHttpPut" in write["Action"]
    assert not {"es:ESHttpPut", "es:ESHttpDelete"} & set(read["Action"])


def test_a_domain_of_one_node_is_in_one_zone() -> None:
    search = {"kind": "managed", "instance": "t3.small.search"}
    said = _search(inside_of(search=search)).one("OpenSearchService::Domain")
    assert said["VPCOptions"]["SubnetIds"] == ["subnet-1"]
    assert "ZoneAwarenessConfig" not in said["ClusterConfig"]


def test_zones_of_unlike_many_nodes_are_refused_before() -> None:
    search = {"kind": "managed", "instance": "t3.small.search", "nodes": 3}
    told = r"config/environments/prod\.yaml: search\.nodes is 3, .* 2 subnets; .* 2 zones\. Say nodes: 2 or 4"
    with pytest.raises(InputError, match=told):
        _search(inside_of(search=search))


def test_without_a_network_there_is_no_search() -> None:
    with pytest.raises(
        InputError, match=r"prod\.yaml: search\.kind: serverless and no network.*make_network"
    ):
        _search(place_of(make_network=False))


def test_a_name_that_opensearch_refuses_is_refused_before() -> None:
    with pytest.raises(InputError, match=r"config/environments/production-eu\.yaml: .*at most 28"):
        _search(inside_of(environment="production-eu"))
