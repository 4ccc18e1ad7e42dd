"""Work over several processes: in order, the same as in one, and an error that says what happened."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from config.errors import StateError
from corpus import parallel


def squares(chunk: list[int]) -> list[int]:
    return [number * number for number in chunk]


def die_of_42(chunk: list[int]) -> None:
    if 42 in chunk:
        os.kill(os.getpid(), signal.SIGKILL)


def process_and_wait(chunk: list[int]) -> int:
    time.sleep(0.1)
    return os.getpid()


def process_of(chunk: list[int]) -> int:
    return os.getpid()


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "_POOL_START_S", 0.0)


@pytest.mark.parametrize("count", [0, 1, 7, 8, 300])
def test_order_is_kept(count: int) -> None:
    found = parallel.map_chunks(squares, iter(range(count)), chunk=7, workers=2)
    assert [one for chunk in found for one in chunk] == squares(list(range(count)))


def test_other_processes_do_the_work() -> None:
    assert len(set(parallel.map_chunks(process_of, range(200), chunk=1, workers=2))) > 1
    assert set(parallel.map_chunks(process_of, range(200), chunk=1, workers=1)) == {os.getpid()}


def test_a_worker_that_dies_is_said_so() -> None:
    with pytest.raises(StateError, match="A worker process died"):
        list(parallel.map_chunks(die_of_42, range(100), chunk=5, workers=2))


def test_workers_leave_with_a_parent_that_was_killed() -> None:
    script = (
        "import os, time\n"
        "from corpus import parallel\n"
        "from test_parallel import process_and_wait\n"
        "if __name__ == '__main__':\n"
        "    parallel._POOL_START_S = 0.0\n"
        "    for one in parallel.map_chunks(process_and_wait, range(100), chunk=1, workers=2):\n"
        "        print(one, flush=True)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as parent:
        assert parent.stdout is not None
        seen = {int(parent.stdout.readline()) for _ in range(4)}
        parent.kill()
    workers = seen - {parent.pid}
    assert workers
    deadline = time.monotonic() + 20
    while any(Path(f"/proc/{worker}").exists() for worker in workers):
        assert time.monotonic() < deadline, "the workers live on"
        time.sleep(0.05)


def test_a_signal_waits_until_a_worker_is_started_whole() -> None:
    done = []
    before = signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # a job in this process may have taken it

    def start() -> None:
        with parallel._signals_held():
            signal.raise_signal(signal.SIGINT)
            done.append("all")

    try:
        with pytest.raises(KeyboardInterrupt):
            start()
        assert done == ["all"]
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
