"""What stands in the way of a deployment, in an account of the emulator and of stubbed answers."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from families import Families
from moto import mock_aws
from typer.testing import CliRunner

from cli.main import app
from config.environment import Environment, Search, load_environment
from infra import readiness
from infra.readiness import Check
from pipelines.place import Place

ACCOUNT = "123456789012"
REGION = "eu-central-1"


@pytest.fixture(autouse=True)
def _account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "fake")
    with mock_aws():
        yield


@pytest.fixture
def place() -> Place:
    return Place(load_environment("dev"), ACCOUNT)


def changed(**sections: dict[str, Any]) -> Environment:
    return Environment.model_validate(load_environment("dev").model_dump(exclude_unset=True) | sections)


def client(service: str) -> Any:
    return boto3.client(service, region_name=REGION)


def states(checks: Sequence[Check]) -> dict[str, str]:
    return {one.name: one.state for one in checks}


def test_bootstrap_is_there_and_new_enough(place: Place) -> None:
    ssm = client("ssm")
    none = readiness.bootstrap(ssm, place)
    assert none.state == "failed"
    assert none.remedy == f"Once: npx cdk bootstrap aws://{ACCOUNT}/{REGION}"
    for version, state in (("5", "failed"), ("28", "ok")):
        name = "/cdk-bootstrap/hnb659fds/version"
        ssm.put_parameter(Name=name, Value=version, Type="String", Overwrite=True)
        assert readiness.bootstrap(ssm, place).state == state


def quota_client(values: dict[str, float], defaults: dict[str, float]) -> Any:
    quotas = client("service-quotas")
    stub = Stubber(quotas)
    for operation, said in (
        ("list_aws_default_service_quotas", defaults),
        ("list_service_quotas", values),
    ):
        pages = [{"QuotaName": name, "QuotaCode": "L-1", "Value": value} for name, value in said.items()]
        stub.add_response(operation, {"Quotas": pages[:1], "NextToken": "more"})
        stub.add_response(operation, {"Quotas": pages[1:]})
    stub.activate()
    return quotas


def test_a_quota_of_0_is_refused_with_how_to_raise_it() -> None:
    names = ["ml.m5.xlarge for processing job usage", "ml.c5.2xlarge for spot training job usage"]
    quotas = quota_client({names[0]: 4.0}, dict.fromkeys(names, 0.0))
    found = {one.name: one for one in readiness.quotas(quotas, load_environment("dev"))}
    assert found[f"quota {names[0]}"].state == "ok"
    refused = found[f"quota {names[1]}"]
    assert refused.state == "failed"
    assert "--quota-code L-1 --desired-value 1 --region eu-central-1" in refused.remedy


def test_only_the_first_choice_must_be_granted_and_endpoints_for_every_family() -> None:
    environment = load_environment("prod")
    names = [one.name for one in readiness.quotas_of(environment)]
    assert "ml.c5.large for endpoint usage" in names
    first = [one.name for one in readiness.quotas_of(environment) if one.preferred]
    granted = {**dict.fromkeys(names, 0.0), **dict.fromkeys(first, 2.0)}
    found = states(list(readiness.quotas(quota_client(granted, {}), environment)))
    assert (
        found.pop("quota ml.c5.large for endpoint usage") == "failed"
    )  # 2 where three families need one each
    assert set(found.values()) == {"ok", "warning"}


def test_a_family_needs_the_instances_that_it_says_itself(families: Families) -> None:
    jobs = {"instances": ["ml.g5.2xlarge"], "max_runtime_s": 3600}
    serving = {"kind": "realtime", "instance": "ml.g5.xlarge", "min_instances": 2}
    families.say("thai-rec", resources={"training": jobs}, serving=serving)
    needed = {one.name: one for one in readiness.quotas_of(load_environment("prod"))}
    assert needed["ml.g5.2xlarge for training job usage"].preferred
    assert needed["ml.c5.4xlarge for training job usage"].preferred  # of the others
    least = {name: one.least for name, one in needed.items() if "endpoint" in name}
    assert least == {"ml.c5.large for endpoint usage": 2, "ml.g5.xlarge for endpoint usage": 2}


def test_ground_truth_needs_a_workforce_only_where_it_labels(place: Place) -> None:
    sagemaker = client("sagemaker")
    assert list(readiness.ground_truth(sagemaker, place)) == []
    made = changed(labelling={"backend": "ground-truth"})
    named = changed(
        labelling={"backend": "ground-truth", "user_pool": f"{REGION}_pool", "user_pool_client": "client"}
    )
    for forces, environment, state in (
        ([], made, "failed"),
        ([workforce("default")], made, "failed"),
        ([workforce("default")], named, "ok"),
        ([workforce(place.prefix)], made, "ok"),  # by the stack, at an earlier deployment
    ):
        with Stubber(sagemaker) as stub:
            stub.add_response("list_workforces", {"Workforces": forces})
            (check,) = readiness.ground_truth(sagemaker, Place(environment, ACCOUNT))
        assert check.state == state
        if forces and state == "failed":
            assert "labelling.user_pool (eu-central-1_pool)" in check.remedy


def workforce(name: str) -> dict[str, Any]:
    return {
        "WorkforceName": name,
        "WorkforceArn": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:workforce/{name}",
        "CognitoConfig": {"UserPool": f"{REGION}_pool", "ClientId": "client"},
    }


def test_a_region_without_a_service_is_named() -> None:
    assert readiness.services(load_environment("dev")).state == "ok"
    young = changed(search={"kind": "serverless"}).model_copy(update={"region": "mx-central-1"})
    check = readiness.services(young)
    assert check.state == "failed"
    assert "opensearchserverless" in check.found


def test_buckets_are_free_ours_or_left_over(place: Place) -> None:
    s3, cloudformation = client("s3"), client("cloudformation")
    assert set(states(list(readiness.buckets(s3, cloudformation, place))).values()) == {"ok"}
    where = {"LocationConstraint": REGION}
    s3.create_bucket(Bucket=place.bucket("raw"), CreateBucketConfiguration=where)
    left = {one.name: one for one in readiness.buckets(s3, cloudformation, place)}
    assert left["bucket raw"].state == "failed"
    assert "cdk import glyphline-dev-storage" in left["bucket raw"].remedy
    template = '{"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}'
    cloudformation.create_stack(StackName="glyphline-dev-storage", TemplateBody=template)
    assert states(list(readiness.buckets(s3, cloudformation, place)))["bucket raw"] == "ok"


def test_a_bucket_of_somebody_else_is_refused(place: Place) -> None:
    s3 = client("s3")
    with Stubber(s3) as stub:
        for _ in range(5):
            stub.add_client_error("head_bucket", service_error_code="403", http_status_code=403)
        found = states(list(readiness.buckets(s3, client("cloudformation"), place)))
    assert set(found.values()) == {"failed"}


def test_a_managed_search_needs_the_role_by_which_it_enters_a_network(place: Place) -> None:
    iam = client("iam")
    assert list(readiness.search_role(iam, place.environment)) == []
    search = Search(kind="managed", instance="t3.small.search")
    searching = place.environment.model_copy(update={"search": search})
    (missing,) = readiness.search_role(iam, searching)
    assert (missing.state, "create-service-linked-role" in missing.remedy) == ("failed", True)
    iam.create_role(RoleName="AWSServiceRoleForAmazonOpenSearchService", AssumeRolePolicyDocument="{}")
    (there,) = readiness.search_role(iam, searching)
    assert there.state == "ok"


def test_an_image_that_is_not_there_is_a_warning(place: Place) -> None:
    ecr, wanted = client("ecr"), {"paddle": "0.1.0"}
    assert "no repository" in next(readiness.images(ecr, place, wanted)).found
    ecr.create_repository(repositoryName=place.repository("paddle"))
    missing = next(readiness.images(ecr, place, wanted))
    assert (missing.state, "glyphline images push" in missing.remedy) == ("warning", True)
    manifest = '{"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json"}'
    ecr.put_image(repositoryName=place.repository("paddle"), imageManifest=manifest, imageTag="0.1.0")
    there = next(readiness.images(ecr, place, wanted))
    assert (there.state, there.found) == ("ok", f"{place.repository('paddle')}:0.1.0")
    pinned = place.environment.model_copy(update={"images": {"paddle": f"sha256:{0:064x}"}})
    lost = next(readiness.images(ecr, replace(place, environment=pinned), wanted))
    assert (lost.state, "has no sha256:000" in lost.found) == ("warning", True)


def test_this_machine_says_what_it_lacks(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    told = CliRunner().invoke(app, ["doctor"])
    assert told.exit_code == 0
    assert "ok      python" in told.stdout
    for lacking in ("node", "fonts, Thai", "container engine"):
        assert f"warning {lacking}" in told.stdout


def test_the_command_asks_the_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.readiness.quotas", lambda *_: [Check("quota x", "failed", "0", "Raise it.")])
    told = CliRunner().invoke(app, ["doctor", "--environment", "dev"])
    assert told.exit_code == 1, told.exception
    assert f"ok      account: {ACCOUNT} in {REGION}" in told.stdout
    assert "failed  cdk bootstrap: none" in told.stdout
    assert "failed  quota x: 0. Raise it." in told.stdout
    assert "warning image paddle" in told.stdout
    assert "warning approvers: none" in told.stdout


def test_what_the_account_refuses_is_told_and_the_rest_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> Iterator[Check]:
        said = {"Code": "AccessDeniedException", "Message": "you may not list quotas"}
        raise ClientError({"Error": said}, "ListServiceQuotas")

    monkeypatch.setattr("infra.readiness.quotas", refuse)
    told = CliRunner().invoke(app, ["doctor", "--account", "--environment", "dev"])
    assert told.exit_code == 1, told.exception
    assert "failed  quotas: AWS refused ListServiceQuotas: you may not list quotas" in told.stdout
    assert "warning image paddle" in told.stdout
