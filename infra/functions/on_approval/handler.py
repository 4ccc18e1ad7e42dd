"""Hears from its queue that a version was approved, and asks again until the endpoint serves it.

A clock asks every hour, too: the message of an approval may have died.
"""

from __future__ import annotations

import json
import logging
import os
from datetime import datetime
from functools import cache
from typing import Any

import boto3
from botocore.exceptions import ClientError

from ..shared.events import CLOCK, VERSION_CHANGE
from .endpoint import Endpoints
from .errors import ArchiveError, DeploymentError
from .flow import Account, attend
from .notes import Change, note
from .scaling import Scaling
from .settings import Settings

_ASK_AGAIN_S = 60
_AGAIN = "Look Again"
_log = logging.getLogger()
_log.setLevel(logging.INFO)


@cache
def _parts() -> tuple[Settings, Account, Any]:
    """Return what is made once for all calls of this process."""
    sagemaker, cloudwatch = boto3.client("sagemaker"), boto3.client("cloudwatch")
    scaling = Scaling(boto3.client("application-autoscaling"), cloudwatch)
    account = Account(sagemaker, boto3.client("s3"), Endpoints(sagemaker, cloudwatch), scaling)
    return Settings.of(os.environ), account, boto3.client("sqs")


def handler(event: dict[str, Any], _context: object) -> None:
    """Handle messages; what is raised brings them back, and five times later they rest in the dead queue.

    While an endpoint is being changed, its message is sent anew instead: a deployment takes longer than five
    tries, and waiting for it is no failure.
    """
    for record in event["Records"]:
        message = json.loads(record["body"])
        kind, detail = message["detail-type"], message["detail"]
        if kind == CLOCK:
            _look_after_all()
        elif kind == _AGAIN:
            _attend(detail["ModelPackageGroupName"], detail["ModelPackageArn"])
        elif kind == VERSION_CHANGE and _is_ours(detail) and detail["ModelApprovalStatus"] == "Approved":
            _hear(detail, Change(datetime.fromisoformat(message["time"]), _fields(detail)))


def _is_ours(detail: dict[str, Any]) -> bool:
    return detail["ModelPackageGroupName"] in _parts()[0].alarms


def _fields(detail: dict[str, Any]) -> frozenset[str]:
    """Return what was changed; SageMaker's documentation has it in one example only, so it may be missing."""
    return frozenset(detail.get("UpdatedModelPackageFields", []))


def _hear(detail: dict[str, Any], change: Change) -> None:
    """Handle the approval of a version, or the mere edit of one that is approved."""
    if not change.decides:
        return
    arn = detail["ModelPackageArn"]
    note(_parts()[1].sagemaker, arn, change)
    _attend(detail["ModelPackageGroupName"], arn)


def _look_after_all() -> None:
    """Look at every endpoint, in case the message of an approval was lost, or weights were written over.

    Raises:
        DeploymentError: one was left as it is for a reason that no message has told of before; all were
            looked at.
    """
    settings, _, _ = _parts()
    failed = []
    for group in settings.alarms:
        try:
            _attend(group, None)
        except (ArchiveError, ClientError) as error:
            failed.append(f"{group}: {error}")
        except DeploymentError:  # its approval's message said so and rests in the dead queue
            _log.exception("%s", group)
    if failed:
        raise DeploymentError(" ".join(failed))


def _attend(group: str, heard_of: str | None) -> None:
    settings, account, sqs = _parts()
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
        again = {"ModelPackageGroupName": group, "ModelPackageArn": heard_of or version.arn}
        body = json.dumps({"detail-type": _AGAIN, "detail": again})
        sqs.send_message(QueueUrl=settings.queue_url, MessageBody=body, DelaySeconds=_ASK_AGAIN_S)
