"""The web application: SageMaker's three addresses over a model.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html and
https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-batch-code.html
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from containers.runtime.serving.limits import Limits
from containers.runtime.serving.payload import JSON
from containers.runtime.serving.refusals import RefusalError
from containers.runtime.serving.service import Service, refused

_TRANSFORM_MB = 100
"""Batch Transform takes no more at once: MaxConcurrentTransforms times MaxPayloadInMB."""


def application(service: Service, limits: Limits, failed: Callable[[BaseException], None]) -> Starlette:
    """Return the application of `service`; it answers `/ping` at once, and loads the model meanwhile.

    `failed` is told why the model could not be loaded.
    """

    def over(running: asyncio.Task[None]) -> None:
        if not running.cancelled() and (error := running.exception()) is not None:
            failed(error)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        running = asyncio.create_task(service.run())
        running.add_done_callback(over)
        yield
        running.cancel()
        await asyncio.wait([running])

    async def ping(_request: Request) -> Response:
        return Response(status_code=HTTPStatus.OK if service.ready else HTTPStatus.SERVICE_UNAVAILABLE)

    async def execution_parameters(_request: Request) -> Response:
        return Response(orjson.dumps(transform_parameters(limits)), media_type=JSON)

    return Starlette(
        lifespan=lifespan,
        routes=[
            Route("/ping", ping),
            Route("/execution-parameters", execution_parameters),
            Route("/invocations", service.invoke, methods=["POST"]),
        ],
        exception_handlers={HTTPException: _elsewhere, Exception: _unforeseen},
    )


def transform_parameters(limits: Limits) -> dict[str, object]:
    """Return how Batch Transform is to send: one record a request, and many requests that share batches."""
    payload_mb = max(limits.max_request_bytes // 1024**2, 1)
    at_once = max(min(limits.max_batch, _TRANSFORM_MB // payload_mb), 1)
    return {
        "MaxConcurrentTransforms": at_once,
        "BatchStrategy": "SINGLE_RECORD",
        "MaxPayloadInMB": payload_mb,
    }


async def _elsewhere(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # it is registered for these
    status = HTTPStatus(error.status_code)
    sentence = f"{request.method} {request.url.path}: {status.phrase.lower()}. POST to /invocations."
    return refused(RefusalError(status, sentence))


async def _unforeseen(_request: Request, _error: Exception) -> Response:
    sentence = "This was not foreseen: the traceback is in the log of the endpoint."
    return refused(RefusalError(HTTPStatus.INTERNAL_SERVER_ERROR, sentence))
