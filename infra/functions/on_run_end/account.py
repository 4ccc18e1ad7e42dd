"""What the account says of a run that is over: its steps, their reasons, the version that it registered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .ending import Ending, Failure, Registered


def ending_of(sagemaker: Any, family: str, execution: str) -> Ending:
    """Return how the run with the ARN `execution` ended; `sagemaker` is boto3's client."""
    said = sagemaker.describe_pipeline_execution(PipelineExecutionArn=execution)
    pages = sagemaker.get_paginator("list_pipeline_execution_steps").paginate(
        PipelineExecutionArn=execution, SortOrder="Ascending"
    )
    steps = [step for page in pages for step in page["PipelineExecutionSteps"]]
    return Ending(
        family=family,
        execution=execution,
        status=said["PipelineExecutionStatus"],
        reason=said.get("FailureReason"),
        failures=[_failure(step) for step in steps if step["StepStatus"] == "Failed"],
        version=_registered(sagemaker, steps),
    )


def _failure(step: dict[str, Any]) -> Failure:
    message = step.get("Metadata", {}).get("Fail", {}).get("ErrorMessage")  # of the step Fail: the gate's
    return Failure(step["StepName"], message or step.get("FailureReason", "SageMaker gives no reason."))


def _registered(sagemaker: Any, steps: Sequence[dict[str, Any]]) -> Registered | None:
    made = [
        step["Metadata"]["RegisterModel"]["Arn"]
        for step in steps
        if "RegisterModel" in step.get("Metadata", {})
    ]
    if not made:
        return None
    version = sagemaker.describe_model_package(ModelPackageName=made[0])
    report = version.get("CustomerMetadataProperties", {}).get("report")
    return Registered(made[0], version["ModelPackageVersion"], report)
