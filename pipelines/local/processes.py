"""Runs a job's process: its lines go into a log with the time; SIGTERM lets it leave, SIGKILL ends it."""

from __future__ import annotations

import asyncio
import ctypes
import functools
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pipelines.local.errors import StepError
from pipelines.local.locks import LEAVING_S

_PR_SET_PDEATHSIG = 1
_CHUNK_BYTES = 1 << 16
_KEPT_LINES = 20
_REST_S = 2.0
"""How long what a job leaves running may write on after its end."""


class Stop:
    """Whether the engine was told to stop: once, its jobs are to leave; twice, they are killed."""

    def __init__(self) -> None:
        self.leave = asyncio.Event()
        self.kill = asyncio.Event()
        self.signal: int | None = None
        """The first signal that said so."""

    def tell(self, number: int | None = None) -> None:
        """Say so."""
        if self.leave.is_set():
            self.kill.set()
        self.signal = self.signal or number
        self.leave.set()


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended: its exit code, negative where a signal did it, and its last lines."""

    code: int
    last_lines: tuple[str, ...]


async def run(
    command: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    log: Path,
    tell: Callable[[str], None],
    stop: Stop,
    held: int,
) -> Ended:
    """Run `command` in `folder` until it ends; `tell` gets every line it prints, `log` gets it with the time.

    `held` is a descriptor that the process keeps open as long as it lives.

    Raises:
        StepError: it cannot be started.
    """
    process, out = await _start(command, environment, folder, held)
    lines: deque[str] = deque(maxlen=_KEPT_LINES)
    reading = asyncio.create_task(_read(out, log, tell, lines))
    try:
        await _ended(process, reading, stop)
    finally:
        if process.returncode is None:
            _kill(process.pid)
        code = await process.wait()
    await asyncio.wait({reading}, timeout=_REST_S)
    _kill(process.pid)  # a container, too, ends with its first process
    reading.cancel()
    with suppress(asyncio.CancelledError):
        await reading
    return Ended(code, tuple(lines))


async def _start(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, held: int
) -> tuple[asyncio.subprocess.Process, int]:
    """Start a process; return it, and the descriptor to read what it prints from."""
    out, into = os.pipe()
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=into,
            stderr=into,
            env=environment,
            cwd=folder,
            # a reader of its own: it is to leave in peace even if the engine was killed
            pass_fds=(held, out),
            start_new_session=True,  # Ctrl-C is ours to pass on
            preexec_fn=_leave_with(os.getpid()),
        )
    except OSError as error:
        os.close(out)
        raise StepError(f"{command[0]} cannot be started: {error.strerror}.") from error
    finally:
        os.close(into)
    return process, out


def _kill(group: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


async def _ended(process: asyncio.subprocess.Process, reading: asyncio.Task[None], stop: Stop) -> None:
    """Wait until a process has ended, by itself or because it was told to."""
    waiting = asyncio.ensure_future(process.wait())
    leave, kill = asyncio.ensure_future(stop.leave.wait()), asyncio.ensure_future(stop.kill.wait())
    try:
        await asyncio.wait({waiting, leave, reading}, return_when=asyncio.FIRST_COMPLETED)
        if reading.done() and reading.exception() is None:  # it has closed its output, and may go on
            await asyncio.wait({waiting, leave}, return_when=asyncio.FIRST_COMPLETED)
        if not waiting.done():  # told to leave, or its log cannot be written
            process.terminate()
            await asyncio.wait({waiting, kill}, timeout=LEAVING_S, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in (waiting, leave, kill):
            one.cancel()


async def _read(out: int, log: Path, tell: Callable[[str], None], lines: deque[str]) -> None:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    protocol = functools.partial(asyncio.StreamReaderProtocol, reader)
    transport, _ = await loop.connect_read_pipe(protocol, os.fdopen(out, "rb", 0))
    try:
        with open(log, "a", encoding="utf-8") as file:
            rest = b""
            while chunk := await reader.read(_CHUNK_BYTES):
                *whole, rest = (rest + chunk).split(b"\n")
                _log(whole, file.write, tell, lines)
                file.flush()
            _log([rest] if rest else [], file.write, tell, lines)
    finally:
        transport.close()


def _log(
    whole: Sequence[bytes], write: Callable[[str], object], tell: Callable[[str], None], lines: deque[str]
) -> None:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
    for one in whole:
        line = one.decode(errors="replace").rstrip("\r")
        write(f"{now}Z {line}\n")
        lines.append(line)
        tell(line)


def _leave_with(parent: int) -> Callable[[], None] | None:
    """Return what lets a new process get SIGTERM when this one dies, even by SIGKILL; None where none can."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl  # found now: between fork and exec nothing may be loaded

    def leave() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before
            os._exit(1)

    return leave
