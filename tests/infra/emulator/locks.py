"""Make atomic what is atomic in AWS: moto's server has threads, its backends have no locks."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any

from moto.dynamodb.models import DynamoDBBackend
from moto.sagemaker.models import SageMakerModelBackend
from moto.sqs.models import Queue, SQSBackend

_DYNAMODB = ("get_item", "put_item", "update_item", "delete_item", "transact_write_items", "query", "scan")
_SAGEMAKER = ("start_pipeline_execution", "create_model", "create_endpoint_config", "create_endpoint")


def make_atomic() -> None:
    """Guard the operations that two functions may ask for at once."""
    for backend, names in ((DynamoDBBackend, _DYNAMODB), (SageMakerModelBackend, _SAGEMAKER)):
        lock = threading.RLock()
        for name in names:
            setattr(backend, name, _guarded(getattr(backend, name), lambda *_, lock=lock: lock))
    Queue.delete_message = _guarded(Queue.delete_message, lambda queue, *_: queue._messages_lock)
    SQSBackend.receive_message = _guarded(
        SQSBackend.receive_message, lambda backend, name, *_: backend.get_queue(name)._messages_lock
    )


def _guarded(operation: Callable[..., Any], lock_of: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(operation)
    def guarded(*arguments: Any, **named: Any) -> Any:
        with lock_of(*arguments):
            return operation(*arguments, **named)

    return guarded
