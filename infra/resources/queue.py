"""A queue that loses nothing: what cannot be handled waits two weeks in another, where an alarm sees it."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_sqs as sqs
from constructs import Construct

_TRIES = 5


class SafeQueue(Construct):
    """`queue`, and behind it `dead`: what was tried five times and not handled."""

    def __init__(self, scope: Construct, name: str, *, visible_after: cdk.Duration) -> None:
        super().__init__(scope, name)
        self.dead = sqs.Queue(
            self,
            "Dead",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=cdk.Duration.days(14),
        )
        self.queue = sqs.Queue(
            self,
            "Queue",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            visibility_timeout=visible_after,
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead, max_receive_count=_TRIES),
        )
