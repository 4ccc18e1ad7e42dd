"""Who labels: a team that signs in by two factors, what they see, and the functions around their work."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import boto3
import pytest
from alone import Resources, alone, place_of
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator
from moto import mock_aws

from config.environment import Labelling
from infra.functions.consolidation import handler as after
from infra.functions.pre_annotation import handler as before

ARN = "arn:aws:sagemaker:eu-central-1:111122223333:labeling-job/drawings"
ROOT = Path(__file__).parents[2]
BOX = {"transcription": "FV-101", "points": [[20, 30], [120, 30], [120, 60], [20, 60]]}


def _labelling(**said: str) -> Resources:
    from infra.stacks.labelling import LabellingStack

    return alone(LabellingStack, place_of(labelling={"backend": "ground-truth", **said}))


@pytest.fixture(scope="module")
def made() -> Resources:
    return _labelling()


def test_labellers_are_invited_and_sign_in_by_two_factors(made: Resources) -> None:
    pool = made.one("Cognito::UserPool")
    assert pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True
    assert (pool["MfaConfiguration"], pool["EnabledMfas"]) == ("ON", ["SOFTWARE_TOKEN_MFA"])
    (member,) = made.one("SageMaker::Workteam")["MemberDefinitions"]
    workforce = made.one("SageMaker::Workforce")["CognitoConfig"]
    assert member["CognitoMemberDefinition"]["CognitoUserPool"] == workforce["UserPool"]
    assert member["CognitoMemberDefinition"]["CognitoClientId"] == workforce["ClientId"]


def test_the_workforce_waits_for_the_page_where_labellers_sign_in_and_for_their_group(
    made: Resources,
) -> None:
    (workforce,) = (one for one in made.all.values() if one["Type"] == "AWS::SageMaker::Workforce")
    needed = {made.all[name]["Type"].rpartition("::")[2] for name in workforce["DependsOn"]}
    assert needed == {"UserPoolDomain", "UserPoolGroup"}


def test_the_workforce_that_there_is_is_used() -> None:
    resources = _labelling(user_pool="eu-central-1_abc", user_pool_client="client")
    assert not resources.of("Cognito::UserPool") + resources.of("SageMaker::Workforce")
    (member,) = resources.one("SageMaker::Workteam")["MemberDefinitions"]
    assert member["CognitoMemberDefinition"]["CognitoClientId"] == "client"


def test_a_pool_without_its_client_is_refused() -> None:
    with pytest.raises(ValueError, match="user_pool and user_pool_client, both or neither"):
        Labelling(backend="ground-truth", user_pool="eu-central-1_abc")


@pytest.fixture(scope="module")
def synthesised(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The folder of an assembly with the stack, and the stack's template."""
    import aws_cdk as cdk
    from aws_cdk import aws_kms as kms

    from infra.stacks.labelling import LabellingStack

    out = tmp_path_factory.mktemp("cdk.out")
    app = cdk.App(outdir=str(out))
    key = kms.Key.from_key_arn(cdk.Stack(app, "home"), "Key", "arn:aws:kms:eu-central-1:123456789012:key/1")
    stack = LabellingStack(app, place=place_of(labelling={"backend": "ground-truth"}), key=key)
    app.synth()
    template: dict[str, Any] = json.loads((out / f"{stack.stack_name}.template.json").read_bytes())
    return out, template


def test_the_template_travels_with_the_deployment(synthesised: tuple[Path, dict[str, Any]]) -> None:
    out, template = synthesised
    uri = template["Outputs"]["TemplateUri"]["Value"]
    assets = json.loads((out / "glyphline-prod-labelling.assets.json").read_bytes())["files"].values()
    brought = {
        f"s3://{to['bucketName']}/{to['objectKey']}": out / one["source"]["path"]
        for one in assets
        for to in one["destinations"].values()
    }
    assert brought[uri].read_bytes() == (ROOT / "labeling" / "task.liquid.html").read_bytes()


def test_another_template_has_another_address(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The deployment brings nothing again that is there, and jobs that run keep what they show."""
    from infra.stacks import labelling

    def uri(content: bytes) -> str:
        import aws_cdk as cdk
        from aws_cdk import aws_kms as kms

        (tmp_path / "task.liquid.html").write_bytes(content)
        app = cdk.App()
        key = kms.Key.from_key_arn(
            cdk.Stack(app, "home"), "Key", "arn:aws:kms:eu-central-1:123456789012:key/1"
        )
        place = place_of(labelling={"backend": "ground-truth"})
        return labelling.LabellingStack(app, place=place, key=key).template.uri

    monkeypatch.setattr(labelling.resources, "files", lambda _package: tmp_path)
    assert uri(b"one") == uri(b"one") != uri(b"two")


def test_the_role_of_jobs_reads_the_template_and_encrypts_what_labellers_say(
    synthesised: tuple[Path, dict[str, Any]],
) -> None:
    _, template = synthesised
    (policy,) = (
        one["Properties"]
        for one in template["Resources"].values()
        if one["Type"] == "AWS::IAM::Policy" and one["Properties"]["Roles"] == ["glyphline-prod-labelling"]
    )
    uri = template["Outputs"]["TemplateUri"]["Value"]
    _calls, *others = policy["PolicyDocument"]["Statement"]
    assert [(one["Action"], one["Resource"]) for one in others] == [
        ("s3:GetObject", uri.replace("s3://", "arn:aws:s3:::")),
        (["kms:Encrypt", "kms:GenerateDataKey"], "arn:aws:kms:eu-central-1:123456789012:key/1"),
    ]


def test_the_documented_job_is_one_that_sagemaker_takes(synthesised: tuple[Path, dict[str, Any]]) -> None:
    """Every output that the documentation asks for is there, and the request has the service's own form."""
    _, template = synthesised
    text = (ROOT / "docs" / "labelling.md").read_text(encoding="utf-8")
    outputs = set(re.findall(r"\$\(output (\w+)\)", text))
    assert outputs == set(template["Outputs"])
    (request,) = re.findall(r"<<END\n(.*?)\nEND\n", text, re.DOTALL)
    filled = re.sub(r"\$\(output \w+\)", "arn:aws:service:eu-central-1:123456789012:x/y", request)
    model = ServiceModel(Loader().load_service_model("sagemaker", "service-2"))
    shape = model.operation_model("CreateLabelingJob").input_shape
    said = json.loads(filled)
    assert ParamValidator().validate(said, shape).generate_report() == ""
    assert said["LabelAttributeName"] == "ocr"


def test_the_role_of_jobs_calls_both_functions_and_nothing_else(made: Resources) -> None:
    (statement,) = (
        one
        for policy in made.of("IAM::Policy")
        for one in policy["PolicyDocument"]["Statement"]
        if one["Action"] == "lambda:InvokeFunction"
    )
    assert len(statement["Resource"]) == len(made.of("Lambda::Function")) == 2
    assert "s3:PutObject" not in made.allowed()


def test_a_task_shows_what_a_model_has_read() -> None:
    line = {"source-ref": "s3://raw/drawing 1.png", "initial": [BOX]}
    answer = before.handler({"version": "2018-10-16", "labelingJobArn": ARN, "dataObject": line}, None)
    assert answer == {
        "taskInput": {"taskObject": "s3://raw/drawing 1.png", "initial": [BOX]},
        "isHumanAnnotationRequired": True,
    }


def test_a_line_without_an_image_is_named() -> None:
    with pytest.raises(ValueError, match=f"{ARN} has source; expected source-ref"):
        before.handler({"labelingJobArn": ARN, "dataObject": {"source": "text"}}, None)


def _annotation(worker: str, *texts: str) -> dict[str, Any]:
    boxes = [{**BOX, "transcription": text} for text in texts]
    said = json.dumps({"image": {"width": 400, "height": 200}, "boxes": boxes})
    return {"workerId": worker, "annotationData": {"content": json.dumps({"ocr": said, "note": ""})}}


def _consolidated(annotations: list[dict[str, Any]]) -> Any:
    with mock_aws():
        session = boto3.Session("test", "test", region_name="eu-central-1")
        s3 = session.client("s3")
        s3.create_bucket(Bucket="labelled", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        batch = [{"datasetObjectId": "7", "dataObject": {}, "annotations": annotations}]
        s3.put_object(Bucket="labelled", Key="jobs/a b.json", Body=json.dumps(batch))
        event = {
            "version": "2018-10-16",
            "labelingJobArn": ARN,
            "labelAttributeName": "ocr",
            "payload": {"s3Uri": "s3://labelled/jobs/a b.json"},
        }
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(after, "_s3", lambda: s3)
            (label,) = after.handler(event, None)
    assert label["datasetObjectId"] == "7"
    return label["consolidatedAnnotation"]["content"]["ocr"]


def test_what_most_labellers_read_is_the_label() -> None:
    label = _consolidated(
        [_annotation("a", "FV-1O1"), _annotation("b", "FV-101"), _annotation("c", "FV-101")]
    )
    assert [one["transcription"] for one in label["boxes"]] == ["FV-101"]
    assert label["agreement"] == pytest.approx(2 / 3)
    assert label["workers"] == ["a", "b", "c"]
    assert label["image"] == {"width": 400, "height": 200}


def test_where_nobody_agrees_the_label_says_so() -> None:
    label = _consolidated([_annotation("a", "1"), _annotation("b", "2")])
    assert ([one["transcription"] for one in label["boxes"]], label["agreement"]) == (["1"], 0.5)


def test_an_answer_of_another_form_is_named() -> None:
    other = {"workerId": "eve", "annotationData": {"content": '{"crowd-classifier": {}}'}}
    with pytest.raises(ValueError, match="eve submitted"):
        _consolidated([other])
