"""The account's pipelines: what the emulator knows is run on it, the rest against botocore's own models."""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from config.errors import InputError, StateError
from pipelines import account

GOLDEN = (Path(__file__).parent / "golden" / "pid-rec-dev.json").read_bytes()
NAME = "glyphline-dev-pid-rec"
ROLE = "arn:aws:iam::123456789012:role/glyphline-dev-pipeline"
ARN = "arn:aws:sagemaker:eu-central-1:123456789012:pipeline/glyphline-dev-pid-rec/execution/abcdefghijkl"
WHEN = dt.datetime(2026, 11, 21, 3, 15, tzinfo=dt.UTC)


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield boto3.client("sagemaker", region_name="eu-central-1")


def _upsert(client: Any, definition: bytes = GOLDEN) -> str:
    return account.upsert(client, NAME, definition, role_arn=ROLE, description="tags", tags={"a": "b"})


def test_upsert_creates_updates_or_leaves_alone(client: Any) -> None:
    changed = GOLDEN.replace(b'"DefaultValue": 0.05', b'"DefaultValue": 0.04')
    assert account.deployed(client, NAME) is None
    assert _upsert(client) == "created"
    assert _upsert(client) == "unchanged"
    assert account.changes(account.deployed(client, NAME), GOLDEN) == ""
    assert _upsert(client, changed) == "updated"
    difference = account.changes(account.deployed(client, NAME), GOLDEN)
    assert '-      "DefaultValue": 0.04,\n+      "DefaultValue": 0.05,\n' in difference
    assert json.loads(client.describe_pipeline(PipelineName=NAME)["PipelineDefinition"]) == json.loads(
        changed
    )


def test_a_pipeline_of_a_stack_is_left_to_its_stack(client: Any) -> None:
    _upsert(client)
    arn = client.describe_pipeline(PipelineName=NAME)["PipelineArn"]
    tag = {"Key": "aws:cloudformation:stack-name", "Value": "glyphline-dev-pipelines"}
    client.add_tags(ResourceArn=arn, Tags=[tag])
    assert _upsert(client) == "unchanged"
    with pytest.raises(StateError, match="npx cdk deploy glyphline-dev-pipelines"):
        _upsert(client, GOLDEN.replace(b"0.05", b"0.04"))
    assert account.changes(account.deployed(client, NAME), GOLDEN) == ""


def test_start_and_runs(client: Any) -> None:
    _upsert(client)
    arn = account.start(client, NAME, {"Snapshot": "ab12"}, token="manifest 7")
    assert [one.arn for one in account.runs(client, NAME)] == [arn]


@pytest.mark.parametrize(
    ("given", "message"),
    [({"Snapshot": "ab", "MaxEror": "1"}, "Did you mean 'MaxError'"), ({}, "--parameter Snapshot=VALUE")],
)
def test_start_refuses_parameters(client: Any, given: dict[str, str], message: str) -> None:
    _upsert(client)
    with pytest.raises(InputError, match=message):
        account.start(client, NAME, given, None)
    assert list(account.runs(client, NAME)) == []


def test_start_of_a_pipeline_that_is_not_there(client: Any) -> None:
    with pytest.raises(StateError, match="glyphline pipeline upsert"):
        account.start(client, NAME, {}, None)


def test_show_and_logs_and_stop() -> None:
    """The emulator has neither: these answers are made by hand, and held against AWS's own models."""
    options = {"region_name": "eu-central-1", "aws_access_key_id": "x", "aws_secret_access_key": "x"}
    sagemaker, logs = boto3.client("sagemaker", **options), boto3.client("logs", **options)
    job = "arn:aws:sagemaker:eu-central-1:123456789012:training-job/pipelines-abc-Train-1"
    steps = [
        {
            "StepName": "Examine",
            "StepStatus": "Succeeded",
            "CacheHitResult": {"SourcePipelineExecutionArn": ARN},
        },
        {
            "StepName": "Train",
            "StepStatus": "Failed",
            "StartTime": WHEN,
            "EndTime": WHEN + dt.timedelta(seconds=90),
            "Metadata": {"TrainingJob": {"Arn": job}},
            "FailureReason": "AlgorithmError: no good model",
        },
    ]
    with Stubber(sagemaker) as answers, Stubber(logs) as lines:
        described = {"PipelineExecutionStatus": "Failed", "FailureReason": "Train", "CreationTime": WHEN}
        answers.add_response("describe_pipeline_execution", described, {"PipelineExecutionArn": ARN})
        answers.add_response(
            "list_pipeline_execution_steps",
            {"PipelineExecutionSteps": steps},
            {"PipelineExecutionArn": ARN, "SortOrder": "Ascending"},
        )
        run, (examine, train) = account.show(sagemaker, ARN)
        assert (run.status, run.reason) == ("Failed", "Train")
        assert (examine.cached, train.cached, train.job) == (True, False, job)
        assert train.reason == "AlgorithmError: no good model"
        lines.add_response(
            "filter_log_events",
            {"events": [{"message": "epoch 1"}, {"message": "epoch 2"}]},
            {
                "logGroupName": "/aws/sagemaker/TrainingJobs",
                "logStreamNamePrefix": "pipelines-abc-Train-1/",
            },
        )
        assert list(account.logs(logs, train)) == ["epoch 1", "epoch 2"]
        with pytest.raises(StateError, match="no log"):
            list(account.logs(logs, examine))
        answers.add_response("stop_pipeline_execution", {"PipelineExecutionArn": ARN})
        account.stop(sagemaker, ARN)
        answers.assert_no_pending_responses()
