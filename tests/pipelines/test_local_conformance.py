"""The same pipeline under the SDK's own local executor and under our engine: they must agree.

What an execution reports is compared (status of every step, outcome, reasons), and what every job and
registration was asked to do, so that the interpreter of the JSON cannot drift from the SDK.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from local_pipelines import statuses

from config.environment import load_environment
from config.protocol import FAMILY_FILE, NOTHING_FILE, SNAPSHOT_FILE
from config.tasks import load_family
from pipelines.definition import assemble
from pipelines.local import engine, jobs, store
from pipelines.local.definition import parse
from pipelines.local.errors import StepError
from pipelines.offline import offline_session
from pipelines.place import NO_ACCOUNT, Place

STUB = (sys.executable, "-S", str(Path(__file__).parent / "stub_family.py"))
PLACE = Place(load_environment("dev"), NO_ACCOUNT, local=True)


@pytest.fixture(scope="module", params=["pid-rec", "pid-det"])
def pipeline(request: pytest.FixtureRequest) -> Iterator[Any]:
    uri = PLACE.uri("families", request.param, "0")
    with offline_session(PLACE) as session:
        yield assemble(load_family(request.param), PLACE, session, family_uri=uri, image_tag="0")


def surroundings(home: Path, pipeline: Any, error: str, broken: str) -> engine.Surroundings:
    """A machine with everything in its store that the pipeline's parameters name."""
    defaults = {one.name: str(one.default_value) for one in parse(pipeline.definition().encode()).parameters}
    needed = ("DataUri", SNAPSHOT_FILE), ("FamilyUri", FAMILY_FILE), ("ChampionUri", NOTHING_FILE)
    for parameter, name in needed:
        folder = store.path_of(defaults[parameter], home)
        folder.mkdir(parents=True)
        (folder / name).write_text("{}")
    images = {jobs.image_name(defaults["ImageUri"]): STUB}
    return engine.Surroundings(home, images, "code", lambda _: "arn", {"ERROR": error, "BREAK": broken})


def by_ours(pipeline: Any, around: engine.Surroundings) -> engine.Run:
    begun = engine.begin(around.home, pipeline.name, pipeline.definition().encode(), {"Snapshot": "f" * 64})
    return engine.execute(begun.id, around, lambda _: None)


def asked(run: engine.Run) -> dict[str, dict[str, Any]]:
    """Return what each step that succeeded was asked to do; its result has more."""
    lineage = run.folder / "lineage.json"
    recorded = {"Lineage": json.loads(lineage.read_text())} if lineage.exists() else {}
    return {name: dict(step.result) for name, step in run.steps.items()} | recorded


@pytest.mark.parametrize(
    ("error", "broken", "outcome"),
    [
        ("0.01", "", "Succeeded"),
        ("0.9", "", "Failed"),
        ("0.01", "train", "Failed"),
        ("0.01", "examine", "Failed"),
    ],
)
def test_both_executors_agree(tmp_path: Path, pipeline: Any, error: str, broken: str, outcome: str) -> None:
    import sdk_executor  # takes seconds to import, and only within the session of the fixture

    ours = by_ours(pipeline, surroundings(tmp_path / "ours", pipeline, error, broken))
    client = sdk_executor.Jobs(surroundings(tmp_path / "sdk", pipeline, error, broken), ours.id)
    theirs = sdk_executor.execute(pipeline, client, ours.id, ours.parameters)

    steps = {step["StepName"]: step for step in theirs.list_steps()["PipelineExecutionSteps"]}
    assert (ours.status, theirs.status) == (outcome, outcome)
    assert statuses(ours) == {name: step["StepStatus"] for name, step in steps.items()}
    assert [step.reason for step in ours.steps.values()] == [
        without_type(steps[name].get("FailureReason")) for name in ours.steps
    ]
    assert ours.reason == without_type(theirs.failure_reason)

    for name, request in client.requests.items():
        if ours.steps[name].status == "Succeeded":
            assert {key: asked(ours)[name].get(key) for key in request} == request, name


def without_type(reason: str | None) -> str | None:
    """The SDK's executor tells the type of what its client raises."""
    return None if reason is None else reason.replace(f"{StepError.__name__}: ", "")
