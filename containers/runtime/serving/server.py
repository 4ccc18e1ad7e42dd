"""Run the web application until it is told to leave."""

from __future__ import annotations

import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from config.errors import StateError
from containers.common.model import Predictor
from containers.runtime.serving.application import application
from containers.runtime.serving.limits import Limits
from containers.runtime.serving.service import Service
from tasks.base import Task

_GRACE_S = 25
"""SageMaker kills a container 30 seconds after SIGTERM."""
_KEEP_ALIVE_S = 75
_BACKLOG = 2048


def serve(
    task: Task[Any, Any], predictor: Predictor[Any, Any], limits: Limits, *, host: str, port: int
) -> None:
    """Answer requests on `port` (0: any that is free) until SIGTERM or SIGINT, and then those that are whole.

    Raises:
        StateError: the port cannot be had.
        Exception: what the predictor's `warm_up` raises.
    """
    failures: list[BaseException] = []

    def failed(error: BaseException) -> None:
        failures.append(error)
        server.should_exit = True

    service = Service(task, predictor, limits)
    config = uvicorn.Config(
        application(service, limits, failed),
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_GRACE_S,
    )
    server = _Server(config, service.leave)
    with _listening(host, port) as listener, _leaving_quietly():
        sys.stderr.write(f"listening on http://{host}:{listener.getsockname()[1]}\n")
        server.run([listener])
    if failures:
        raise failures[0]


class _Server(uvicorn.Server):
    """Says when it begins to leave: uvicorn tells the application only when every request is answered."""

    def __init__(self, config: uvicorn.Config, leave: Callable[[], None]) -> None:
        super().__init__(config)
        self._leave = leave

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._leave()
        await super().shutdown(sockets)


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    try:
        listener = socket.create_server((host, port), backlog=_BACKLOG)
    except OSError as error:
        remedy = "Stop what listens there, or name another port."
        raise StateError(f"{host}:{port} cannot be listened on ({error.strerror}). {remedy}") from error
    with listener:
        yield listener


@contextmanager
def _leaving_quietly() -> Iterator[None]:
    """Ignore the signal that ends the server: when it has left, uvicorn sends it to the process again."""
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = {number: signal.signal(number, lambda *_: None) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
