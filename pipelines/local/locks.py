"""Who works on a run: one engine at most, and no engine while jobs of an earlier one are still leaving."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from config.errors import StateError

_ENGINE, _JOBS = "engine.lock", "jobs.lock"
LEAVING_S = 120.0
"""How long a job may take to leave; SageMaker gives as much before it kills one."""
_POLL_S = 0.05
_LOOKED_S = 0.5
"""Longer than anyone who only looks holds the engine's lock."""


@contextmanager
def alone(folder: Path, tell: Callable[[str], None]) -> Iterator[int]:
    """Keep a run to this process; yield a descriptor that its jobs are to inherit: they hold the run too.

    Raises:
        StateError: another process runs it, or jobs of an engine that was killed do not leave.
    """
    with open(folder / _ENGINE, "a+b") as engine, open(folder / _JOBS, "ab") as jobs:
        if not _lock(engine.fileno(), _LOOKED_S):
            busy = f"another process ({_said(folder)})" if running(folder) else "another process"
            raise StateError(f"The run {folder.name} is going: {busy} runs it. Wait for it, or stop it.")
        engine.truncate(0)
        engine.write(_myself().encode())
        engine.flush()
        if not _lock(jobs.fileno(), 0):
            tell("waiting for the jobs of the interrupted engine to leave")
            if not _lock(jobs.fileno(), LEAVING_S):
                raise StateError(
                    f"Jobs of an earlier engine of the run {folder.name} have not left within "
                    f"{LEAVING_S:.0f} s. End them, then resume."
                )
        yield jobs.fileno()


def running(folder: Path) -> int | None:
    """Return the process that runs the run in `folder`, None if none does."""
    try:
        with open(folder / _ENGINE, "rb") as engine:
            try:
                fcntl.flock(engine, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                pid, _, started = engine.read().decode().partition(" ")
                return int(pid) if pid and started == _started(int(pid)) else None
    except FileNotFoundError:
        return None
    return None


def _lock(descriptor: int, patience_s: float) -> bool:
    until_s = time.monotonic() + patience_s
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until_s:
                return False
            time.sleep(_POLL_S)
        else:
            return True


def _said(folder: Path) -> str:
    return f"process {running(folder)}"


def _myself() -> str:
    return f"{os.getpid()} {_started(os.getpid())}"


def _started(pid: int) -> str:
    """Return when a process started, in the kernel's ticks, so that no later one is taken for it."""
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[19]
    except FileNotFoundError:  # gone, or a system without /proc
        return ""
