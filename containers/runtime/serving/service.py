"""One model, and everything between a request for it and the answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any

import orjson
from PIL import Image
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from containers.common.model import Predictor
from containers.runtime.serving.answers import Answer, Asked, answers
from containers.runtime.serving.batching import Batcher, Done, QueueFullError
from containers.runtime.serving.limits import Limits
from containers.runtime.serving.log import log
from containers.runtime.serving.objects import S3Object, check_allowed, fetch
from containers.runtime.serving.payload import JSON, JSON_LINES, Source, is_lines, source_of, sources_of
from containers.runtime.serving.refusals import RefusalError
from tasks.base import Allowance, Raw, Task

_DRAINED_BYTES = 64 * 1024**2
"""So much of a body that is too large is read, so that its sender gets to hear why it is refused."""
_LAST_WORDS_S = 2.5
"""For what is half sent when the server is told to leave."""
_FETCHERS = 16
_RETRY_AFTER_S = 1

_Result = Answer | RefusalError


@dataclass(frozen=True, slots=True)
class _Reply:
    """What goes back, and what the model did for it."""

    body: bytes
    media_type: str
    done: Sequence[Done[_Result]]


class Service:
    """Answers requests with one model, many at a time: `task` opens what is asked, `predictor` answers it."""

    def __init__(self, task: Task[Any, Any], predictor: Predictor[Any, Any], limits: Limits) -> None:
        self._task = task
        self._accepts = task.family.accepts
        self._predictor = predictor
        self._limits = limits
        self._batcher: Batcher[Asked, _Result] | None = None
        self._requests = 0
        self._receiving: set[asyncio.Timeout] = set()
        self._leaving = False
        self._fetchers = ThreadPoolExecutor(_FETCHERS, thread_name_prefix="fetch")

    @property
    def ready(self) -> bool:
        """Whether the model is loaded and warm."""
        return self._batcher is not None

    async def run(self) -> None:
        """Load the model and serve for ever; cancel it to end it. What fails to load is raised here."""
        started_s = time.perf_counter()
        await asyncio.to_thread(Image.init)  # else the first image would wait for Pillow's decoders
        await asyncio.to_thread(self._predictor.warm_up)
        work, limits = partial(answers, self._task, self._predictor), self._limits
        threads = self._predictor.threads
        batcher = Batcher(work, threads=threads, batch=limits.max_batch, queue=limits.max_queue)
        self._batcher = batcher
        load_s = round(time.perf_counter() - started_s, 2)
        log(event="ready", model_version=self._predictor.version, load_s=load_s)
        await batcher.run()

    def leave(self) -> None:
        """Give requests that are not whole yet a few seconds, then refuse them: they may never end."""
        self._leaving = True
        for patience in self._receiving:
            patience.reschedule(asyncio.get_running_loop().time() + _LAST_WORDS_S)

    async def invoke(self, request: Request) -> Response:
        """Answer one request of any kind, and log it."""
        started_s = time.perf_counter()
        try:
            reply = await self._reply_in_time(request)
        except RefusalError as refusal:
            _log_request(refusal.status, started_s, (), str(refusal))
            return refused(refusal)
        _log_request(HTTPStatus.OK, started_s, reply.done, None)
        return Response(reply.body, media_type=reply.media_type)

    async def _reply_in_time(self, request: Request) -> _Reply:
        """Return the reply; whatever stands against one is a RefusalError."""
        self._requests += 1
        try:
            async with asyncio.timeout(self._limits.max_seconds):
                return await self._reply(request)
        except QueueFullError as error:
            sentence = "Too many requests wait already. Send it again in a moment, or add an instance."
            raise RefusalError(HTTPStatus.SERVICE_UNAVAILABLE, sentence) from error
        except TimeoutError as error:
            sentence = f"No answer within {self._limits.max_seconds:g} seconds. Send fewer, or smaller ones."
            raise RefusalError(HTTPStatus.GATEWAY_TIMEOUT, sentence) from error
        except ClientDisconnect as error:
            raise RefusalError(
                HTTPStatus.BAD_REQUEST, "The sender left before its request was whole."
            ) from error
        finally:
            self._requests -= 1

    async def _reply(self, request: Request) -> _Reply:
        if self._batcher is None:
            sentence = "The model is not loaded yet. Send it again when /ping answers 200."
            raise RefusalError(HTTPStatus.SERVICE_UNAVAILABLE, sentence)
        if self._requests > self._limits.max_queue + self._predictor.threads * self._limits.max_batch:
            raise QueueFullError  # before its body fills memory, too
        _check_accept(request.headers.get("accept", "*/*"))
        body = await self._received(request)
        content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if not is_lines(content_type):
            (result,), done = await self._read(self._batcher, [source_of(content_type, body, self._accepts)])
            if isinstance(result, RefusalError):
                raise result
            return _Reply(orjson.dumps(result), JSON, done)
        sources = sources_of(body, self._limits.max_images, self._accepts)
        results, done = await self._read(self._batcher, sources)
        return _Reply(b"".join(map(_line, results)), JSON_LINES, done)

    async def _received(self, request: Request) -> bytes:
        """Return the body of `request`, unless the server leaves before it is whole."""
        try:
            async with asyncio.timeout(_LAST_WORDS_S if self._leaving else None) as patience:
                self._receiving.add(patience)
                return await _body(request, self._limits.max_request_bytes)
        except TimeoutError as error:
            sentence = "The server leaves, and the request was not whole yet. Send it again."
            raise RefusalError(HTTPStatus.SERVICE_UNAVAILABLE, sentence) from error
        finally:
            self._receiving.discard(patience)

    async def _read(
        self, batcher: Batcher[Asked, _Result], sources: Sequence[Source | RefusalError]
    ) -> tuple[list[_Result], list[Done[_Result]]]:
        """Return what is answered to each of `sources`, and what the model did; a refusal keeps its place."""
        allowance = Allowance(self._limits.max_pixels, self._limits.max_request_pixels)
        images = [one.image for one in sources if isinstance(one, Source)]
        places = [one for one in images if isinstance(one, S3Object)]
        fetched = iter(await asyncio.gather(*map(self._fetch, places)))
        raws = [_raw(one, fetched) for one in sources]
        asked = [Asked(one, allowance) for one in raws if isinstance(one, Raw)]
        done = await batcher.do(asked) if asked else []
        results = iter(done)
        return [one if isinstance(one, RefusalError) else next(results).result for one in raws], done

    async def _fetch(self, place: S3Object) -> bytes | RefusalError:
        loop = asyncio.get_running_loop()
        try:
            check_allowed(place, self._limits.s3_buckets)
            return await loop.run_in_executor(self._fetchers, fetch, place, self._limits.max_request_bytes)
        except RefusalError as refusal:
            return refusal


def _raw(source: Source | RefusalError, fetched: Iterator[bytes | RefusalError]) -> Raw | RefusalError:
    """Return what is asked with the bytes of its image: its own, or the next that were `fetched`."""
    if isinstance(source, RefusalError):
        return source
    image = next(fetched) if isinstance(source.image, S3Object) else source.image
    return image if isinstance(image, RefusalError) else Raw(image, source.fields)


def refused(refusal: RefusalError) -> Response:
    """Return the response that says why: ``{"error": "one sentence."}``."""
    headers = {}
    if refusal.status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = str(_RETRY_AFTER_S)
    content = orjson.dumps({"error": str(refusal)})
    return Response(content, refusal.status, headers, media_type=JSON)


async def _body(request: Request, most: int) -> bytes:
    """Return the body; of one that is too large, read on a little: who still sends does not hear.

    Raises:
        RefusalError: it has more than `most` bytes.
        ClientDisconnect: it ends too early.
    """
    body = bytearray()
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size <= most:
            body += piece
        elif size > _DRAINED_BYTES:
            break
    if size <= most:
        return bytes(body)
    sentence = f"The request has more than {most:,} bytes. Send a smaller image, or fewer at once."
    raise RefusalError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, sentence)


def _check_accept(accept: str) -> None:
    kinds = {one.partition(";")[0].strip().lower() for one in accept.split(",")}
    if not kinds & {"", "*/*", "application/*", JSON, JSON_LINES}:
        sentence = f"The answer is JSON, and Accept asks for {accept!r}. Accept {JSON}."
        raise RefusalError(HTTPStatus.NOT_ACCEPTABLE, sentence)


def _line(result: _Result) -> bytes:
    content = {"error": str(result)} if isinstance(result, RefusalError) else result
    return orjson.dumps(content, option=orjson.OPT_APPEND_NEWLINE)


def _log_request(
    status: HTTPStatus, started_s: float, done: Sequence[Done[_Result]], error: str | None
) -> None:
    faults = sum(isinstance(one.result, RefusalError) for one in done)
    log(
        status=int(status),
        latency_ms=_ms(time.perf_counter() - started_s),
        queue_ms=_ms(max((one.queue_s for one in done), default=0.0)),
        images=len(done),
        batch=max((one.batch for one in done), default=0),
        faulty=faults,
        error=error,
    )


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)
