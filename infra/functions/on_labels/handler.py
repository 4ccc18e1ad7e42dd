"""Takes a batch of events from the queue, looks at each family once, and hands back what was not handled."""

from __future__ import annotations

import logging
import os
from collections import defaultdict
from functools import cache
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from .account import Account, UnreadableError
from .flow import BusyError, attend
from .messages import UnknownMessageError, families_of
from .settings import Settings
from .table import Table

_log = logging.getLogger()
_log.setLevel(logging.INFO)


@cache
def _parts() -> tuple[Settings, Account, Table]:
    """Return what is made once for all calls of this process."""
    settings = Settings.of(os.environ)
    account = Account(boto3.client("s3"), boto3.client("sagemaker"), settings.bucket)
    return settings, account, Table(boto3.client("dynamodb"), settings.table)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Handle a batch; the messages named in the answer come again, five times, then rest in the dead queue.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    settings, account, table = _parts()
    asked: dict[str, set[str]] = defaultdict(set)
    failed: set[str] = set()
    for record in event["Records"]:
        try:
            for family in families_of(record["body"], settings.families):
                asked[family].add(record["messageId"])
        except UnknownMessageError as error:
            _log.error("%s", error)
            failed.add(record["messageId"])
    pipelines = {family: pipeline for pipeline, family in settings.families.items()}
    for family, messages in asked.items():
        try:
            state = attend(family, pipelines[family], account, table, settings.rules[family])
        except (BotoCoreError, ClientError, BusyError, UnreadableError) as error:
            _log.error("%s: %s: %s", family, type(error).__name__, error)
            failed |= messages
        else:
            _log.info("%s: running %s, waiting %s", family, state.running, state.waiting)
    return {"batchItemFailures": [{"itemIdentifier": one} for one in sorted(failed)]}
