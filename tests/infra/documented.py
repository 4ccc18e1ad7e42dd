"""Events as AWS documents them, with our names where the documentation has its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_EVENTS = Path(__file__).parent / "events"


def documented(name: str) -> dict[str, Any]:
    """Return the event of `events/NAME.json`, word by word."""
    event: dict[str, Any] = json.loads((_EVENTS / f"{name}.json").read_bytes())["event"]
    return event


def arrival(bucket: str, key: str) -> dict[str, Any]:
    """Return what S3 says when an object is written."""
    event = documented("s3_object_created")
    event["resources"] = [f"arn:aws:s3:::{bucket}"]
    event["detail"]["bucket"]["name"] = bucket
    event["detail"]["object"]["key"] = key
    return event


def run_end(execution: str, status: str) -> dict[str, Any]:
    """Return what SageMaker says when the run with the ARN `execution` has another status."""
    event = documented("sagemaker_pipeline_execution")
    pipeline = execution.rpartition("/execution/")[0]
    event["resources"] = [pipeline, execution]
    event["detail"] |= {
        "pipelineArn": pipeline,
        "pipelineExecutionArn": execution,
        "currentPipelineExecutionStatus": status,
    }
    return event


def clock() -> dict[str, Any]:
    """Return what a schedule says."""
    return documented("scheduled")


def batch(*events: dict[str, Any] | str) -> dict[str, Any]:
    """Return what a function gets when a queue has these messages; the ids are their numbers."""
    bodies = [one if isinstance(one, str) else json.dumps(one) for one in events]
    return {"Records": [{"messageId": str(number), "body": body} for number, body in enumerate(bodies)]}
