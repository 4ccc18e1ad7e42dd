"""The local engine with real jobs: what runs, what is cached or tried again, and how a run fails."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from local_pipelines import (
    CACHE,
    RETRY,
    at_most,
    condition,
    definition,
    from_json,
    get,
    join,
    output_of,
    processing,
    property_file,
    run,
    statuses,
    stored,
    surroundings,
    training,
)

from config.errors import InputError, StateError
from pipelines.local import engine
from pipelines.local.errors import DefinitionError
from pipelines.local.journal import Event

EVALUATION = property_file("Eval", "evaluation", "evaluation.json")
CER = from_json("Evaluate", "Eval", "cer")
REGISTER = {
    "Name": "Register",
    "Type": "RegisterModel",
    "Arguments": {
        "ModelPackageGroupName": get("Parameters.Group"),
        "CustomerMetadataProperties": {"cer": join(CER), "run": get("Execution.PipelineExecutionId")},
    },
}
FAIL = {"Name": "Refused", "Type": "Fail", "Arguments": {"ErrorMessage": join("CER", CER, "is too high")}}
LINEAGE = {
    "Name": "Lineage",
    "Type": "Lineage",
    "DependsOn": ["Register"],
    "Arguments": {
        "Artifacts": [{"ArtifactName": "model", "Source": {"SourceUri": get("Parameters.DataUri")}}],
        "Associations": [{"Source": {"Name": "model", "Type": "Artifact"}}],
    },
}
PIPELINE = definition(
    processing(
        "Prepare",
        *("--copy", "data/text=train/text"),
        inputs={"data": get("Parameters.DataUri")},
        outputs=["train"],
        CacheConfig=CACHE,
    ),
    training(
        "Train",
        *("--copy", "data/text=weights"),
        channels={"data": output_of("Prepare", "train")},
        CacheConfig=CACHE,
    ),
    processing(
        "Evaluate",
        *("--write", 'evaluation/evaluation.json={"cer":0.05}', "--copy", "model/model.tar.gz=evaluation/m"),
        inputs={"model": get("Steps.Train.ModelArtifacts.S3ModelArtifacts")},
        outputs=["evaluation"],
        PropertyFiles=[EVALUATION],
    ),
    condition("Gate", at_most(CER, get("Parameters.MaxError")), then=[REGISTER, LINEAGE], otherwise=[FAIL]),
    DataUri="s3://data/labels",
    MaxError=0.1,
    Group="tags",
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    data = tmp_path / "home" / "store" / "data" / "labels"
    data.mkdir(parents=True)
    (data / "text").write_text("labels")
    return tmp_path / "home"


def test_a_run_that_passes(home: Path) -> None:
    registered: list[Mapping[str, Any]] = []
    events: list[Event] = []
    done = run(home, PIPELINE, events, surroundings(home, registered), Group="other")
    assert done.status == "Succeeded"
    assert statuses(done) == dict.fromkeys(
        ("Prepare", "Train", "Evaluate", "Gate", "Register", "Lineage"), "Succeeded"
    )
    metadata = {"cer": "0.05", "run": done.id}
    assert registered == [{"ModelPackageGroupName": "other", "CustomerMetadataProperties": metadata}]
    assert done.steps["Register"].result["ModelPackageArn"] == "arn:local:other/1"
    lineage = json.loads((done.folder / "lineage.json").read_text())
    assert lineage["Artifacts"][0]["Source"]["SourceUri"] == "s3://data/labels"
    assert list(lineage["ArtifactArns"]) == ["model"]
    assert stored(home, done, "Prepare/train/text") == "labels"
    assert [event.text for event in events if event.kind == "line" and event.step == "Train"] == [
        "train begins --copy data/text=weights"
    ]
    assert engine.load(home, done.id) == done


def test_a_run_that_the_gate_refuses(home: Path) -> None:
    registered: list[Mapping[str, Any]] = []
    done = run(home, PIPELINE, around=surroundings(home, registered), MaxError="0.01")
    assert done.status == "Failed"
    assert done.reason == "Step 'Refused' failed with message: CER/0.05/is too high"
    assert statuses(done)["Refused"] == "Failed"
    assert "Register" not in done.steps
    assert registered == []


def test_steps_that_need_nothing_of_each_other_run_at_once(home: Path, tmp_path: Path) -> None:
    steps = [processing(f"S{n}", "--sleep", "0.5") for n in range(4)]
    begun_s = time.monotonic()
    assert run(home, definition(*steps)).status == "Succeeded"
    assert time.monotonic() - begun_s < 1.5


def test_a_failure_lets_others_finish_and_begins_no_more(home: Path) -> None:
    done = run(
        home,
        definition(
            processing("Bad", "--fail", "The_labels_are_empty."),
            processing("Slow", "--sleep", "0.4", "--write", "o/f=x", outputs=["o"]),
            processing("AfterSlow", DependsOn=["Slow"]),
        ),
    )
    assert statuses(done) == {"Bad": "Failed", "Slow": "Succeeded"}
    assert done.reason == "Step 'Bad' failed with message: The labels are empty."
    assert stored(home, done, "Slow/o/f") == "x"


def test_a_failed_job_leaves_no_output(home: Path) -> None:
    done = run(home, definition(processing("A", "--write", "o/f=x", "--fail", "no", outputs=["o"])))
    assert done.status == "Failed"
    assert not (home / "store" / "store" / done.id).exists()


def test_a_failed_job_leaves_what_is_copied_while_it_runs(home: Path) -> None:
    examine = processing("A", "--write", "report/why.txt=x", "--fail", "refused", outputs=["report"])
    (output,) = examine["Arguments"]["ProcessingOutputConfig"]["Outputs"]
    output["S3Output"]["S3UploadMode"] = "Continuous"
    done = run(home, definition(examine))
    assert done.status == "Failed"
    assert stored(home, done, "A/report/why.txt") == "x"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--say", "last word", "--exit", "3"), "exit code 3, and no word in /opt/ml/output/message"),
        (
            ("--say", "last word", "--exit", "3"),
            "its last lines: a begins --say last word --exit 3 | last word",
        ),
        (("--kill", "{}/tries=1"), "The job was ended by SIGKILL, which nobody here sent."),
    ],
)
def test_why_a_job_failed(home: Path, words: tuple[str, ...], reason: str) -> None:
    done = run(home, definition(processing("A", *(word.format(home) for word in words))))
    assert reason in str(done.steps["A"].reason)


def test_a_failed_training_job_and_one_without_a_model(home: Path) -> None:
    done = run(home, definition(training("A", "--fail", "Loss_is_NaN.")))
    assert done.steps["A"].reason == "Loss is NaN."
    done = run(home, definition(training("A", "--say", "nothing")))
    assert "ended without a model" in str(done.steps["A"].reason)


def test_an_input_that_vanished_is_named_before_the_job_starts(home: Path, tmp_path: Path) -> None:
    gone = (tmp_path / "gone").as_uri()
    done = run(home, PIPELINE, DataUri=gone)
    reason = str(done.steps["Prepare"].reason)
    assert f"{gone} ({tmp_path}/gone), which the parameter DataUri names, does not exist" in reason
    assert not done.log("Prepare").exists()
    (tmp_path / "gone").mkdir()
    assert "is empty" in str(run(home, PIPELINE, DataUri=gone).reason)
    assert "expected s3://BUCKET/KEY" in str(run(home, PIPELINE, DataUri="/etc").reason)


def test_a_property_file_that_is_not_there(home: Path) -> None:
    step = processing(
        "Evaluate", "--write", "evaluation/x=1", outputs=["evaluation"], PropertyFiles=[EVALUATION]
    )
    done = run(home, definition(step, condition("Gate", at_most(CER, 1), then=[processing("Never")])))
    assert statuses(done) == {"Evaluate": "Succeeded", "Gate": "Failed"}
    assert "evaluation.json" in str(done.reason)
    assert "No such file" in str(done.reason)


def test_an_unknown_image(home: Path) -> None:
    around = replace(surroundings(home), images={"glyphline-paddle": ("true",)})
    assert "stands for no program here" in str(run(home, definition(processing("A")), around=around).reason)


def test_a_program_that_is_not_there(home: Path) -> None:
    around = replace(surroundings(home), images={"glyphline-stub": ("/nowhere/python",)})
    reason = str(run(home, definition(processing("A")), around=around).reason)
    assert "/nowhere/python cannot be started: No such file" in reason


def test_a_registry_that_refuses(home: Path) -> None:
    def refuse(request: Mapping[str, Any]) -> str:
        raise StateError("the group holds models of another family")

    done = run(home, PIPELINE, around=replace(surroundings(home), register=refuse))
    assert done.reason == "Step 'Register' failed with message: the group holds models of another family"


def test_a_job_that_is_killed_is_tried_again(home: Path) -> None:
    events: list[Event] = []
    step = processing(
        "A", "--kill", f"{home}/tries=2", "--write", "o/f=x", outputs=["o"], RetryPolicies=[RETRY]
    )
    done = run(home, definition(step), events)
    assert done.status == "Succeeded"
    assert done.steps["A"].attempts == 3
    assert sum("Trying again in 0 s" in event.text for event in events) == 2
    assert done.log("A").read_text().count(" a begins ") == 3


def test_a_job_that_fails_by_itself_is_not_tried_again(home: Path) -> None:
    events: list[Event] = []
    done = run(home, definition(processing("A", "--exit", "1", RetryPolicies=[RETRY])), events)
    assert (done.status, done.steps["A"].attempts) == ("Failed", 1)
    (home / "tries").unlink(missing_ok=True)
    step = processing("A", "--kill", f"{home}/tries=9", RetryPolicies=[{**RETRY, "MaxAttempts": 1}])
    assert run(home, definition(step)).steps["A"].attempts == 2


def cached(done: engine.Run) -> dict[str, str | None]:
    return {name: step.cached_from for name, step in done.steps.items() if step.cached_from}


def test_results_are_taken_again_while_nothing_that_counts_differs(home: Path) -> None:
    first = run(home, PIPELINE)
    again = run(home, PIPELINE, MaxError="0.2", Group="other")
    assert cached(again) == {"Prepare": first.id, "Train": first.id}
    assert again.steps["Train"].result == first.steps["Train"].result
    third = run(home, PIPELINE)
    assert cached(third) == {"Prepare": first.id, "Train": first.id}
    assert engine.log_of(home, third.id, "Train") == first.log("Train")


def test_results_are_not_taken_if_something_differs(home: Path) -> None:
    first = run(home, PIPELINE)
    assert cached(run(home, PIPELINE, around=surroundings(home, code="c2"))) == {}
    elsewhere = home / "store" / "data" / "more"
    elsewhere.mkdir()
    (elsewhere / "text").write_text("labels")
    assert cached(run(home, PIPELINE, DataUri="s3://data/more")) == {}
    (home / "store" / "store" / first.id / "Prepare" / "train" / "text").unlink()
    (home / "store" / "store" / first.id / "Prepare" / "train").rmdir()
    assert cached(run(home, PIPELINE)) == {}, "outputs that are gone are not taken"


def test_a_result_that_is_too_old_is_not_taken(home: Path) -> None:
    step = processing("A", CacheConfig={"Enabled": True, "ExpireAfter": "T1S"})
    first = run(home, definition(step))
    assert cached(run(home, definition(step))) == {"A": first.id}
    time.sleep(1.1)
    assert cached(run(home, definition(step))) == {}


def test_a_failed_step_is_not_cached(home: Path) -> None:
    step = processing("A", "--exit", "1", CacheConfig=CACHE)
    run(home, definition(step))
    assert run(home, definition(step)).status == "Failed"


def test_two_pipelines_share_no_results(home: Path) -> None:
    run(home, PIPELINE)
    other = engine.begin(home, "glyphline-other", PIPELINE, {})
    assert cached(engine.execute(other.id, surroundings(home), lambda _: None)) == {}


def test_a_failed_run_goes_on_where_it_failed(home: Path, tmp_path: Path) -> None:
    switch = tmp_path / "switch"
    done = run(
        home,
        definition(
            processing("First", "--touch", str(tmp_path / "first")),
            processing("Second", inputs={"data": switch.as_uri()}, DependsOn=["First"]),
        ),
    )
    assert statuses(done) == {"First": "Succeeded", "Second": "Failed"}
    switch.write_text("")
    done = engine.execute(done.id, surroundings(home), lambda _: None)
    assert (done.status, done.reason) == ("Succeeded", None)
    assert len((tmp_path / "first").read_text().splitlines()) == 1, "the first step did not run again"
    with pytest.raises(StateError, match="nothing to resume"):
        engine.execute(done.id, surroundings(home), lambda _: None)


def test_the_same_token_is_the_same_run(home: Path) -> None:
    first = engine.begin(home, "glyphline-x", PIPELINE, {}, "token")
    assert engine.begin(home, "glyphline-x", PIPELINE, {}, "token").id == first.id
    assert engine.begin(home, "glyphline-x", PIPELINE, {}, "another").id != first.id
    with pytest.raises(StateError, match="other parameters"):
        engine.begin(home, "glyphline-x", PIPELINE, {"MaxError": "0.3"}, "token")
    with pytest.raises(StateError, match="other parameters"):
        engine.begin(home, "glyphline-y", PIPELINE, {}, "token")
    assert len(engine.runs(home)) == 2


def test_bad_starts_leave_nothing(home: Path) -> None:
    for pipeline, given_, name in [
        (PIPELINE, {"Maxcer": "1"}, "x"),
        (b"{}", {}, "x"),
        (PIPELINE, {}, "a/b"),
        (definition(processing("A", DependsOn=["A"])), {}, "x"),
    ]:
        with pytest.raises(InputError):
            engine.begin(home, name, pipeline, given_)
    assert not (home / "runs").exists()
    assert engine.runs(home) == []


def test_unknown_runs_steps_and_logs(home: Path) -> None:
    done = run(home, definition(processing("Prepare"), processing("Other", DependsOn=["Prepare"])))
    with pytest.raises(DefinitionError, match=f"Did you mean '{done.id}'"):
        engine.load(home, done.id[:-1])
    with pytest.raises(DefinitionError, match="Did you mean 'Prepare'"):
        engine.log_of(home, done.id, "prepare")
    with pytest.raises(StateError, match="is not going: it is Succeeded"):
        engine.stop(home, done.id)
    begun = engine.begin(home, "glyphline-x", definition(processing("Prepare")), {})
    with pytest.raises(StateError, match="has no log"):
        engine.log_of(home, begun.id, "Prepare")
    assert engine.load(home, begun.id).status == "Stopped"


def test_damaged_state_is_named(home: Path) -> None:
    done = run(home, definition(processing("A")))
    (done.folder / "steps" / "A.json").write_text("{")
    with pytest.raises(DefinitionError, match=r"A\.json: damaged"):
        engine.load(home, done.id)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_graph_runs_each_step_once_and_in_order(home: Path, data: st.DataObject) -> None:
    """Steps are Lineage records: they cost no process."""
    count = data.draw(st.integers(1, 9))
    needs = [data.draw(st.sets(st.integers(0, n - 1))) if n else set() for n in range(count)]
    order = data.draw(st.permutations(range(count)))
    steps = [
        {"Name": f"S{n}", "Type": "Lineage", "Arguments": {}, "DependsOn": [f"S{one}" for one in needs[n]]}
        for n in order
    ]
    events: list[Event] = []
    assert run(home, definition(*steps), events).status == "Succeeded"
    told = [(e.step, e.run.steps[e.step].status) for e in events if e.kind == "step" and e.step]
    assert sorted(told) == sorted((f"S{n}", s) for n in range(count) for s in ("Executing", "Succeeded"))
    for n, before in enumerate(needs):
        for one in before:
            assert told.index((f"S{one}", "Succeeded")) < told.index((f"S{n}", "Executing"))
