"""Spread work over the cores, keep the order, and never hold more than a few chunks in memory."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any, TypeVar

from config.errors import StateError

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")

Progress = Callable[[int, int | None], None]
"""Called with (done, total) now and then; total is None where it is not known."""


_POOL_START_S = 0.3
_POOLS: set[ProcessPoolExecutor] = set()


def silent(done: int, total: int | None) -> None:
    """Ignore progress."""


def cores() -> int:
    """Return the number of cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def map_chunks(
    work: Callable[[list[ItemT]], ResultT], items: Iterable[ItemT], *, chunk: int, workers: int
) -> Iterator[ResultT]:
    """Yield ``work(chunk)`` for chunks of `items`, in order.

    It begins in this process, and starts others only once the work has proved longer than they take to
    start. `work` must be importable (a function, or a functools.partial of one). `workers` 0: one for each
    core.

    Raises:
        StateError: a worker process died.
    """
    workers = workers or cores()
    chunks = chunks_of(items, chunk)
    started = time.monotonic()
    for one in chunks:
        yield work(one)
        if workers > 1 and time.monotonic() - started > _POOL_START_S:
            break
    if (next_one := next(chunks, None)) is not None:
        yield from _in_pool(work, itertools.chain([next_one], chunks), workers)


def _in_pool(
    work: Callable[[list[ItemT]], ResultT], chunks: Iterable[list[ItemT]], workers: int
) -> Iterator[ResultT]:
    # forkserver: a fork of a process that has threads (a progress bar) may deadlock
    context = multiprocessing.get_context("forkserver")
    pool = _Pool(workers, mp_context=context, initializer=_serve_parent)
    _POOLS.add(pool)
    try:
        yield from in_order(pool, work, chunks, 4 * workers)
    except BrokenProcessPool as error:
        raise StateError(
            "A worker process died. For want of memory? Then try with one worker. "
            "In a script of your own? Then guard it with: if __name__ == '__main__'."
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        _POOLS.discard(pool)


def in_order(
    pool: Executor, work: Callable[[ItemT], ResultT], items: Iterable[ItemT], ahead: int
) -> Iterator[ResultT]:
    """Yield ``work(item)`` for `items`, in order, with at most `ahead` of them begun and not yet taken."""
    pending: deque[Future[ResultT]] = deque()
    for one in items:
        pending.append(pool.submit(work, one))
        if len(pending) >= ahead:
            yield pending.popleft().result()
    while pending:
        yield pending.popleft().result()


def stop_workers() -> None:
    """Wait until no worker writes any more: an error leaves generators, and their pools, half-way."""
    for pool in list(_POOLS):
        pool.shutdown(wait=True, cancel_futures=True)


def chunks_of(items: Iterable[ItemT], size: int) -> Iterator[list[ItemT]]:
    """Yield `items` in lists of `size`, the last one shorter."""
    iterator = iter(items)
    while batch := list(itertools.islice(iterator, size)):
        yield batch


class _Pool(ProcessPoolExecutor):
    """Starts a worker whole or not at all: a half-started one would outlive what it is to work with."""

    def submit(self, work: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Begin ``work(…)``; this may start a worker."""
        with _signals_held():
            return super().submit(work, *args, **kwargs)


@contextmanager
def _signals_held() -> Iterator[None]:
    """Let a signal wait. It is not blocked: processes that are started meanwhile would inherit that."""
    if threading.current_thread() is not threading.main_thread():  # no other hears of them
        yield
        return
    came: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda one, _frame: came.append(one)) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])


def _serve_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    threading.Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    """Do not outlive a parent that was killed: it can no longer tell its workers to stop."""
    if (parent := multiprocessing.parent_process()) is not None:
        parent.join()
        os._exit(1)
