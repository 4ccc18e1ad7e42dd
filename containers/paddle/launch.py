"""Start one process for each device of this host, and leave with them.

`paddle.distributed.launch` answers SIGTERM by killing its processes at once and leaving with code 15: no
checkpoint would be written on a spot interruption. This passes the signal on and waits.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType

RANK, SIZE = "PADDLE_TRAINER_ID", "PADDLE_TRAINERS_NUM"
_HOST = "127.0.0.1"


def is_worker() -> bool:
    """Tell whether this process was started by `launch`."""
    return SIZE in os.environ


def follows() -> bool:
    """Tell whether another process of this training speaks and writes for all of them."""
    return os.environ.get(RANK, "0") != "0"


def leave_with_parent() -> None:
    """Do not outlive a parent that was killed: it can no longer tell its processes to stop."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def launch(command: Sequence[str], count: int, *, gpus: bool) -> int:
    """Run `command` in `count` processes that know of each other; return the first failure's exit code.

    The others are killed then: they would wait for it for ever.
    """
    endpoints = [f"{_HOST}:{port}" for port in _free_ports(count)]
    workers = [
        subprocess.Popen(
            command,
            env={**os.environ, **_environment(rank, endpoints, gpus=gpus)},
            start_new_session=True,  # Ctrl-C in a terminal reaches this process alone, which passes it on
        )
        for rank in range(count)
    ]

    told: list[int] = []
    waiting = set(range(count))

    def tell(number: int) -> None:
        for rank in waiting:
            with suppress(ProcessLookupError):
                os.kill(workers[rank].pid, number)  # by Popen, one that just ended would be reaped unseen

    def pass_on(number: int, _frame: FrameType | None) -> None:
        told.append(number)
        tell(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, pass_on)
    first_failure = 0
    while waiting:
        pid, status = os.wait()
        ended = next((rank for rank in waiting if workers[rank].pid == pid), None)
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


def _environment(rank: int, endpoints: Sequence[str], *, gpus: bool) -> dict[str, str]:
    """Return what Paddle reads to find the other processes."""
    device = {"FLAGS_selected_gpus": str(rank)} if gpus else {"PADDLE_DISTRI_BACKEND": "gloo"}
    return {
        RANK: str(rank),
        SIZE: str(len(endpoints)),
        "PADDLE_TRAINER_ENDPOINTS": ",".join(endpoints),
        "PADDLE_CURRENT_ENDPOINT": endpoints[rank],
        "PADDLE_MASTER": endpoints[0],
        **device,
    }


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind((_HOST, 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def again() -> list[str]:
    """Return the command that started this process."""
    return [sys.executable, *sys.orig_argv[1:]]
