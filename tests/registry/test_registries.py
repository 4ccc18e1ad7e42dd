"""What every registry promises, asked of each of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from registering import GROUP, new, request

from config.errors import InputError
from config.protocol import REGISTERED_KEYS
from registry.errors import DecisionError, RegistrationError, UnknownVersionError
from registry.protocol import Registry
from registry.rules import ancestors
from registry.versions import NewVersion

pytestmark = pytest.mark.filterwarnings(
    "ignore:The ``noload`` loader strategy"
)  # in MLflow, by SQLAlchemy 2.1

WHY = {"who": "ada", "reason": "halves the errors"}


def champion(registry: Registry) -> str | None:
    found = registry.champion(GROUP)
    return found.reference if found is not None else None


def test_a_registered_version_says_all_it_was_registered_with(registry: Registry) -> None:
    made = registry.register(new("r1"))
    assert (made.reference, made.status, made.approval) == ("pid-rec/1", "PendingManualApproval", None)
    assert made.model_data_uri == "s3://glyphline/runs/r1/model.tar.gz"
    assert made.image_uri == "glyphline-paddle:1"
    assert made.evaluation_uri == "s3://glyphline/runs/r1/evaluation/evaluation.json"
    assert made.metadata == new("r1").metadata
    assert made.description == "Made by r1"
    assert set(made.metadata) == {*REGISTERED_KEYS, "run"}
    assert (made.family, made.run, made.snapshot, made.parent) == (GROUP, "r1", "5af0", None)
    assert (made.task, made.headline, made.error) == ("recognition", "cer", 0.0123)
    assert abs(datetime.now(UTC) - made.created) < timedelta(minutes=1)
    assert registry.versions(GROUP) == (made,)
    assert registry.groups() == (GROUP,)
    assert registry.version("pid-rec/latest") == registry.version("pid-rec/1") == made
    assert registry.champion(GROUP) is None


@pytest.mark.parametrize(
    ("metadata", "error"),
    [({}, 0.0123), ({"cer": "none"}, None), ({"error": "0.5"}, 0.5), ({"error": "?"}, 0.0123)],
)
def test_a_version_from_before_there_were_tasks_is_of_a_recogniser(
    registry: Registry, metadata: dict[str, str], error: float | None
) -> None:
    made = registry.register(new("r1", before=True, **metadata))
    assert (made.task, made.headline, made.error) == ("recognition", "cer", error)
    assert registry.decide("pid-rec/1", "Approved", **WHY).metadata == made.metadata
    assert registry.register(new("r2")).number == 2


def test_a_run_that_is_resumed_registers_once(registry: Registry) -> None:
    first = registry.register(new("r1"))
    registry.decide("pid-rec/1", "Approved", **WHY)
    assert registry.register(new("r1")).reference == first.reference
    assert registry.register(new("r2")).reference == "pid-rec/2"
    assert [one.run for one in registry.versions(GROUP)] == ["r1", "r2"]


def test_the_champion_is_what_was_approved_last(registry: Registry) -> None:
    for run in ("r1", "r2", "r3"):
        registry.register(new(run))
    said = registry.decide("pid-rec/1", "Approved", **WHY)
    assert said.status == "Approved"
    assert said.approval is not None
    assert (said.approval.who, said.approval.reason) == ("ada", "halves the errors")
    assert said.metadata == new("r1").metadata
    assert champion(registry) == "pid-rec/1"
    registry.decide("pid-rec/latest", "Approved", **WHY)
    assert champion(registry) == "pid-rec/3"
    registry.decide("pid-rec/1", "Approved", who="ada", reason="3 reads 0 as O: back")
    assert champion(registry) == "pid-rec/1"
    registry.decide("pid-rec/champion", "Rejected", **WHY)
    assert champion(registry) == "pid-rec/3"
    registry.decide("pid-rec/3", "Rejected", **WHY)
    assert champion(registry) is None
    assert [one.status for one in registry.versions(GROUP)] == [
        "Rejected",
        "PendingManualApproval",
        "Rejected",
    ]


def test_a_slow_clock_does_not_keep_the_old_champion(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.register(new("r1"))
    registry.register(new("r2"))
    registry.decide("pid-rec/1", "Approved", **WHY)

    class Slow(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime(2020, 1, 1, tzinfo=UTC)

    monkeypatch.setattr("registry.rules.datetime", Slow)
    registry.decide("pid-rec/2", "Approved", **WHY)
    assert champion(registry) == "pid-rec/2"


def test_a_model_of_another_family_is_refused(registry: Registry) -> None:
    registry.register(new("r1"))
    with pytest.raises(RegistrationError, match="'thai-rec' for pid-rec, where pid-rec/1 is 'pid-rec'"):
        registry.register(new("r2", family="thai-rec"))
    assert len(registry.versions(GROUP)) == 1


def test_the_parents_of_a_version_are_found(registry: Registry) -> None:
    registry.register(new("r1"))
    registry.register(new("r2", parent="model-r1"))
    registry.register(new("r3", parent="model-r2"))
    registry.register(new("r4", parent="model-elsewhere"))
    versions = registry.versions(GROUP)
    chains = [[one.number for one in ancestors(version, versions)] for version in versions]
    assert chains == [[], [1], [2, 1], []]


@pytest.mark.parametrize(
    ("ask", "kind", "message"),
    [
        (lambda one: one.versions("pid-rek"), UnknownVersionError, "Did you mean 'pid-rec'"),
        (lambda one: one.version("pid-rek/1"), UnknownVersionError, "no group 'pid-rek'"),
        (lambda one: one.version("pid-rec/7"), UnknownVersionError, r"pid-rec has no 7; .* one of: 1, 2"),
        (lambda one: one.version("pid-rec"), UnknownVersionError, "GROUP/champion"),
        (lambda one: one.version("pid-rec/²"), UnknownVersionError, "GROUP/champion"),
        (lambda one: one.decide("pid-rec/9", "Approved", **WHY), UnknownVersionError, "has no 9"),
        (lambda one: one.decide("pid-rec/1", "Approved", **WHY), DecisionError, "champion already.*ada"),
        (lambda one: one.decide("pid-rec/2", "Rejected", **WHY), DecisionError, "rejected already"),
        (lambda one: one.decide("pid-rec/2", "Approved", who="ada", reason=" "), DecisionError, "reason"),
        (lambda one: one.decide("pid-rec/2", "Approved", who="", reason="x"), DecisionError, "without who"),
    ],
)
def test_what_cannot_be_done_is_said(
    registry: Registry, ask: Callable[[Registry], object], kind: type[InputError], message: str
) -> None:
    registry.register(new("r1"))
    registry.register(new("r2"))
    registry.decide("pid-rec/1", "Approved", **WHY)
    registry.decide("pid-rec/2", "Rejected", **WHY)
    before = registry.versions(GROUP)
    with pytest.raises(kind, match=message):
        ask(registry)
    assert registry.versions(GROUP) == before


def test_an_empty_registry_answers(registry: Registry) -> None:
    assert registry.groups() == ()
    assert registry.champion(GROUP) is None
    for reference in ("pid-rec/1", "pid-rec/champion"):
        with pytest.raises(UnknownVersionError, match="Nothing is registered yet"):
            registry.version(reference)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ModelApprovalStatus": "Approved"}, "ModelApprovalStatus is 'Approved'"),
        ({"ModelPackageGroupName": "a/b"}, "the group 'a/b'"),
        ({"ModelMetrics": {}}, "no ModelMetrics.ModelQuality"),
        ({"InferenceSpecification": {"Containers": []}}, "InferenceSpecification.Containers"),
        (
            {"CustomerMetadataProperties": {"family": GROUP}},
            "no version, snapshot, parent, run in the metadata",
        ),
        ({"CustomerMetadataProperties": {"error": None}}, "CustomerMetadataProperties.error.* is None"),
    ],
)
def test_an_incomplete_request_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(RegistrationError, match=message):
        NewVersion.from_request({**request("r1"), **change})
