"""A SageMaker job as a folder and a command: what a container sees under `/opt/ml`, what becomes of it.

Sources: https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo.html and
https://docs.aws.amazon.com/sagemaker/latest/dg/build-your-own-processing-container.html
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from config.errors import did_you_mean
from config.protocol import MODEL_FILE
from pipelines.local import packing, store
from pipelines.local.errors import StepError

ML_ROOT = "/opt/ml"
ARN = "arn:aws:sagemaker:local:000000000000"
"""What the ARNs of local runs begin with."""
_REASON_CHARACTERS = 1024
_LAST_LINES = 5
_HOST = "algo-1"


@dataclass(frozen=True, slots=True)
class Input:
    """What lies at `uri` is linked to `place`, relative to `/opt/ml`; `origin` says who named it."""

    uri: str
    place: str
    origin: str


@dataclass(frozen=True, slots=True)
class Output:
    """The folder `place`, relative to `/opt/ml`, goes to `uri` when the job has succeeded.

    With the upload mode ``Continuous`` it does so `always`: SageMaker copies it while the job runs.
    """

    uri: str
    place: str
    always: bool


@dataclass(frozen=True, slots=True)
class Job:
    """A job that may be started any number of times."""

    name: str
    kind: Literal["Processing", "Training"]
    request: Mapping[str, Any]
    """The arguments of CreateProcessingJob or CreateTrainingJob."""
    command: tuple[str, ...]
    environment: Mapping[str, str]
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    checkpoints: str | None
    """Where the checkpoints of a training job are kept, as a URI."""


def plan(
    kind: Literal["Processing", "Training"],
    name: str,
    request: Mapping[str, Any],
    origins: Mapping[str, str],
    images: Mapping[str, tuple[str, ...]],
) -> Job:
    """Return the job that a request describes.

    `origins` says for an input's name who named its URI; `images` has the entry point of each image by the
    last part of its repository's name.

    Raises:
        StepError: the request asks for what this engine cannot do.
    """
    own = {str(key): str(value) for key, value in (request.get("Environment") or {}).items()}
    if kind == "Processing":
        app = request["AppSpecification"]
        command = _command(app["ImageUri"], app, (), images)
        arn = {}
    else:
        app = request["AlgorithmSpecification"]
        command = _command(app["TrainingImage"], app, ("train",), images)
        arn = {"TRAINING_JOB_NAME": name, "TRAINING_JOB_ARN": f"{ARN}:training-job/{name}"}
    return Job(
        name=name,
        kind=kind,
        request=request,
        command=command,
        environment={**arn, **own},
        inputs=tuple(_inputs(kind, request, origins)),
        outputs=tuple(_outputs(request)) if kind == "Processing" else (),
        checkpoints=(request.get("CheckpointConfig") or {}).get("S3Uri"),
    )


def prepare(job: Job, root: Path, home: Path) -> None:
    """Build the folder `root` that stands for `/opt/ml`: inputs and checkpoints are links into the store.

    Raises:
        StepError: an input is not there.
    """
    found = {one.place: _find(one, home) for one in job.inputs}
    if root.exists():
        shutil.rmtree(root)  # of an attempt that was interrupted; links are not followed
    (root / "output").mkdir(parents=True)
    for place, path in found.items():
        _link(path, root / place)
    for output in job.outputs:
        (root / output.place).mkdir(parents=True, exist_ok=True)
    if job.kind == "Training":
        (root / "model").mkdir()
        (root / "output" / "data").mkdir()
        _prepare_checkpoints(job, root, home)
    _write_config(job, root)


def delivered(job: Job, root: Path) -> bool:
    """Tell whether a job left something in each of its outputs, a training job a model.

    A training that was told to stop ends with the exit code 0, too, but leaves none.
    """
    places = ["model"] if job.kind == "Training" else [output.place for output in job.outputs]
    return all(next((root / place).iterdir(), None) is not None for place in places)


def collect(job: Job, root: Path, home: Path) -> dict[str, Any]:
    """Move what a job wrote into the store, and return what its Describe call would say.

    Raises:
        StepError: a training job left no model.
    """
    answer: dict[str, Any] = {
        **job.request,
        f"{job.kind}JobName": job.name,
        f"{job.kind}JobArn": f"{ARN}:{job.kind.lower()}-job/{job.name}",
        f"{job.kind}JobStatus": "Completed",
    }
    if job.kind == "Processing":
        for output in job.outputs:
            store.move(root / output.place, store.path_of(output.uri, home))
        message = _said(root / "output" / "message")
        return answer if message is None else {**answer, "ExitMessage": message}
    target = f"{job.request['OutputDataConfig']['S3OutputPath'].rstrip('/')}/{job.name}/output"
    if next((root / "model").iterdir(), None) is None:
        raise StepError(f"{job.name} ended without a model in {ML_ROOT}/model. Its log says more.")
    packing.pack(root / "model", store.path_of(f"{target}/{MODEL_FILE}", home))
    if next((root / "output" / "data").iterdir(), None) is not None:
        packing.pack(root / "output" / "data", store.path_of(f"{target}/output.tar.gz", home))
    return {**answer, "ModelArtifacts": {"S3ModelArtifacts": f"{target}/{MODEL_FILE}"}}


def collect_of_failed(job: Job, root: Path, home: Path) -> None:
    """Move into the store what a job that failed is to leave behind all the same."""
    for output in job.outputs:
        if output.always:
            store.move(root / output.place, store.path_of(output.uri, home))


def reason(job: Job, root: Path, code: int, last_lines: Sequence[str]) -> str:
    """Return in one sentence why a job failed that ended with the exit code `code`."""
    name = "message" if job.kind == "Processing" else "failure"
    said = _said(root / "output" / name)
    if said is None:
        lines = " | ".join(line.strip() for line in last_lines[-_LAST_LINES:] if line.strip())
        said = f"exit code {code}, and no word in {ML_ROOT}/output/{name}"
        said += f"; its last lines: {lines}" if lines else ""
    return said if len(said) <= _REASON_CHARACTERS else said[: _REASON_CHARACTERS - 1] + "…"


def image_name(uri: str) -> str:
    """Return the last part of an image's repository: ``a.b/c/name:tag@sha256:…`` is ``name``."""
    return uri.partition("@")[0].rpartition("/")[2].partition(":")[0]


def _command(
    image: str, app: Mapping[str, Any], words: tuple[str, ...], images: Mapping[str, tuple[str, ...]]
) -> tuple[str, ...]:
    entry = app.get("ContainerEntrypoint")
    if not entry:
        if image_name(image) not in images:
            remedy = did_you_mean(image_name(image), images)
            raise StepError(f"The image {image!r} stands for no program here. {remedy}")
        entry = images[image_name(image)]
    return (*entry, *(str(word) for word in app.get("ContainerArguments") or words))


def _inputs(kind: str, request: Mapping[str, Any], origins: Mapping[str, str]) -> Iterator[Input]:
    if kind == "Processing":
        for one in request.get("ProcessingInputs") or []:
            name, source = one["InputName"], one.get("S3Input")
            if source is None:
                raise StepError(f"The input {name!r} is no S3Input: others are unknown here.")
            _check_source(name, source, source.get("S3InputMode", "File"))
            yield Input(source["S3Uri"], _below_root(source["LocalPath"]), origins[name])
        return
    for one in request.get("InputDataConfig") or []:
        name, source = one["ChannelName"], one["DataSource"].get("S3DataSource")
        if source is None:
            raise StepError(f"The channel {name!r} has no S3DataSource: others are unknown here.")
        _check_source(name, source, one.get("InputMode", "File"))
        yield Input(source["S3Uri"], f"input/data/{name}", origins[name])


def _check_source(name: str, source: Mapping[str, Any], mode: str) -> None:
    data_type = source.get("S3DataType", "S3Prefix")
    if mode == "Pipe" or data_type != "S3Prefix":
        raise StepError(
            f"The input {name!r} comes as {data_type} in mode {mode}: here only S3Prefix as File or FastFile."
        )


def _outputs(request: Mapping[str, Any]) -> Iterator[Output]:
    for one in (request.get("ProcessingOutputConfig") or {}).get("Outputs") or []:
        target = one.get("S3Output")
        if target is None:
            raise StepError(f"The output {one['OutputName']!r} is no S3Output: others are unknown here.")
        always = target.get("S3UploadMode") == "Continuous"
        yield Output(target["S3Uri"], _below_root(target["LocalPath"]), always)


def _below_root(path: str) -> str:
    """Return a path of the container relative to `/opt/ml`."""
    pure = PurePosixPath(path)
    if ".." in pure.parts or not pure.is_relative_to(ML_ROOT) or pure == PurePosixPath(ML_ROOT):
        raise StepError(f"The path {path!r} is not below {ML_ROOT}: there is no such folder here.")
    return str(pure.relative_to(ML_ROOT))


def _find(one: Input, home: Path) -> Path:
    path = store.path_of(one.uri, home)
    if path.is_file() or (path.is_dir() and next(path.iterdir(), None) is not None):
        return path
    state = "is empty" if path.exists() else "does not exist"
    remedy = f"Name another in {one.origin}" if one.origin.startswith("the parameter") else "Mend that"
    raise StepError(
        f"{one.uri} ({path}), which {one.origin} names, {state}. {remedy}, or bring the data back there."
    )


def _link(path: Path, place: Path) -> None:
    """Link a folder to `place`, a single object to `place`/NAME."""
    link = place / path.name if path.is_file() else place
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(path)


def _prepare_checkpoints(job: Job, root: Path, home: Path) -> None:
    local = (job.request.get("CheckpointConfig") or {}).get("LocalPath", f"{ML_ROOT}/checkpoints")
    folder = root / _below_root(local)
    if job.checkpoints is None:
        folder.mkdir(parents=True)
        return
    kept = store.path_of(job.checkpoints, home)
    kept.mkdir(parents=True, exist_ok=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.symlink_to(kept)


def _write_config(job: Job, root: Path) -> None:
    resources = {
        "current_host": _HOST,
        "hosts": [_HOST],
        "current_instance_type": "local",
        "network_interface_name": "lo",
    }
    if job.kind == "Processing":
        about = {
            "ProcessingJobName": job.name,
            "ProcessingJobArn": f"{ARN}:processing-job/{job.name}",
            **job.request,
        }
        _write_json(root / "config" / "processingjobconfig.json", about)
        _write_json(root / "config" / "resourceconfig.json", resources)
        return
    channel = {
        "TrainingInputMode": "File",
        "S3DistributionType": "FullyReplicated",
        "RecordWrapperType": "None",
    }
    channels = {one.place.rpartition("/")[2]: channel for one in job.inputs}
    config = root / "input" / "config"
    _write_json(config / "hyperparameters.json", job.request.get("HyperParameters") or {})
    _write_json(config / "resourceconfig.json", resources)
    _write_json(config / "inputdataconfig.json", channels)


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False), encoding="utf-8")


def _said(path: Path) -> str | None:
    """Return what a job wrote for its caller, None if it wrote nothing."""
    if not path.is_file():
        return None
    return path.read_text(encoding="utf-8", errors="replace").strip() or None
