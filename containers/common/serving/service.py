"""One model, and everything between a request for it and the answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus

import orjson
from PIL import Image
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from containers.common.serving.answers import Answer, Model, answers
from containers.common.serving.batching import Batcher, Done, QueueFullError
from containers.common.serving.images import Allowance, Encoded
from containers.common.serving.limits import Limits
from containers.common.serving.log import log
from containers.common.serving.objects import S3Object, check_allowed, fetch
from containers.common.serving.payload import JSON, JSON_LINES, Source, is_lines, source_of, sources_of
from containers.common.serving.refusals import RefusalError

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
    """Loads one model and answers requests with it, many at a time."""

    def __init__(self, limits: Limits, threads: int) -> None:
        self._limits = limits
        self._threads = threads
        self._batcher: Batcher[Encoded, _Result] | None = None
        self._requests = 0
        self._receiving: set[asyncio.Timeout] = set()
        self._leaving = False
        self._fetchers = ThreadPoolExecutor(_FETCHERS, thread_name_prefix="fetch")

    @property
    def ready(self) -> bool:
        """Whether the model is loaded and warm."""
        return self._batcher is not None

    async def run(self, load: Callable[[], Model]) -> None:
        """Load the model and serve for ever; cancel it to end it. What `load` raises is raised here."""
        started_s = time.perf_counter()
        await asyncio.to_thread(Image.init)  # else the first image would wait for Pillow's decoders
        model = await asyncio.to_thread(load)
        work = partial(answers, model, self._limits.max_pixels)
        limits = self._limits
        batcher = Batcher(work, threads=self._threads, batch=limits.max_batch, queue=limits.max_queue)
        self._batcher = batcher
        log(event="ready", model_version=model.version, load_s=round(time.perf_counter() - started_s, 2))
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
            sentence = "Too many images wait already. Send it again in a moment, or add an instance."
            raise RefusalError(HTTPStatus.SERVICE_UNAVAILABLE, sentence) from error
        except TimeoutError as error:
            sentence = f"No answer within {self._limits.max_seconds:g} seconds. Send fewer or smaller images."
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
        if self._requests > self._limits.max_queue + self._threads * self._limits.max_batch:
            raise QueueFullError  # before its body fills memory, too
        _check_accept(request.headers.get("accept", "*/*"))
        body = await self._received(request)
        content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if not is_lines(content_type):
            (result,), done = await self._read(self._batcher, [source_of(content_type, body)])
            if isinstance(result, RefusalError):
                raise result
            return _Reply(orjson.dumps(result.as_json()), JSON, done)
        results, done = await self._read(self._batcher, sources_of(body, self._limits.max_images))
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
        self, batcher: Batcher[Encoded, _Result], sources: Sequence[Source | RefusalError]
    ) -> tuple[list[_Result], list[Done[_Result]]]:
        """Return what is read in each of `sources`, and what the model did; a refusal stays where it is."""
        places = [one for one in sources if isinstance(one, S3Object)]
        loaded = iter(await asyncio.gather(*map(self._fetch, places)))
        fetched = [next(loaded) if isinstance(one, S3Object) else one for one in sources]
        allowance = Allowance(self._limits.max_request_pixels)
        images = [Encoded(one, allowance) for one in fetched if isinstance(one, bytes)]
        done = await batcher.do(images) if images else []
        read = iter(done)
        return [one if isinstance(one, RefusalError) else next(read).result for one in fetched], done

    async def _fetch(self, place: S3Object) -> bytes | RefusalError:
        loop = asyncio.get_running_loop()
        try:
            check_allowed(place, self._limits.s3_buckets)
            return await loop.run_in_executor(self._fetchers, fetch, place, self._limits.max_request_bytes)
        except RefusalError as refusal:
            return refusal


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
    sentence = f"The request has more than {most:,} bytes. Send one line of text, or fewer lines at once."
    raise RefusalError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, sentence)


def _check_accept(accept: str) -> None:
    kinds = {one.partition(";")[0].strip().lower() for one in accept.split(",")}
    if not kinds & {"", "*/*", "application/*", JSON, JSON_LINES}:
        sentence = f"The answer is JSON, and Accept asks for {accept!r}. Accept {JSON}."
        raise RefusalError(HTTPStatus.NOT_ACCEPTABLE, sentence)


def _line(result: _Result) -> bytes:
    content = {"error": str(result)} if isinstance(result, RefusalError) else result.as_json()
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
