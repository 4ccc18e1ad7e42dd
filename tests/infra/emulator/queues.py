"""SQS to Lambda: batches of what waits, two functions at once, and again what one could not handle."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

from moto.awslambda.models import EventSourceMapping, LambdaBackend
from moto.sqs.models import Message, Queue, SQSBackend, sqs_backends

from emulator.functions import AT_ONCE, Functions

_WINDOW_S = 0.02
_HIDDEN_S = 300


def install(functions: Functions) -> None:
    """Let a queue be polled as Lambda does, rather than emptied by whoever sends to it."""
    make = LambdaBackend.create_event_source_mapping

    def create(backend: LambdaBackend, spec: dict[str, Any]) -> EventSourceMapping:
        mapping = make(backend, spec)
        region = sqs_backends[backend.account_id][backend.region_name]
        queue = next(one for one in region.queues.values() if one.queue_arn == mapping.event_source_arn)
        queue.lambda_event_source_mappings.clear()
        for _ in range(AT_ONCE):
            threading.Thread(target=_poll, args=(backend, mapping, queue, functions), daemon=True).start()
        return mapping

    LambdaBackend.create_event_source_mapping = create
    send = SQSBackend.send_message

    def send_at_once(backend: SQSBackend, *said: Any, **named: Any) -> Message:
        """What is put off waits for something that takes minutes in AWS, and no time here."""
        return send(backend, *said, **{**named, "delay_seconds": None})

    SQSBackend.send_message = send_at_once


def waiting(account: str, region: str) -> int:
    """Return how many messages functions have still to read."""
    mappings = list(_mappings(account, region))
    queues = sqs_backends[account][region].queues.values()
    arns = {one.event_source_arn for one in mappings}
    return sum(len(queue.messages) for queue in queues if queue.queue_arn in arns)


def _mappings(account: str, region: str) -> Any:
    from moto.awslambda.utils import get_backend

    return get_backend(account, region)._event_source_mappings.values()


def _poll(backend: LambdaBackend, mapping: EventSourceMapping, queue: Queue, functions: Functions) -> None:
    """Handle what comes until the mapping is deleted."""
    sqs = sqs_backends[backend.account_id][backend.region_name]
    while mapping.uuid in backend._event_source_mappings:
        queue.wait_for_messages(0.2)
        time.sleep(_WINDOW_S)  # so that a burst comes in batches
        if queue.messages:
            with functions.work:
                messages = sqs.receive_message(queue.name, mapping.batch_size, 0, _HIDDEN_S)
                if messages:
                    _handle(backend, mapping, queue, messages, functions)


def _handle(
    backend: LambdaBackend,
    mapping: EventSourceMapping,
    queue: Queue,
    messages: list[Message],
    functions: Functions,
) -> None:
    payload = json.dumps({"Records": [_record(message, queue) for message in messages]})
    answer = functions.invoke(backend.get_function(mapping.function_arn), payload)
    if answer.error is not None:
        failed = {message.id for message in messages}
    elif mapping.function_response_types:
        said = json.loads(answer.result) or {}
        failed = {one["itemIdentifier"] for one in said.get("batchItemFailures", [])}
    else:
        failed = set()
    sqs = sqs_backends[backend.account_id][backend.region_name]
    for message in messages:
        if message.id in failed:  # AWS waits for the visibility timeout; a test does not
            sqs.change_message_visibility(queue.name, message.receipt_handle, 0)
        else:
            queue.delete_message(message.receipt_handle)


def _record(message: Message, queue: Queue) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html."""
    attributes = {
        "ApproximateReceiveCount": str(message.approximate_receive_count),
        "SentTimestamp": str(message.sent_timestamp),
        "SenderId": "AIDAEXAMPLE",
        "ApproximateFirstReceiveTimestamp": str(message.approximate_first_receive_timestamp),
    }
    if message.group_id:
        attributes["MessageGroupId"] = message.group_id
    return {
        "messageId": message.id,
        "receiptHandle": message.receipt_handle,
        "body": message.body,
        "attributes": attributes,
        "messageAttributes": {},
        "md5OfBody": message.body_md5,
        "eventSource": "aws:sqs",
        "eventSourceARN": queue.queue_arn,
        "awsRegion": queue.region,
    }
