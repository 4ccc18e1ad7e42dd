"""The container contract: what a job finds under `/opt/ml`, and what becomes of what it writes."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tarfile
import time
from pathlib import Path
from typing import Any

import pytest
from local_pipelines import definition, get, join, processing, run, surroundings, training

from containers.common.contract import Job as ContainerJob
from pipelines.local import jobs, packing, store
from pipelines.local.errors import StepError

IMAGES = {"glyphline-paddle": ("python", "-m", "containers.paddle")}
URI = "1.dkr.ecr.eu-central-1.amazonaws.com/a/glyphline-paddle:0.1@sha256:00"


def request(kind: str, **more: Any) -> dict[str, Any]:
    if kind == "Processing":
        return {
            "AppSpecification": {"ImageUri": URI, "ContainerArguments": ["prepare", "--share", 1.0]},
            **more,
        }
    return {
        "AlgorithmSpecification": {"TrainingImage": URI},
        "OutputDataConfig": {"S3OutputPath": "s3://b/models/"},
        **more,
    }


def s3_input(name: str, uri: str, **more: Any) -> dict[str, Any]:
    path = f"/opt/ml/processing/input/{name}"
    return {"InputName": name, "S3Input": {"S3Uri": uri, "LocalPath": path, **more}}


def channel(name: str, uri: str, **more: Any) -> dict[str, Any]:
    return {"ChannelName": name, "DataSource": {"S3DataSource": {"S3Uri": uri}}, **more}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "store" / "b" / "data"
    folder.mkdir(parents=True)
    (folder / "x").write_text("1")
    return tmp_path


def test_a_training_job_finds_what_the_contract_promises(home: Path) -> None:
    said = request(
        "Training",
        HyperParameters={"epochs": "5"},
        InputDataConfig=[channel("data", "s3://b/data"), channel("model", (home / "model.tar.gz").as_uri())],
        CheckpointConfig={"S3Uri": "s3://b/checkpoints"},
        Environment={"A": "1"},
    )
    (home / "model.tar.gz").write_bytes(b"model")
    job = jobs.plan("Training", "run-Train", said, {"data": "d", "model": "m"}, IMAGES)
    assert job.command == ("python", "-m", "containers.paddle", "train")
    assert job.environment["TRAINING_JOB_NAME"] == "run-Train"
    assert job.environment["A"] == "1"
    jobs.prepare(job, home / "ml", home)
    seen = ContainerJob(home / "ml")
    assert seen.hyperparameters() == {"epochs": "5"}
    assert seen.channel("data").is_symlink()
    assert (seen.channel("data") / "x").read_text() == "1"
    assert (seen.channel("model") / "model.tar.gz").read_bytes() == b"model"
    assert seen.model.is_dir()
    (seen.checkpoints / "step").write_text("7")
    assert (home / "store" / "b" / "checkpoints" / "step").read_text() == "7"
    config = home / "ml" / "input" / "config"
    assert json.loads((config / "resourceconfig.json").read_text())["hosts"] == ["algo-1"]
    assert set(json.loads((config / "inputdataconfig.json").read_text())) == {"data", "model"}
    (seen.model / "weights").write_text("w")
    answer = jobs.collect(job, home / "ml", home)
    assert answer["ModelArtifacts"]["S3ModelArtifacts"] == "s3://b/models/run-Train/output/model.tar.gz"
    with tarfile.open(home / "store/b/models/run-Train/output/model.tar.gz") as archive:
        assert archive.getnames() == ["weights"]
    assert (home / "store" / "b" / "data" / "x").exists(), "inputs are left alone"


def test_a_processing_job_finds_what_the_contract_promises(home: Path) -> None:
    output = {
        "S3Uri": "s3://b/out",
        "LocalPath": "/opt/ml/processing/output/train",
        "S3UploadMode": "EndOfJob",
    }
    said = request(
        "Processing",
        ProcessingInputs=[s3_input("data", "s3://b/data/x")],
        ProcessingOutputConfig={"Outputs": [{"OutputName": "train", "S3Output": output}]},
    )
    job = jobs.plan("Processing", "run-Prepare", said, {"data": "d"}, IMAGES)
    assert job.command == ("python", "-m", "containers.paddle", "prepare", "--share", "1.0")
    jobs.prepare(job, home / "ml", home)
    assert (home / "ml" / "processing" / "input" / "data" / "x").read_text() == "1"
    config = json.loads((home / "ml" / "config" / "processingjobconfig.json").read_text())
    assert config["ProcessingJobName"] == "run-Prepare"
    (home / "ml" / "processing" / "output" / "train" / "a").write_text("new")
    (home / "ml" / "output" / "message").write_text("all is well\n")
    (home / "store" / "b" / "out").mkdir()
    (home / "store" / "b" / "out" / "kept").write_text("old")
    answer = jobs.collect(job, home / "ml", home)
    assert answer["ExitMessage"] == "all is well"
    assert {path.name for path in (home / "store" / "b" / "out").iterdir()} == {"a", "kept"}


def test_an_entry_point_of_its_own(home: Path) -> None:
    app = {"ImageUri": "unknown", "ContainerEntrypoint": ["bash", "-c"], "ContainerArguments": ["true"]}
    job = jobs.plan("Processing", "n", {"AppSpecification": app}, {}, {})
    assert job.command == ("bash", "-c", "true")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (request("Processing", ProcessingInputs=[{"InputName": "a", "DatasetDefinition": {}}]), "no S3Input"),
        (
            request("Processing", ProcessingInputs=[s3_input("a", "s3://b", S3InputMode="Pipe")]),
            "in mode Pipe",
        ),
        (
            request("Processing", ProcessingInputs=[s3_input("a", "s3://b", S3DataType="ManifestFile")]),
            "comes as ManifestFile",
        ),
        (
            request("Processing", ProcessingInputs=[s3_input("a", "s3://b", LocalPath="/opt/ml/../x")]),
            "not below /opt/ml",
        ),
        (
            request("Processing", ProcessingOutputConfig={"Outputs": [{"OutputName": "o"}]}),
            "'o' is no S3Output",
        ),
    ],
)
def test_what_the_engine_cannot_do_is_refused(said: dict[str, Any], why: str) -> None:
    with pytest.raises(StepError, match=why):
        jobs.plan("Processing", "n", said, {"a": "d"}, IMAGES)


def test_the_environment_of_a_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    printing = ("sh", "-c", 'echo "$OMP_NUM_THREADS $A $B $GLYPHLINE_ML_ROOT"; exit 1', "stub")
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    around = surroundings(tmp_path)
    around = type(around)(tmp_path, {"glyphline-stub": printing}, "c", around.register, {"A": "1", "B": "2"})
    step = processing("P")
    step["Arguments"]["Environment"] = {"B": "3"}
    done = run(tmp_path, definition(step), around=around)
    assert f"1 1 3 {done.folder}/jobs/P/ml" in str(done.reason)
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    assert "2 1 3" in str(run(tmp_path, definition(step), around=around).reason)


def test_execution_variables(home: Path) -> None:
    names = (
        "PipelineName",
        "PipelineExecutionId",
        "PipelineExecutionArn",
        "StartDateTime",
        "TrainingJobName",
    )
    said = join(*(get(f"Execution.{name}") for name in names))
    step = training("T", "--write", "x=1", checkpoints=None)
    step["Arguments"]["Environment"] = {"SAID": said}
    done = run(home, definition(step))
    name, run_id, *arn, start, job = done.steps["T"].result["Environment"]["SAID"].split("/")
    assert (name, run_id, job) == ("glyphline-test", done.id, f"{done.id}-T")
    assert "/".join(arn).endswith(f":pipeline/glyphline-test/execution/{done.id}")
    assert start.startswith(f"{done.started:%Y-%m-%dT%H:%M}")


def test_the_same_files_make_the_same_archive(tmp_path: Path) -> None:
    digests = set()
    files = ["g", "b", "sub/h", "a", "f", "sub/c", "e", "d"]
    for name in ("one", "two"):
        folder = tmp_path / name
        (folder / "sub").mkdir(parents=True)
        for file in files if name == "one" else reversed(files):
            (folder / file).write_text(file)
            os.utime(folder / file, (time.time(), 1 if name == "one" else 2))
        (folder / "a").chmod(0o600 if name == "one" else 0o640)
        packing.pack(folder, tmp_path / f"{name}.tar.gz")
        digests.add(hashlib.sha256((tmp_path / f"{name}.tar.gz").read_bytes()).hexdigest())
    assert len(digests) == 1
    with tarfile.open(tmp_path / "one.tar.gz") as archive:
        assert archive.getnames() == ["a", "b", "d", "e", "f", "g", "sub", "sub/c", "sub/h"]


def test_outputs_on_another_file_system(tmp_path: Path) -> None:
    elsewhere = Path("/dev/shm")
    if not elsewhere.is_dir() or elsewhere.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("no second file system here")
    target = elsewhere / f"glyphline-{os.getpid()}"
    (tmp_path / "out" / "sub").mkdir(parents=True)
    (tmp_path / "out" / "sub" / "x").write_text("1")
    try:
        store.move(tmp_path / "out", target / "new")
        assert (target / "new" / "sub" / "x").read_text() == "1"
        assert [path.name for path in target.iterdir()] == ["new"]
    finally:
        shutil.rmtree(target)
