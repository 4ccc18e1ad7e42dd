"""Hears from its queue that a version was approved, and asks again until the endpoint serves it."""

from __future__ import annotations

import json
import logging
import os
from functools import cache
from typing import Any

import boto3

from .endpoint import Endpoints
from .flow import Account, attend
from .scaling import Scaling
from .settings import Settings

_ASK_AGAIN_S = 60
_log = logging.getLogger()
_log.setLevel(logging.INFO)


@cache
def _parts() -> tuple[Settings, Account, Any]:
    """Return what is made once for all calls of this process."""
    sagemaker, cloudwatch = boto3.client("sagemaker"), boto3.client("cloudwatch")
    scaling = Scaling(boto3.client("application-autoscaling"), cloudwatch)
    account = Account(sagemaker, Endpoints(sagemaker, cloudwatch), scaling)
    return Settings.of(os.environ), account, boto3.client("sqs")


def handler(event: dict[str, Any], _context: object) -> None:
    """Handle messages; what is raised brings them back, and five times later they rest in the dead queue.

    While an endpoint is being changed, its message is sent anew instead: a deployment takes longer than five
    tries, and waiting for it is no failure.
    """
    settings, account, sqs = _parts()
    for record in event["Records"]:
        detail = json.loads(record["body"])["detail"]
        group, arn = detail["ModelPackageGroupName"], detail["ModelPackageArn"]
        if detail["ModelApprovalStatus"] != "Approved" or group not in settings.alarms:
            continue
        outcome = attend(group, arn, account, settings)
        version = outcome.version
        said = {"endpoint": group, "heard_of": arn, "step": outcome.step.value}
        if version is not None:
            said |= {"version": version.number, "approved_by": version.who, "because": version.why}
        _log.info("%s", json.dumps(said, ensure_ascii=False))
        if not outcome.is_last:
            sqs.send_message(
                QueueUrl=settings.queue_url, MessageBody=record["body"], DelaySeconds=_ASK_AGAIN_S
            )
