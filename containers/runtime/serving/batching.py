"""Let requests that come at the same time share one call of the model."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")


class QueueFullError(Exception):
    """There is no room for all of these items now."""


@dataclass(frozen=True, slots=True)
class Done(Generic[ResultT]):
    """What `work` gave for one item, how long the item had waited, and how many shared the call."""

    result: ResultT
    queue_s: float
    batch: int


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[ItemT, ResultT]):
    item: ItemT
    since_s: float
    done: asyncio.Future[Done[ResultT]]


class Batcher(Generic[ItemT, ResultT]):
    """Calls `work` in `threads` threads, with at most `batch` items that waited meanwhile.

    Nothing waits for company: while batches are worked on, the next one gathers by itself, so a lone
    request is answered at once, and a crowd fills batches.
    """

    def __init__(
        self, work: Callable[[Sequence[ItemT]], Sequence[ResultT]], *, threads: int, batch: int, queue: int
    ) -> None:
        self._work = work
        self._threads = threads
        self._batch = batch
        self._queue = queue
        self._waiting: deque[_Waiting[ItemT, ResultT]] = deque()
        self._arrival = asyncio.Event()

    async def do(self, items: Sequence[ItemT]) -> list[Done[ResultT]]:
        """Return what `work` gives for each of `items`; what it raises is raised here.

        Raises:
            QueueFullError: `items` and those that wait already are more than `queue`.
        """
        # not an asyncio.Queue: the items of a request go in all together or not at all
        if len(self._waiting) + len(items) > self._queue:
            raise QueueFullError
        loop = asyncio.get_running_loop()
        added = [_Waiting(item, loop.time(), loop.create_future()) for item in items]
        self._waiting.extend(added)
        self._arrival.set()
        done: list[Done[ResultT]] = await asyncio.gather(*(one.done for one in added))
        return done

    async def run(self) -> None:
        """Work for ever; cancel it to end it, and the batches under way are finished."""
        with ThreadPoolExecutor(self._threads, thread_name_prefix="model") as threads:
            await asyncio.gather(*(self._keep_busy(threads) for _ in range(self._threads)))

    async def _keep_busy(self, threads: ThreadPoolExecutor) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._arrival.wait()
            if batch := self._next_batch():
                started_s = loop.time()
                call = loop.run_in_executor(threads, self._work, [one.item for one in batch])
                await asyncio.wait([call])
                _deliver(batch, call, started_s)

    def _next_batch(self) -> list[_Waiting[ItemT, ResultT]]:
        share = -(-len(self._waiting) // self._threads)  # leave as much to the other threads
        batch: list[_Waiting[ItemT, ResultT]] = []
        while self._waiting and len(batch) < min(share, self._batch):
            one = self._waiting.popleft()
            if not one.done.done():  # its request may have run out of time
                batch.append(one)
        if not self._waiting:
            self._arrival.clear()
        return batch


def _deliver(
    batch: Sequence[_Waiting[ItemT, ResultT]], call: asyncio.Future[Sequence[ResultT]], started_s: float
) -> None:
    error = call.exception()
    results = call.result() if error is None else ()
    for number, one in enumerate(batch):
        if one.done.done():
            continue
        if error is not None:
            one.done.set_exception(error)
        else:
            one.done.set_result(Done(results[number], started_s - one.since_s, len(batch)))
