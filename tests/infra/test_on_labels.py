"""Labels arrive, twice, late, while a run goes on, while a function dies: one run for each snapshot."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from documented import arrival, batch, clock, run_end
from moto import mock_aws
from moto.sagemaker.models import sagemaker_backends

from config import protocol
from infra.functions.on_labels import account
from infra.functions.on_labels import handler as module
from infra.functions.on_labels.account import Account
from infra.functions.on_labels.decision import Run, Size, State
from infra.functions.on_labels.table import Table
from registry.sagemaker import SagemakerRegistry
from registry.versions import NewVersion

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
REGION, ACCOUNT = "eu-central-1", "123456789012"
BUCKET, PIPELINE, FAMILY = "snapshots", "glyphline-dev-pid-rec", "pid-rec"
NOTHING = "s3://artifacts/nothing"


class DiedError(Exception):
    """The function's process ended here."""


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An account with pipelines and groups, the table and the bucket; yields SageMaker's client."""
    variables = {
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "TABLE": "runs",
        "SNAPSHOTS_BUCKET": BUCKET,
        "FAMILIES": json.dumps({PIPELINE: FAMILY, "glyphline-dev-thai-rec": "thai-rec"}),
        "UNITS": '{"pid-rec":"sample","thai-rec":"sample"}',
        "MIN_NEW": "10",
        "MAX_AGE_HOURS": "24",
        "NOTHING_URI": NOTHING,
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        module._parts.cache_clear()
        boto3.client("s3").create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        boto3.client("dynamodb").create_table(
            TableName="runs",
            AttributeDefinitions=[{"AttributeName": "family", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "family", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
        sagemaker = boto3.client("sagemaker")
        for name in json.loads(os.environ["FAMILIES"]):
            sagemaker.create_model_package_group(ModelPackageGroupName=name)
            sagemaker.create_pipeline(
                PipelineName=name,
                PipelineDefinition='{"Version": "2020-12-01", "Parameters": [], "Steps": []}',
                RoleArn=f"arn:aws:iam::{ACCOUNT}:role/glyphline-dev-pipeline",
                ClientRequestToken="x" * 32,
            )
        yield sagemaker
        module._parts.cache_clear()


def put(samples: int, *parents: str, family: str = FAMILY, pages: int | None = None) -> dict[str, Any]:
    """Write a snapshot as `corpus/snapshot.py` does, its parents into history; return the event."""
    s3 = boto3.client("s3")
    hashes = [f"h{samples}", *parents]
    for place, one in enumerate(hashes):
        name = "snapshot.json" if place == 0 else f"history/{one}.json"
        said = {"hash": one, "samples": int(one[1:]), "parents": hashes[place + 1 :]}
        said |= {} if pages is None else {"images": pages - place}
        s3.put_object(Bucket=BUCKET, Key=f"{family}/{name}", Body=json.dumps(said).encode())
    return arrival(BUCKET, f"{family}/snapshot.json")


def executions(status: str | None = None) -> list[Any]:
    """Return moto's executions, the oldest first; with `status`, after saying that the newest has it."""
    found = list(sagemaker_backends[ACCOUNT][REGION].pipelines[PIPELINE].pipeline_executions.values())
    if status is not None:
        found[-1].pipeline_execution_status = status
    return found


def parameters(execution: Any) -> dict[str, str]:
    return {one["Name"]: one["Value"] for one in execution.pipeline_parameters}


def test_a_thousand_events_are_one_run(aws: Any) -> None:
    event = put(12)
    answer = module.handler(batch(*[event] * 1000), None)
    assert answer == {"batchItemFailures": []}
    executions("Executing")
    module.handler(batch(event), None)  # and once more
    (run,) = executions()
    assert parameters(run) == {
        "DataUri": f"s3://{BUCKET}/{FAMILY}",
        "Snapshot": "h12",
        "ChampionUri": NOTHING,
    }


def test_what_waited_is_started_when_a_run_ends(aws: Any) -> None:
    module.handler(batch(put(12)), None)
    executions("Executing")
    module.handler(batch(put(30, "h12")), None)
    assert len(executions()) == 1
    (run,) = executions("Failed")
    module.handler(batch(run_end(run.arn, "Failed")), None)
    assert [parameters(one)["Snapshot"] for one in executions()] == ["h12", "h30"]


def test_the_clock_asks_again_though_an_end_was_never_heard(aws: Any) -> None:
    module.handler(batch(put(12)), None)
    executions("Executing")
    module.handler(batch(put(30, "h12")), None)
    executions("Succeeded")
    module.handler(batch(clock()), None)
    assert len(executions()) == 2


def test_dying_before_the_start_or_after_it_leaves_a_start_that_is_repeated_word_by_word(
    aws: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = put(12)
    with monkeypatch.context() as dying:
        dying.setattr(module.Account, "start", _die)
        with pytest.raises(DiedError):
            module.handler(batch(event), None)
    assert executions() == []
    write = Table.write
    with monkeypatch.context() as dying:
        dying.setattr(Table, "write", _die)
        with pytest.raises(DiedError):
            module.handler(batch(clock()), None)
    assert Table.write is write
    module.handler(batch(clock()), None)
    first, second = executions()  # moto knows no tokens
    assert first.client_request_token == second.client_request_token
    assert first.pipeline_parameters == second.pipeline_parameters


def _die(*_arguments: object) -> None:
    raise DiedError


def test_a_run_begins_from_the_champion_that_the_registry_names(aws: Any) -> None:
    registry = SagemakerRegistry(aws)
    for number, snapshot in enumerate(["h20", "h30", "h40"], start=1):
        lineage = {"family": FAMILY, "version": str(number), "snapshot": snapshot, "parent": "none"}
        registry.register(
            NewVersion(
                group=PIPELINE,
                model_data_uri=f"s3://models/{snapshot}.tar.gz",
                image_uri="image",
                evaluation_uri="s3://artifacts/evaluation.json",
                metadata={**lineage, "run": f"run{number}"},
            )
        )
    for number in (1, 2, 1):  # the last is a rollback
        registry.decide(f"{PIPELINE}/{number}", "Approved", who="me", reason="reads better")
    module.handler(batch(put(29, "h20")), None)
    assert executions() == []  # nine are new
    module.handler(batch(put(30, "h29", "h20")), None)
    (run,) = executions()
    champion = registry.champion(PIPELINE)
    assert champion is not None
    assert parameters(run)["ChampionUri"] == champion.model_data_uri == "s3://models/h20.tar.gz"


def test_an_edit_of_an_approved_version_makes_no_champion_of_it(aws: Any) -> None:
    for number, day in enumerate([2, 4], start=1):
        when = NOON + timedelta(days=day)
        made = aws.create_model_package(
            ModelPackageGroupName=PIPELINE,
            ModelApprovalStatus="Approved",
            InferenceSpecification={"Containers": [{"Image": "i", "ModelDataUrl": f"s3://models/{number}"}]},
            CustomerMetadataProperties={"decided_as": "Approved", "decided_at": when.isoformat()},
        )
        package = sagemaker_backends[ACCOUNT][REGION].model_packages[made["ModelPackageArn"]]
        package.last_modified_time = when if number == 2 else NOON + timedelta(days=9)
    put(5)
    champion = Account(boto3.client("s3"), aws, BUCKET).see(FAMILY, PIPELINE, State()).champion
    assert champion is not None
    assert champion.model_uri == "s3://models/2"


def test_pages_are_read_from_the_snapshot_and_from_its_history(
    aws: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNITS", '{"pid-rec":"image","thai-rec":"sample"}')
    module._parts.cache_clear()
    put(300, pages=10)
    module.handler(batch(clock()), None)
    executions("Succeeded")
    module.handler(batch(put(330, "h300", pages=11)), None)
    assert len(executions()) == 1
    module.handler(batch(put(340, "h330", "h300", pages=20)), None)
    assert [parameters(one)["Snapshot"] for one in executions()] == ["h300", "h340"]


def test_one_family_that_fails_keeps_no_other_from_its_run(aws: Any) -> None:
    boto3.client("s3").put_object(Bucket=BUCKET, Key="thai-rec/snapshot.json", Body=b"{")
    events = [
        arrival(BUCKET, "thai-rec/snapshot.json"),
        put(12),
        "no JSON",
        {"detail-type": "x", "detail": {}},
    ]
    answer = module.handler(batch(*events), None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": one} for one in ("0", "2", "3")]}
    assert len(executions()) == 1


def test_events_of_other_environments_are_nobodys(aws: Any) -> None:
    execution = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:pipeline/glyphline-dev-x-pid-rec/execution/abc"
    put(12)
    answer = module.handler(batch(run_end(execution, "Failed"), arrival(BUCKET, "else/snapshot.json")), None)
    assert answer == {"batchItemFailures": []}
    assert executions() == []


def test_a_state_is_read_as_it_was_written_and_never_over_anothers(aws: Any) -> None:
    table = Table(boto3.client("dynamodb"), "runs")
    assert table.read("x") == State()
    run = Run("h1", "s3://champion", "arn")
    state = State(0, run, "h2", NOON, ("h1", Size(30, 1)), frozenset({"h0", "h1"}))
    written = table.write("x", state)
    assert written is not None
    assert table.read("x") == written
    assert table.write("x", state) is None
    assert table.write("x", State(written.revision)) is not None
    assert table.read("x") == State(2)
    old = table.write("y", State(last=("h1", Size(30))))
    assert old is not None
    assert table.read("y") == old


def test_the_words_of_jobs_are_the_houses() -> None:
    assert account.SNAPSHOT_FILE == protocol.SNAPSHOT_FILE
