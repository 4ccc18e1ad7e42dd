"""Labels arrive, twice, late, while a run goes on, while a function dies: one run for each snapshot."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from documented import arrival, batch, clock, run_end
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws
from moto.sagemaker.models import sagemaker_backends

from infra.functions.on_labels import handler as module
from infra.functions.on_labels.account import Account
from infra.functions.on_labels.decision import (
    Champion,
    Rules,
    Run,
    Seen,
    Snapshot,
    State,
    new_samples,
    next_state,
    started,
    to_start,
)
from infra.functions.on_labels.flow import BusyError, attend
from infra.functions.on_labels.table import Table
from registry.sagemaker import SagemakerRegistry
from registry.versions import NewVersion

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
RULES = Rules(min_new=10, max_age=timedelta(hours=24), nothing_uri="s3://artifacts/nothing")
REGION, ACCOUNT = "eu-central-1", "123456789012"
BUCKET, PIPELINE, FAMILY = "snapshots", "glyphline-dev-pid-rec", "pid-rec"


def seen(samples: int, *, at: datetime = NOON, parents: tuple[str, ...] = (), **more: Any) -> Seen:
    return Seen(now=at, snapshot=Snapshot(f"h{samples}", samples, parents), **{"champion": None, **more})


def test_enough_labels_start_a_run_from_the_champion() -> None:
    champion = Champion("s3://models/1", "h5", 5)
    view = seen(15, parents=("h5",), champion=champion)
    assert next_state(State(), view, RULES).running == Run("h15", 15, "s3://models/1")
    assert next_state(State(), seen(15), RULES).running == Run("h15", 15, "s3://artifacts/nothing")
    assert to_start(next_state(State(), seen(14, parents=("h5",), champion=champion), RULES)) is None


def test_few_labels_wait_until_the_first_of_them_is_old() -> None:
    first = next_state(State(), seen(3), RULES)
    assert (first.running, first.waiting, first.waiting_since) == (None, "h3", NOON)
    later = next_state(first, seen(4, at=NOON + timedelta(hours=23), parents=("h3",)), RULES)
    assert (later.running, later.waiting, later.waiting_since) == (None, "h4", NOON)
    old = next_state(later, seen(4, at=NOON + timedelta(hours=24), parents=("h3",)), RULES)
    assert old.running is not None
    assert (old.running.snapshot, old.waiting, old.waiting_since) == ("h4", None, None)


def test_labels_that_come_by_ones_start_no_run_each_though_nobody_has_approved() -> None:
    after = next_state(State(), seen(10), RULES)
    ended = next_state(started(after, "arn"), seen(11, parents=("h10",), ended=True), RULES)
    assert (ended.running, ended.waiting) == (None, "h11")
    assert new_samples(ended, seen(11, parents=("h10",))) == 1


def test_what_the_champion_has_learnt_from_a_run_by_hand_is_not_learnt_again() -> None:
    view = seen(20, at=NOON + timedelta(days=9), champion=Champion("s3://models/2", "h20", 20))
    assert next_state(State(), view, RULES) == State()


def test_another_dataset_in_the_folder_is_new_altogether() -> None:
    state = started(next_state(State(), seen(100), RULES), "arn")
    assert new_samples(state, seen(50)) == 50


def test_a_snapshot_that_comes_back_has_had_its_run() -> None:
    first = started(next_state(State(), seen(10), RULES), "arn1")
    second = started(next_state(first, seen(30, ended=True), RULES), "arn2")
    back = next_state(second, seen(10, ended=True, at=NOON + timedelta(days=9)), RULES)
    assert (back.running, back.waiting) == (None, None)


def test_while_somebodys_run_goes_on_ours_waits() -> None:
    waiting = next_state(State(), seen(10, elsewhere=True), RULES)
    assert (waiting.running, waiting.waiting) == (None, "h10")
    assert next_state(waiting, seen(10), RULES).running is not None


class DiedError(Exception):
    """The function's process ended here."""


@dataclass
class World:
    """An account in which, between any two things that a function does, anything may happen."""

    data: st.DataObject
    chaos: bool = True
    depth: int = 0
    now: datetime = NOON
    state: State = field(default_factory=State)
    snapshots: list[Snapshot] = field(default_factory=lambda: [Snapshot("h1", 1)])
    champion: Champion | None = None
    by_token: dict[str, str] = field(default_factory=dict)
    active: dict[str, str] = field(default_factory=dict)
    begun: list[str] = field(default_factory=list)
    arrived: int = -1
    by_hand: bool = False

    def between(self) -> None:
        what = (
            self.data.draw(st.sampled_from(["on"] * 5 + ["die", "other", "change"])) if self.chaos else "on"
        )
        if what == "die":
            raise DiedError
        if what == "other" and self.depth < 3:
            self.look()
        if what == "change":
            self.change()

    def change(self) -> None:
        what = self.data.draw(
            st.sampled_from(["labels", "end", "time", "approve", "by hand", "replace", "restore"])
        )
        newest = self.snapshots[-1]
        if what == "labels":
            samples = newest.samples + self.data.draw(st.integers(1, 12))
            grown = Snapshot(f"h{len(self.snapshots)}-{samples}", samples, (newest.hash, *newest.parents))
            self.snapshots.append(grown)
        elif what == "replace":
            self.snapshots.append(Snapshot(f"other{len(self.snapshots)}", self.data.draw(st.integers(1, 30))))
        elif what == "restore":
            self.snapshots.append(self.data.draw(st.sampled_from(self.snapshots)))
        elif what == "end" and self.active:
            self.active.popitem()
        elif what == "time":
            self.now += timedelta(hours=self.data.draw(st.integers(1, 30)))
        elif what == "approve" and self.begun:
            chosen = self.data.draw(st.sampled_from(self.begun))
            samples = next(one.samples for one in self.snapshots if one.hash == chosen)
            self.champion = Champion(f"s3://models/{chosen}", chosen, samples)
        elif what == "by hand":
            self.by_hand = not self.by_hand

    def look(self) -> None:
        self.depth += 1
        try:
            attend(FAMILY, PIPELINE, self, self, RULES)  # type: ignore[arg-type]
        except (DiedError, BusyError):
            assert self.chaos
        finally:
            self.depth -= 1

    # what `Table` and `Account` do

    def read(self, _family: str) -> State:
        self.between()
        return self.state

    def write(self, _family: str, state: State) -> State | None:
        self.between()
        if state.revision != self.state.revision:
            return None
        self.state = State(
            state.revision + 1, state.running, state.waiting, state.waiting_since, state.last, state.begun
        )
        self.between()
        return self.state

    def see(self, _family: str, _pipeline: str, state: State) -> Seen:
        self.between()
        execution = state.running.execution if state.running else None
        ended = execution is not None and execution not in self.active
        return Seen(self.now, self.snapshots[-1], self.champion, ended, self.by_hand)

    def start(self, family: str, _pipeline: str, run: Run) -> str:
        self.between()
        token = run.token(family)
        if token not in self.by_token:  # as SageMaker does
            assert not self.active, "two runs of one family at once"
            assert run.snapshot not in self.begun, "two runs of one snapshot"
            self.by_token[token] = f"arn{len(self.by_token)}"
            self.active[self.by_token[token]] = run.snapshot
            self.begun.append(run.snapshot)
            before, hashes = self.arrived, [one.hash for one in self.snapshots]
            self.arrived = len(hashes) - 1 - hashes[::-1].index(run.snapshot)
            assert self.arrived > before, "a run of what an earlier run has overtaken"
        self.between()
        return self.by_token[token]


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_whatever_happens_in_between_no_snapshot_has_two_runs_and_none_is_lost(data: st.DataObject) -> None:
    world = World(data)
    for _ in range(data.draw(st.integers(1, 6))):
        world.change()
        world.look()
    world.chaos = world.by_hand = False
    for _ in range(3):  # the clock asks, runs end
        world.look()
        world.active.clear()
        world.now += timedelta(hours=25)
    newest = world.snapshots[-1].hash
    assert newest in world.begun or (world.champion is not None and world.champion.snapshot == newest)
    assert world.state.waiting is None
    assert set(world.begun) == world.state.begun


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
        "MIN_NEW": "10",
        "MAX_AGE_HOURS": "24",
        "NOTHING_URI": RULES.nothing_uri,
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


def put(samples: int, *parents: str, family: str = FAMILY) -> dict[str, Any]:
    """Write a snapshot as `corpus/snapshot.py` does, its parents into history; return the event."""
    s3 = boto3.client("s3")
    hashes = [f"h{samples}", *parents]
    for place, one in enumerate(hashes):
        name = "snapshot.json" if place == 0 else f"history/{one}.json"
        said = {"hash": one, "samples": int(one[1:]), "parents": hashes[place + 1 :]}
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
        "ChampionUri": RULES.nothing_uri,
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
    run = Run("h1", 1, "s3://champion", "arn")
    state = State(0, run, "h2", NOON, ("h1", 1), frozenset({"h0", "h1"}))
    written = table.write("x", state)
    assert written is not None
    assert table.read("x") == written
    assert table.write("x", state) is None
    assert table.write("x", State(written.revision)) is not None
    assert table.read("x") == State(2)
