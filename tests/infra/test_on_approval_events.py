"""What the function makes of the messages in its queue, whoever decided, and in whatever order they come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from approving import DAY, GROUP, NOON, REGION, SETTINGS, World, change_of
from botocore.exceptions import ClientError
from documented import batch, clock

from infra.functions.on_approval import handler as module
from infra.functions.on_approval.errors import DeploymentError

LATER = datetime(2040, 1, 1, tzinfo=UTC)


@pytest.fixture
def queue(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The function as Lambda loads it, with a real queue in memory."""
    sqs = boto3.Session("test", "test", region_name=REGION).client("sqs")
    url = sqs.create_queue(QueueName="approvals")["QueueUrl"]
    settings = replace(SETTINGS, queue_url=url)
    monkeypatch.setattr(module, "_parts", lambda: (settings, world.account, sqs))
    monkeypatch.setattr(module, "_ASK_AGAIN_S", 0)
    return lambda: sqs.receive_message(QueueUrl=url).get("Messages", [])


def test_a_message_is_sent_anew_until_the_version_serves(world: World, queue: Any) -> None:
    module.handler(change_of(world.approved(minutes=0)), None)
    (again,) = queue()
    module.handler({"Records": [{"body": again["Body"]}]}, None)
    assert not queue()
    assert world.served() == "1"


def _approved_in_studio(world: World, minutes: int) -> str:
    """Return the ARN of a version that somebody approves in Studio, of which the function hears."""
    arn = world.register()
    _decide_in_studio(world, arn, "Approved", minutes=minutes)
    return arn


def _decide_in_studio(world: World, arn: str, status: str, *, minutes: int, heard: bool = True) -> None:
    world.sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus=status)
    world.changed(arn, minutes=minutes)
    if heard:
        module.handler(change_of(arn, status, minutes=minutes, fields="ModelApprovalStatus"), None)


def test_an_approval_in_studio_is_written_down(world: World, queue: Any) -> None:
    arn = _approved_in_studio(world, minutes=1)
    assert world.decision(arn) == {
        "decided_as": "Approved",
        "decided_at": (NOON + timedelta(minutes=1)).isoformat(),
        "decided_by": "fake-user-profile-name",
        "decided_why": "now",
    }
    said = world.sagemaker.describe_model_package(ModelPackageName=arn)
    assert (said["ModelApprovalStatus"], said["CustomerMetadataProperties"]["snapshot"]) == (
        "Approved",
        "abc",
    )


def test_an_edit_of_an_older_version_does_not_bring_it_back(world: World, queue: Any) -> None:
    first, second = (_approved_in_studio(world, minutes=one) for one in (0, DAY))
    world.becomes("InService")
    world.changed(first, minutes=9 * DAY)
    module.handler(change_of(first, minutes=9 * DAY, fields="ModelPackageDescription"), None)
    module.handler(batch(clock()), None)
    assert world.served() == "2"
    assert len(world.updates) == 1
    assert world.decision(second)["decided_at"].startswith("2026-05-05")


def test_approved_again_in_studio_an_older_version_comes_back(world: World, queue: Any) -> None:
    first, _ = world.approved(minutes=0), _approved_in_studio(world, minutes=DAY)
    world.becomes("InService")
    world.changed(first, minutes=2 * DAY)
    for _ in range(2):  # the event may come twice
        module.handler(change_of(first, minutes=2 * DAY, fields="ModelApprovalStatus"), None)
    assert world.tags()["glyphline:version"] == f"{GROUP}/1"
    assert world.decision(first)["decided_by"] != "ada"


def test_where_sagemaker_does_not_say_what_changed_it_counts_as_an_approval(world: World, queue: Any) -> None:
    first, _ = _approved_in_studio(world, minutes=0), _approved_in_studio(world, minutes=DAY)
    world.becomes("InService")
    world.changed(first, minutes=2 * DAY)
    module.handler(change_of(first, minutes=2 * DAY), None)
    assert world.tags()["glyphline:version"] == f"{GROUP}/1"


def test_what_the_command_says_itself_is_not_written_again(world: World, queue: Any) -> None:
    arn = world.approved(minutes=0)
    before = world.decision(arn)
    fields = "ModelApprovalStatus ApprovalDescription CustomerMetadataProperties"
    module.handler(change_of(arn, minutes=1, fields=fields), None)
    module.handler(change_of(arn, minutes=1), None)  # where SageMaker does not say
    assert world.decision(arn) == before


def test_the_clock_cries_when_the_weights_of_what_serves_were_written_over(world: World, queue: Any) -> None:
    world.attend(world.approved(minutes=0))
    module.handler(batch(clock()), None)
    world.write_archive(LATER)
    with pytest.raises(DeploymentError, match="they are not those that were evaluated"):
        module.handler(batch(clock()), None)


@pytest.mark.parametrize(("status", "group"), [("Rejected", GROUP), ("Approved", "somebody-elses")])
def test_other_events_do_nothing(world: World, queue: Any, status: str, group: str) -> None:
    module.handler(change_of(world.approved(minutes=0), status, group), None)
    assert not queue()
    assert not world.sagemaker.list_endpoints()["Endpoints"]


def test_the_clock_makes_good_what_a_lost_message_left_undone(world: World, queue: Any) -> None:
    module.handler(batch(clock()), None)  # nothing is approved yet
    assert not world.sagemaker.list_endpoints()["Endpoints"]
    world.approved(minutes=0)
    module.handler(batch(clock()), None)
    (again,) = queue()
    module.handler({"Records": [{"body": again["Body"]}]}, None)
    assert world.served() == "1"
    assert not queue()


def test_the_clock_does_not_fill_the_dead_queue_with_what_was_taken_back(world: World, queue: Any) -> None:
    world.attend(world.approved(minutes=0))
    old = world.tags()["glyphline:release"]
    world.attend(world.approved(minutes=1))
    world.becomes("InService", release=old)
    module.handler(batch(clock()), None)
    assert not queue()
    assert len(world.updates) == 1


def test_a_rollback_in_studio_minutes_after_an_approval_counts(world: World, queue: Any) -> None:
    first = world.approved(minutes=0)
    world.attend(first)
    world.attend(world.approved(minutes=1))
    world.becomes("InService")
    _decide_in_studio(world, first, "Rejected", minutes=3)
    _decide_in_studio(world, first, "Approved", minutes=4)
    assert world.tags()["glyphline:version"] == f"{GROUP}/1"


def test_an_old_event_that_comes_twice_does_not_hide_a_newer_decision(world: World, queue: Any) -> None:
    first = _approved_in_studio(world, minutes=0)
    world.attend(world.approved(minutes=2))
    world.becomes("InService")
    world.decide(first, "Rejected", minutes=3)
    _decide_in_studio(world, first, "Approved", minutes=4, heard=False)
    for minutes in (0, 4):
        module.handler(change_of(first, minutes=minutes, fields="ModelApprovalStatus"), None)
    assert world.tags()["glyphline:version"] == f"{GROUP}/1"
    assert world.decision(first)["decided_at"] == (NOON + timedelta(minutes=4)).isoformat()


def test_a_command_on_a_machine_whose_clock_is_ahead_does_not_win(world: World, queue: Any) -> None:
    first = world.approved(minutes=4)  # by its own clock
    world.changed(first, minutes=0)
    fields = "ModelApprovalStatus ApprovalDescription CustomerMetadataProperties"
    module.handler(change_of(first, minutes=0, fields=fields), None)
    assert world.decision(first)["decided_by"] == "ada"
    world.becomes("InService")
    _approved_in_studio(world, minutes=2)
    assert world.tags()["glyphline:version"] == f"{GROUP}/2"


def test_an_approval_that_was_never_heard_of_is_noted_before_an_edit_makes_it_newer(
    world: World, queue: Any
) -> None:
    lost = world.register()
    _decide_in_studio(world, lost, "Approved", minutes=0, heard=False)
    newer = world.approved(minutes=DAY)
    module.handler(change_of(newer, minutes=DAY), None)
    world.becomes("InService")
    world.changed(lost, minutes=2 * DAY)
    module.handler(batch(clock()), None)
    assert world.tags()["glyphline:version"] == f"{GROUP}/2"


def test_what_was_said_of_a_rejection_is_not_why_it_was_approved(world: World, queue: Any) -> None:
    arn = world.register()
    world.decide(arn, "Rejected", minutes=0)
    _decide_in_studio(world, arn, "Approved", minutes=60)
    assert world.decision(arn)["decided_why"] == "earlier"
    outcome = world.attend(arn)
    assert outcome.version is not None
    assert outcome.version.why == ""


def test_the_clock_looks_at_every_endpoint_though_one_is_refused(
    world: World, queue: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at = []

    def refused(group: str, _: str | None) -> None:
        looked_at.append(group)
        raise ClientError({"Error": {"Code": "ResourceLimitExceeded", "Message": "0"}}, "CreateEndpoint")

    settings = replace(SETTINGS, alarms={"first": [], "second": []})
    monkeypatch.setattr(module, "_parts", lambda: (settings, None, None))
    monkeypatch.setattr(module, "_attend", refused)
    with pytest.raises(DeploymentError, match=r"first: .*ResourceLimitExceeded.*second: "):
        module.handler(batch(clock()), None)
    assert looked_at == ["first", "second"]
