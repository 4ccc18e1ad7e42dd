"""Work over several processes: in order, the same as in one, and an error that says what happened."""

from __future__ import annotations

import os
import signal

import pytest

from config.errors import StateError
from corpus import parallel


def squares(chunk: list[int]) -> list[int]:
    return [number * number for number in chunk]


def die_of_42(chunk: list[int]) -> None:
    if 42 in chunk:
        os.kill(os.getpid(), signal.SIGKILL)


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
