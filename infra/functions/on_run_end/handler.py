"""Takes the ends of runs from the queue and tells people about each, perhaps twice but never not at all."""

from __future__ import annotations

import json
import logging
import os
from functools import cache
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from ..shared.events import pipeline_of
from .account import ending_of
from .ending import words

_log = logging.getLogger()
_log.setLevel(logging.INFO)


@cache
def _clients() -> tuple[Any, Any]:
    return boto3.client("sagemaker"), boto3.client("sns")


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Handle a batch; the messages named in the answer come again, five times, then rest in the dead queue.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    families = json.loads(os.environ["FAMILIES"])
    failed = []
    for record in event["Records"]:
        try:
            _tell(json.loads(record["body"])["detail"], families, os.environ["TOPIC_ARN"])
        except (BotoCoreError, ClientError, ValueError, KeyError) as error:
            _log.error("%s: %s", type(error).__name__, error)
            failed.append(record["messageId"])
    return {"batchItemFailures": [{"itemIdentifier": one} for one in failed]}


def _tell(detail: dict[str, str], families: dict[str, str], topic_arn: str) -> None:
    pipeline = pipeline_of(detail)
    if pipeline not in families:  # of another environment, whose name begins as this one's
        return
    sagemaker, sns = _clients()
    subject, text = words(ending_of(sagemaker, families[pipeline], detail["pipelineExecutionArn"]))
    _log.info("%s\n%s", subject, text)
    sns.publish(TopicArn=topic_arn, Subject=subject, Message=text)
