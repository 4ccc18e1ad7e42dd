"""Start one process for each device of this host, and leave with them.

The launchers of frameworks, such as `paddle.distributed.launch`, answer SIGTERM by killing their processes at
once: no checkpoint would be written on a spot interruption. This passes the signal on and waits.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import FrameType

_RANK, _SIZE = "GLYPHLINE_RANK", "GLYPHLINE_PROCESSES"
_HOST = "127.0.0.1"

Variables = Callable[[int, Sequence[str]], Mapping[str, str]]
"""What a framework reads from the environment to find the other processes, by a process's rank and the
addresses (``host:port``) of all."""


def rank() -> int:
    """Return which of the processes that train together this one is; 0 leads."""
    return int(os.environ.get(_RANK, "0"))


def size() -> int:
    """Return how many processes train together."""
    return int(os.environ.get(_SIZE, "1"))


def follows() -> bool:
    """Tell whether another process of this training speaks and writes for all of them."""
    return rank() > 0


def spread(count: int, variables: Variables) -> None:
    """Where several processes are to train, start them and leave with them; each returns from here.

    Each runs the command that started this one; the first speaks for all.
    """
    is_worker = _SIZE in os.environ
    if count > 1 and not is_worker:
        sys.exit(launch([sys.executable, *sys.orig_argv[1:]], count, variables))
    if is_worker:
        _leave_with_parent()
    if follows():
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.dup2(nowhere, sys.stderr.fileno())


def _leave_with_parent() -> None:
    """Do not outlive a parent that was killed: it can no longer tell its processes to stop."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def launch(command: Sequence[str], count: int, variables: Variables) -> int:
    """Run `command` in `count` processes that know of each other; return the first failure's exit code.

    The others are killed then: they would wait for it for ever.
    """
    addresses = [f"{_HOST}:{port}" for port in _free_ports(count)]
    workers = [
        subprocess.Popen(
            command,
            env={**os.environ, **variables(number, addresses), _RANK: str(number), _SIZE: str(count)},
            start_new_session=True,  # Ctrl-C in a terminal reaches this process alone, which passes it on
        )
        for number in range(count)
    ]

    told: list[int] = []
    waiting = set(range(count))

    def tell(number: int) -> None:
        for one in waiting:
            with suppress(ProcessLookupError):
                os.kill(workers[one].pid, number)  # by Popen, one that just ended would be reaped unseen

    def pass_on(number: int, _frame: FrameType | None) -> None:
        told.append(number)
        tell(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, pass_on)
    first_failure = 0
    while waiting:
        pid, status = os.wait()
        ended = next((one for one in waiting if workers[one].pid == pid), None)
        if ended is None:
            continue
        waiting.discard(ended)
        code = os.waitstatus_to_exitcode(status)
        workers[ended].returncode = code
        if not code or first_failure:
            continue
        first_failure = code if code > 0 else 128 - code
        if not told:
            if ended:
                sys.stderr.write(f"error: process {ended + 1} of {count} failed with exit code {code}\n")
            tell(signal.SIGKILL)
    return first_failure


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind((_HOST, 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports
