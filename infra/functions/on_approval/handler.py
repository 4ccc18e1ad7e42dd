"""Hears from its queue that a version was approved, and asks again until the endpoint serves it.

A clock asks every hour, too: the message of an approval may have died.
"""

from __future__ import annotations

import json
import logging
import os
from functools import cache
from typing import Any

import boto3

from .endpoint import Endpoints
from .flow import Account, DeploymentError, attend
from .scaling import Scaling
from .settings import Settings

_ASK_AGAIN_S = 60
_APPROVAL, _CLOCK = "SageMaker Model Package State Change", "Scheduled Event"
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
    for record in event["Records"]:
        message = json.loads(record["body"])
        if message["detail-type"] == _CLOCK:
            _look_after_all()
            continue
        detail = message["detail"]
        if detail["ModelApprovalStatus"] == "Approved":
            _attend(detail["ModelPackageGroupName"], detail["ModelPackageArn"])


def _look_after_all() -> None:
    """Look at every endpoint, in case the message of an approval was lost."""
    settings, _, _ = _parts()
    for group in settings.alarms:
        try:
            _attend(group, None)
        except DeploymentError:  # its approval's message said so and rests in the dead queue
            _log.exception("%s", group)


def _attend(group: str, heard_of: str | None) -> None:
    settings, account, sqs = _parts()
    if group not in settings.alarms:
        return
    outcome = attend(group, heard_of, account, settings)
    version = outcome.version
    said: dict[str, Any] = {
        "endpoint": group,
        "heard_of": heard_of or "the clock",
        "step": outcome.step.value,
    }
    if version is not None:
        said |= {"version": version.number, "approved_by": version.who, "because": version.why}
    _log.info("%s", json.dumps(said, ensure_ascii=False))
    if version is not None and not outcome.is_last:
        again = {
            "ModelPackageGroupName": group,
            "ModelPackageArn": heard_of or version.arn,
            "ModelApprovalStatus": "Approved",
        }
        body = json.dumps({"detail-type": _APPROVAL, "detail": again})
        sqs.send_message(QueueUrl=settings.queue_url, MessageBody=body, DelaySeconds=_ASK_AGAIN_S)
