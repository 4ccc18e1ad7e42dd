"""Every family has its pipeline, with the account's own key and files, and a function that may start it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from upath import UPath

from config.environment import Network, load_environment
from config.tasks import load_family
from infra.functions.on_labels.settings import Settings
from infra.resources import built
from infra.resources.definition import Made, with_references, with_stand_ins
from pipelines.family_pipeline import FamilyPipeline
from pipelines.inputs import Upload
from pipelines.place import Place
from pipelines.validate import validate

PLACE = Place(load_environment("prod"), "123456789012")
KEY = "arn:aws:kms:eu-central-1:123456789012:key/made"
ASSETS = "s3://cdk-hnb659fds-assets-123456789012-eu-central-1/glyphline-prod"


def of_type(templates: dict[str, dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    resources = templates["glyphline-prod-pipelines"]["Resources"].values()
    return [one["Properties"] for one in resources if one["Type"] == kind]


def text(body: Any) -> str:
    """Return a definition as the account gets it, with an ARN for the key and ids for what else is made."""
    separator, parts = body["Fn::Join"]

    def resolved(part: Any) -> str:
        if isinstance(part, str):
            return part
        return KEY if "Key" in json.dumps(part) else "made-0"

    return str(separator.join(map(resolved, parts)))


def values(node: Any, key: str) -> Iterator[Any]:
    for name, value in node.items() if isinstance(node, dict) else enumerate(node):
        if name == key:
            yield value
        if isinstance(value, dict | list):
            yield from values(value, key)


def test_each_family_has_a_pipeline_and_a_group(templates: dict[str, dict[str, Any]]) -> None:
    names = {PLACE.name(family) for family in PLACE.environment.families}
    pipelines = of_type(templates, "AWS::SageMaker::Pipeline")
    groups = of_type(templates, "AWS::SageMaker::ModelPackageGroup")
    assert {one["PipelineName"] for one in pipelines} == names
    assert {one["ModelPackageGroupName"] for one in groups} == names
    assert {one["RoleArn"] for one in pipelines} == {PLACE.role_arn("pipeline")}


def test_what_is_deployed_is_valid_encrypted_and_finds_its_files(
    templates: dict[str, dict[str, Any]],
) -> None:
    for one in of_type(templates, "AWS::SageMaker::Pipeline"):
        body = text(one["PipelineDefinition"]["PipelineDefinitionBody"])
        assert validate(one["PipelineName"], body.encode()) == []
        definition = json.loads(body)
        assert set(values(definition, "KmsKeyId")) == {KEY}  # four processing jobs' output, and the model's
        assert set(values(definition, "VolumeKmsKeyId")) == {KEY}
        defaults = {
            parameter["Name"]: parameter.get("DefaultValue") for parameter in definition["Parameters"]
        }
        family = one["PipelineName"].removeprefix("glyphline-prod-")
        assert defaults["DataUri"] == PLACE.data_uri(family)
        assert defaults["FamilyUri"].startswith(f"{ASSETS}/families/{family}/")
        assert defaults["ChampionUri"] == f"{ASSETS}/nothing"


def test_the_function_is_told_what_it_reads(templates: dict[str, dict[str, Any]]) -> None:
    (function,) = (
        one for one in of_type(templates, "AWS::Lambda::Function") if "on_labels" in one["Handler"]
    )
    variables = function["Environment"]["Variables"]
    settings = Settings.of(variables | {"TABLE": "runs"})
    labels = PLACE.environment.labels
    assert settings.families == {PLACE.name(family): family for family in PLACE.environment.families}
    assert f"s3://{settings.bucket}/pid-rec" == PLACE.data_uri("pid-rec")
    assert settings.rules.keys() == set(PLACE.environment.families)
    for family, rules in settings.rules.items():
        assert rules.unit == load_family(family).unit
        assert rules.min_new == labels.min_new
        assert rules.max_age.total_seconds() == labels.max_age_hours * 3600
        assert rules.nothing_uri == f"{ASSETS}/nothing"


def test_a_message_comes_again_only_after_the_function_has_given_up(
    templates: dict[str, dict[str, Any]],
) -> None:
    sources = of_type(templates, "AWS::Lambda::EventSourceMapping")
    assert len(sources) == 2
    assert all(one["FunctionResponseTypes"] == ["ReportBatchItemFailures"] for one in sources)
    longest = max(one["Timeout"] for one in of_type(templates, "AWS::Lambda::Function"))
    window = max(one.get("MaximumBatchingWindowInSeconds", 0) for one in sources)
    queues = [one for one in of_type(templates, "AWS::SQS::Queue") if "RedrivePolicy" in one]
    assert all(one["VisibilityTimeout"] >= 6 * longest + window for one in queues)


def test_the_memory_of_runs_is_encrypted_and_can_be_restored(templates: dict[str, dict[str, Any]]) -> None:
    (table,) = of_type(templates, "AWS::DynamoDB::Table")
    assert table["SSESpecification"]["SSEType"] == "KMS"
    assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
    assert table["BillingMode"] == "PAY_PER_REQUEST"


def test_files_travel_as_they_are_to_where_the_definition_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CDK_VALIDATION", "false")  # read when the CDK is first imported
    import aws_cdk as cdk

    from infra.resources.family_files import publish

    app = cdk.App(outdir=str(tmp_path))
    account = cdk.Environment(account=PLACE.account, region="eu-central-1")
    stack = cdk.Stack(app, "One", env=account)
    files = {
        "s3://bucket/families/x/abc/family.yaml": b"family: x\n",
        "s3://bucket/nothing/nothing.json": b"{}",
    }
    published = publish(stack, "glyphline-prod", files)
    app.synth()
    assert published.folders == {
        "s3://bucket/families/x/abc": f"{ASSETS}/families/x/abc",
        "s3://bucket/nothing": f"{ASSETS}/nothing",
    }
    manifest = json.loads((tmp_path / "One.assets.json").read_bytes())
    brought = {
        target["objectKey"]: (tmp_path / one["source"]["path"]).read_bytes()
        for one in manifest["files"].values()
        for target in one["destinations"].values()
        if target["objectKey"].startswith("glyphline-prod/")
    }
    assert brought == {
        "glyphline-prod/families/x/abc/family.yaml": b"family: x\n",
        "glyphline-prod/nothing/nothing.json": b"{}",
    }


def test_jobs_may_read_those_files_and_nothing_else_there(templates: dict[str, dict[str, Any]]) -> None:
    read = {
        json.dumps(statement["Resource"])
        for one in templates["glyphline-prod-identity"]["Resources"].values()
        if one["Type"] == "AWS::IAM::Policy"
        for statement in one["Properties"]["PolicyDocument"]["Statement"]
        if "s3:GetObject" in statement["Action"] and "cdk-" in json.dumps(statement["Resource"])
    }
    assert read == {'"arn:aws:s3:::cdk-hnb659fds-assets-123456789012-eu-central-1/glyphline-prod/*"'}


def test_what_only_the_deployment_knows_is_in_the_definition() -> None:
    made = Made(
        key_arn="${Key}", tracking_arn="${Tracking}", subnets=("${A}", "${B}"), security_groups=("${G}",)
    )
    stand_in, references = with_stand_ins(PLACE, made)
    network, environment = stand_in.environment.network, stand_in.environment
    assert network is not None
    assert Network.model_validate(network.model_dump()) == network  # of the right form
    said = [environment.kms_key, environment.pipelines.tracking, *network.subnets, *network.security_groups]
    text = with_references(json.dumps(said).encode(), references)
    assert json.loads(text) == ["${Key}", "${Tracking}", "${A}", "${B}", "${G}"]
    with pytest.raises(AssertionError, match="nowhere"):
        with_references(b"{}", references)


def test_what_the_environment_names_itself_stays() -> None:
    own = PLACE.environment.model_copy(update={"kms_key": KEY})
    place = replace(PLACE, environment=own)
    assert with_stand_ins(place, Made(key_arn="${Key}")) == (place, {})


def test_a_definition_is_built_once_until_something_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def build(family: Any, place: Place) -> FamilyPipeline:
        asked.append((family.description, place.environment.kms_key))
        return FamilyPipeline("x", json.dumps(asked[-1]).encode(), Upload("s3://x", {}))

    monkeypatch.setattr(built, "pipeline_of", build)
    monkeypatch.setattr(built, "_FOLDER", UPath(tmp_path / "definitions"))
    family = load_family("pid-rec")
    other = family.model_copy(update={"description": "other"})
    key = replace(PLACE, environment=PLACE.environment.model_copy(update={"kms_key": KEY}))
    for one, place in [(family, PLACE), (family, PLACE), (other, PLACE), (family, key), (family, PLACE)]:
        assert json.loads(built.built(one, place).definition) == [one.description, place.environment.kms_key]
    assert len(asked) == 3


@pytest.mark.parametrize("function", ["on_labels", "on_run_end", "on_approval"])
def test_a_function_is_there_within_half_a_second(function: str) -> None:
    code = (
        "import time; began = time.process_time();"
        f"import infra.functions.{function}.handler; print(time.process_time() - began)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 0.5
