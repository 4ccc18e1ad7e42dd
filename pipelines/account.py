"""The pipelines of an account: make them, start them, and ask how their runs go.

Every function takes the boto3 client that it acts with; what AWS refuses is botocore's `ClientError`.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from config.errors import InputError, Problem, StateError, did_you_mean

_NOT_THERE = ("ResourceNotFound", "ResourceNotFoundException")
_LOG_GROUPS = {"TrainingJob": "/aws/sagemaker/TrainingJobs", "ProcessingJob": "/aws/sagemaker/ProcessingJobs"}


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of a pipeline in the account."""

    arn: str
    status: str
    started: datetime | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class StepRun:
    """One step of an execution; `job` is the ARN of what it started, `reason` why it failed."""

    name: str
    status: str
    started: datetime | None
    ended: datetime | None
    cached: bool
    job: str | None
    reason: str | None


def deployed(client: Any, name: str) -> bytes | None:
    """Return the definition that the account has, or None where it has no such pipeline."""
    try:
        return str(client.describe_pipeline(PipelineName=name)["PipelineDefinition"]).encode()
    except client.exceptions.ClientError as error:
        if _is_missing(error):
            return None
        raise


def changes(old: bytes | None, new: bytes) -> str:
    """Return what an upsert would change, as a unified diff; empty where nothing would."""
    before, after = ([] if old is None else _lines(old)), _lines(new)
    return "".join(difflib.unified_diff(before, after, "in the account", "here", n=3))


def upsert(
    client: Any, name: str, definition: bytes, *, role_arn: str, description: str, tags: Mapping[str, str]
) -> Literal["created", "updated", "unchanged"]:
    """Make the pipeline `name`, or bring it to this definition.

    Raises:
        StateError: it belongs to a CloudFormation stack, whose own key and network it would lose.
    """
    old = deployed(client, name)
    what = {"PipelineName": name, "PipelineDefinition": definition.decode(), "RoleArn": role_arn}
    if old is None:
        pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
        client.create_pipeline(
            **what, PipelineDescription=description, ClientRequestToken=_token(name), Tags=pairs
        )
        return "created"
    if not changes(old, definition):
        return "unchanged"
    if (stack := _stack_of(client, name)) is not None:
        raise StateError(
            f"The pipeline {name} belongs to the stack {stack}. Change it with: npx cdk deploy {stack}"
        )
    client.update_pipeline(**what, PipelineDescription=description)
    return "updated"


def start(client: Any, name: str, parameters: Mapping[str, str], token: str | None) -> str:
    """Start the pipeline; return the execution's ARN. The same token again gives the same execution.

    Raises:
        InputError: the pipeline has no such parameter, or one that must be said is not.
        StateError: the account has no such pipeline.
    """
    definition = deployed(client, name)
    if definition is None:
        raise StateError(f"The account has no pipeline {name}. Make it: glyphline pipeline upsert.")
    check_parameters(json.loads(definition)["Parameters"], parameters)
    values = [{"Name": key, "Value": value} for key, value in parameters.items()]
    once = {} if token is None else {"ClientRequestToken": _token(token)}
    answer = client.start_pipeline_execution(PipelineName=name, PipelineParameters=values, **once)
    return str(answer["PipelineExecutionArn"])


def check_parameters(declared: list[dict[str, Any]], given: Mapping[str, str]) -> None:
    """Refuse what the pipeline does not know, and what it must be told and was not.

    Raises:
        InputError: one of the two.
    """
    names = [one["Name"] for one in declared]
    for name in given:
        if name not in names:
            found = f"the parameter {name!r}"
            raise InputError(Problem("parameter.unknown", found, "one it has", did_you_mean(name, names)))
    for one in declared:
        if "DefaultValue" not in one and one["Name"] not in given:
            found = f"no value for the parameter {one['Name']!r}"
            remedy = f"Say it: --parameter {one['Name']}=VALUE."
            raise InputError(Problem("parameter.missing", found, "one", remedy))


def runs(client: Any, name: str) -> Iterator[Run]:
    """Yield the executions of the pipeline `name`, the newest first."""
    pages = client.get_paginator("list_pipeline_executions").paginate(
        PipelineName=name, SortBy="CreationTime", SortOrder="Descending"
    )
    for page in pages:
        for one in page["PipelineExecutionSummaries"]:
            arn, status = one["PipelineExecutionArn"], one["PipelineExecutionStatus"]
            yield Run(arn, status, one.get("StartTime"), one.get("PipelineExecutionFailureReason"))


def show(client: Any, arn: str) -> tuple[Run, list[StepRun]]:
    """Return an execution and its steps in the order they began."""
    one = client.describe_pipeline_execution(PipelineExecutionArn=arn)
    status = one["PipelineExecutionStatus"]
    run = Run(arn, status, one.get("CreationTime"), one.get("FailureReason"))
    pages = client.get_paginator("list_pipeline_execution_steps").paginate(
        PipelineExecutionArn=arn, SortOrder="Ascending"
    )
    return run, [_step(step) for page in pages for step in page["PipelineExecutionSteps"]]


def logs(client: Any, step: StepRun) -> Iterator[str]:
    """Yield the log lines of the job that `step` started, from CloudWatch (`client`: ``logs``).

    Raises:
        StateError: the step started no job.
    """
    kind, _, name = (step.job or "").rpartition(":")[2].partition("/")
    group = {"training-job": "TrainingJob", "processing-job": "ProcessingJob"}.get(kind)
    if group is None:
        raise StateError(f"The step {step.name} started no job (cached or not a job): it has no log.")
    pages = client.get_paginator("filter_log_events").paginate(
        logGroupName=_LOG_GROUPS[group], logStreamNamePrefix=f"{name}/"
    )
    for page in pages:
        for event in page["events"]:
            yield event["message"]


def stop(client: Any, arn: str) -> None:
    """Tell an execution to stop: its jobs get SIGTERM and leave with a checkpoint."""
    client.stop_pipeline_execution(PipelineExecutionArn=arn, ClientRequestToken=_token(arn))


def _step(step: Mapping[str, Any]) -> StepRun:
    meta = step.get("Metadata", {})
    job = next((one["Arn"] for one in meta.values() if isinstance(one, dict) and "Arn" in one), None)
    return StepRun(
        name=step["StepName"],
        status=step["StepStatus"],
        started=step.get("StartTime"),
        ended=step.get("EndTime"),
        cached="CacheHitResult" in step and bool(step["CacheHitResult"]),
        job=job,
        reason=step.get("FailureReason"),
    )


def _stack_of(client: Any, name: str) -> str | None:
    """Return the CloudFormation stack that made the pipeline `name`, if one did."""
    arn = client.describe_pipeline(PipelineName=name)["PipelineArn"]
    pages = client.get_paginator("list_tags").paginate(ResourceArn=arn)
    tags = {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}
    return tags.get("aws:cloudformation:stack-name")


def _lines(definition: bytes) -> list[str]:
    content = json.loads(definition)
    return json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False).splitlines(keepends=True)


def _token(text: str) -> str:
    """Return `text` as a ClientRequestToken, which has 32 to 128 characters."""
    return hashlib.sha256(text.encode()).hexdigest()


def _is_missing(error: Any) -> bool:
    """Tell whether AWS says that there is no such thing: of many of its names it says so as a validation."""
    code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    said_so = "find" in message or "does not exist" in message
    return code in _NOT_THERE or (code == "ValidationException" and said_so)
