"""A run ends: somebody reads what waits for approval and where its report is, or why there is nothing."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from documented import batch, run_end

from infra.functions.on_run_end import handler as module
from infra.functions.on_run_end.ending import Ending, Failure, words

PIPELINE = "glyphline-dev-pid-rec"
EXECUTION = f"arn:aws:sagemaker:eu-central-1:123456789012:pipeline/{PIPELINE}/execution/p4jn9xou8a8s"
VERSION = f"arn:aws:sagemaker:eu-central-1:123456789012:model-package/{PIPELINE}/7"
TOPIC = "arn:aws:sns:eu-central-1:123456789012:glyphline-dev-alerts"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> tuple[Stubber, list[dict[str, str]]]:
    """SageMaker's answers, checked against the API's model (moto has no steps), and what was published."""
    monkeypatch.setenv("FAMILIES", json.dumps({PIPELINE: "pid-rec"}))
    monkeypatch.setenv("TOPIC_ARN", TOPIC)
    keys = {"aws_access_key_id": "none", "aws_secret_access_key": "none"}
    sagemaker = boto3.client("sagemaker", region_name="eu-central-1", **keys)
    said: list[dict[str, str]] = []

    class Topic:
        def publish(self, **message: str) -> None:
            said.append(message)

    monkeypatch.setattr(module, "_clients", lambda: (sagemaker, Topic()))
    stubber = Stubber(sagemaker)
    stubber.activate()
    return stubber, said


def answer(stubber: Stubber, status: str, steps: list[dict[str, Any]], **more: str) -> None:
    asked = {"PipelineExecutionArn": EXECUTION}
    stubber.add_response("describe_pipeline_execution", {"PipelineExecutionStatus": status, **more}, asked)
    stubber.add_response(
        "list_pipeline_execution_steps",
        {"PipelineExecutionSteps": steps},
        {**asked, "SortOrder": "Ascending"},
    )


def test_a_version_that_waits_for_approval_names_its_report(aws: Any) -> None:
    stubber, said = aws
    register = {"StepName": "Register", "StepStatus": "Succeeded"}
    answer(stubber, "Succeeded", [register | {"Metadata": {"RegisterModel": {"Arn": VERSION}}}])
    stubber.add_response(
        "describe_model_package",
        {
            "ModelPackageName": PIPELINE,
            "ModelPackageVersion": 7,
            "ModelPackageArn": VERSION,
            "CreationTime": 0,
            "ModelPackageStatus": "Completed",
            "ModelPackageStatusDetails": {"ValidationStatuses": []},
            "CustomerMetadataProperties": {"report": "s3://artifacts/runs/x/report.html"},
        },
        {"ModelPackageName": VERSION},
    )
    assert module.handler(batch(run_end(EXECUTION, "Succeeded")), None) == {"batchItemFailures": []}
    (message,) = said
    assert message["TopicArn"] == TOPIC
    assert message["Subject"] == "pid-rec: version 7 waits for approval"
    assert "s3://artifacts/runs/x/report.html" in message["Message"]
    assert message["Message"].endswith(EXECUTION)


def test_a_refusal_by_the_gate_says_which_numbers(aws: Any) -> None:
    stubber, said = aws
    reason = "Refused by the gate. CER 0.21 on golden, at most 0.1"
    steps = [
        {"StepName": "Train", "StepStatus": "Succeeded"},
        {"StepName": "Fail", "StepStatus": "Failed", "Metadata": {"Fail": {"ErrorMessage": reason}}},
    ]
    answer(stubber, "Failed", steps, FailureReason="Step failure: One or multiple steps failed.")
    module.handler(batch(run_end(EXECUTION, "Failed")), None)
    (message,) = said
    assert message["Subject"] == "pid-rec: the run failed"
    assert message["Message"].splitlines()[0] == f"Fail: {reason}"


def test_a_job_that_failed_says_why(aws: Any) -> None:
    stubber, said = aws
    reason = "ClientError: AlgorithmError: labels.txt, line 3: no image"
    answer(stubber, "Failed", [{"StepName": "Examine", "StepStatus": "Failed", "FailureReason": reason}])
    module.handler(batch(run_end(EXECUTION, "Failed")), None)
    assert said[0]["Message"].startswith(f"Examine: {reason}")


def test_what_aws_refuses_comes_again_and_keeps_no_other_back(aws: Any) -> None:
    stubber, said = aws
    stubber.add_client_error("describe_pipeline_execution", "ThrottlingException")
    answer(stubber, "Stopped", [])
    events = [run_end(EXECUTION, "Failed"), run_end(EXECUTION, "Stopped"), "no JSON"]
    assert module.handler(batch(*events), None) == {
        "batchItemFailures": [{"itemIdentifier": "0"}, {"itemIdentifier": "2"}]
    }
    assert [one["Subject"] for one in said] == ["pid-rec: the run was stopped"]


def test_another_environments_run_is_not_ours(aws: Any) -> None:
    module.handler(batch(run_end(EXECUTION.replace("-dev-", "-dev-x-"), "Failed")), None)
    assert aws[1] == []


@pytest.mark.parametrize(
    ("ending", "subject", "first"),
    [
        (("Succeeded", None, [], None), "f: the run ended without a version", "It succeeded"),
        (("Failed", "no instance", [], None), "f: the run failed", "no instance"),
        (("Failed", None, [], None), "f: the run failed", "SageMaker gives no reason."),
        (("Failed", "x", [Failure("A", "a"), Failure("B", "b")], None), "f: the run failed", "A: a\nB: b"),
    ],
)
def test_there_is_always_something_to_read(ending: Any, subject: str, first: str) -> None:
    said = words(Ending("f", EXECUTION, *ending))
    assert said[0] == subject
    assert said[1].startswith(first)
