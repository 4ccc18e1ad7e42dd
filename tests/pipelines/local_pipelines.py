"""Builds definitions as the SDK writes them, out of stub jobs, and runs them."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipelines.local.engine import execute
from pipelines.local.journal import Event
from pipelines.local.runs import begin
from pipelines.local.state import Run
from pipelines.local.steps import Surroundings

IMAGE = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/glyphline-stub:1@sha256:00"
STUB = (sys.executable, "-S", str(Path(__file__).parent / "stub_image.py"))
RETRY = {"ExceptionType": ["SageMaker.JOB_INTERNAL_ERROR"], "IntervalSeconds": 0, "MaxAttempts": 3}
CACHE = {"Enabled": True, "ExpireAfter": "P30D"}


def get(reference: str) -> dict[str, str]:
    return {"Get": reference}


def join(*values: object) -> dict[str, Any]:
    return {"Std:Join": {"On": "/", "Values": list(values)}}


def output_of(step: str, output: str) -> dict[str, str]:
    return get(f"Steps.{step}.ProcessingOutputConfig.Outputs['{output}'].S3Output.S3Uri")


def processing(
    name: str,
    *words: object,
    inputs: Mapping[str, object] | None = None,
    outputs: Sequence[str] = (),
    **more: Any,
) -> dict[str, Any]:
    """A Processing step; its outputs go to s3://store/EXECUTION/STEP/OUTPUT."""
    return {
        "Name": name,
        "Type": "Processing",
        "Arguments": {
            "ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1}},
            "AppSpecification": {"ImageUri": IMAGE, "ContainerArguments": [name.lower(), *words]},
            "RoleArn": "arn:aws:iam::123456789012:role/r",
            "ProcessingInputs": [
                {
                    "InputName": one,
                    "S3Input": {
                        "S3Uri": uri,
                        "LocalPath": f"/opt/ml/processing/input/{one}",
                        "S3DataType": "S3Prefix",
                        "S3InputMode": "File",
                    },
                }
                for one, uri in (inputs or {}).items()
            ],
            "ProcessingOutputConfig": {
                "Outputs": [
                    {
                        "OutputName": one,
                        "S3Output": {
                            "S3Uri": join("s3://store", get("Execution.PipelineExecutionId"), name, one),
                            "LocalPath": f"/opt/ml/processing/output/{one}",
                            "S3UploadMode": "EndOfJob",
                        },
                    }
                    for one in outputs
                ]
            },
        },
        **more,
    }


def training(
    name: str,
    *words: object,
    channels: Mapping[str, object] | None = None,
    checkpoints: object = None,
    **more: Any,
) -> dict[str, Any]:
    """A Training step; its model goes to s3://store/models."""
    arguments: dict[str, Any] = {
        "AlgorithmSpecification": {"TrainingInputMode": "File", "TrainingImage": IMAGE},
        "HyperParameters": {"words": " ".join(map(str, words))},
        "InputDataConfig": [
            {
                "ChannelName": one,
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}},
                "InputMode": "File",
            }
            for one, uri in (channels or {}).items()
        ],
        "OutputDataConfig": {"S3OutputPath": "s3://store/models", "CompressionType": "GZIP"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    }
    if checkpoints is not None:
        arguments["CheckpointConfig"] = {"S3Uri": checkpoints}
    return {"Name": name, "Type": "Training", "Arguments": arguments, **more}


def condition(
    name: str, *conditions: Mapping[str, Any], then: Sequence[Any] = (), otherwise: Sequence[Any] = ()
) -> dict[str, Any]:
    arguments = {"Conditions": list(conditions), "IfSteps": list(then), "ElseSteps": list(otherwise)}
    return {"Name": name, "Type": "Condition", "Arguments": arguments}


def at_most(left: object, right: object) -> dict[str, Any]:
    return {"Type": "LessThanOrEqualTo", "LeftValue": left, "RightValue": right}


def from_json(step: str, file: str, path: str) -> dict[str, Any]:
    return {"Std:JsonGet": {"PropertyFile": get(f"Steps.{step}.PropertyFiles.{file}"), "Path": path}}


def property_file(name: str, output: str, path: str) -> dict[str, str]:
    return {"PropertyFileName": name, "OutputName": output, "FilePath": path}


def definition(*steps: Mapping[str, Any], **parameters: object) -> bytes:
    """A pipeline; a parameter is its default value, None: it has none and is a String."""
    types = {str: "String", int: "Integer", float: "Float", bool: "Boolean"}
    declared = [
        {"Name": name, "Type": types.get(type(value), "String")}
        | ({} if value is None else {"DefaultValue": value})
        for name, value in parameters.items()
    ]
    content = {
        "Version": "2020-12-01",
        "Metadata": {},
        "Parameters": declared,
        "PipelineExperimentConfig": {
            "ExperimentName": get("Execution.PipelineName"),
            "TrialName": get("Execution.PipelineExecutionId"),
        },
        "MlflowConfig": None,
        "Steps": list(steps),
    }
    return json.dumps(content).encode()


def surroundings(
    home: Path, registered: list[Mapping[str, Any]] | None = None, code: str = "c1"
) -> Surroundings:
    def register(request: Mapping[str, Any]) -> str:
        if registered is not None:
            registered.append(request)
        return f"arn:local:{request['ModelPackageGroupName']}/1"

    return Surroundings(home, {"glyphline-stub": STUB}, code, register, {})


def run(
    home: Path,
    pipeline: bytes,
    events: list[Event] | None = None,
    around: Surroundings | None = None,
    **parameters: str,
) -> Run:
    """Begin a run and execute it."""
    begun = begin(home, "glyphline-test", pipeline, parameters)
    heard: list[Event] = [] if events is None else events
    return execute(begun.id, around or surroundings(home), heard.append)


def statuses(done: Run) -> dict[str, str]:
    return {name: one.status for name, one in done.steps.items()}


def stored(home: Path, done: Run, path: str) -> str:
    return (home / "store" / "store" / done.id / path).read_text()
