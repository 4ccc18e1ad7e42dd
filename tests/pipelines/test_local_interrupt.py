"""Runs that are stopped, killed or starved at any moment: they leave no job behind and can be resumed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from local_pipelines import definition, get, join, output_of, processing, statuses, surroundings, training

from config.errors import StateError
from pipelines.local import engine, locks

ENGINE = Path(__file__).parent / "engine_process.py"
COUNT = 20
"""Steps of 50 ms."""
PIPELINE = definition(
    processing("Prepare", "--write", "data/x=1", outputs=["data"]),
    training(
        "Train",
        *("--count", COUNT),
        channels={"data": output_of("Prepare", "data")},
        checkpoints=join("s3://store/checkpoints", get("Execution.PipelineExecutionId")),
    ),
    processing("After", "--write", "o/x=1", outputs=["o"], DependsOn=["Train"]),
)


class Engine:
    """A run in a process of its own."""

    def __init__(self, home: Path, run_id: str, **environment: str) -> None:
        self.home, self.run_id = home, run_id
        command = [sys.executable, str(ENGINE), str(home), run_id]
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, **environment},
            start_new_session=True,
        )
        self.lines: list[str] = []

    def until(self, text: str) -> str:
        """Wait until it says `text`; return the line."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            if text in line:
                return line
        raise AssertionError(f"it ended without {text!r}: {''.join(self.lines)}")

    def end(self) -> int:
        """Wait until it ends; return its exit code."""
        rest, _ = self.process.communicate(timeout=60)
        self.lines.append(rest)
        return self.process.returncode

    def count(self, at_least: int) -> int:
        """Wait until training has counted so far; return how far it has."""
        checkpoint = self.home / "store" / "store" / "checkpoints" / self.run_id / "count"
        while not checkpoint.exists() or int(checkpoint.read_text()) < at_least:
            assert self.process.poll() is None, self.end()
            time.sleep(0.02)
        return int(checkpoint.read_text())


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def engines(home: Path) -> Iterator[Any]:
    started: list[Engine] = []

    def start(run_id: str, **environment: str) -> Engine:
        started.append(Engine(home, run_id, **environment))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.communicate()


def begin(home: Path, pipeline: bytes = PIPELINE) -> str:
    return engine.begin(home, "glyphline-x", pipeline, {}).id


def pids(home: Path, run_id: str) -> list[int]:
    """Return the processes whose `/opt/ml` belongs to a run."""
    root = f"GLYPHLINE_ML_ROOT={home}/runs/{run_id}/".encode()
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if root in path.read_bytes():
                found.append(int(path.parent.name))
        except OSError:  # it ended meanwhile, or is another user's
            continue
    return found


def gone(home: Path, run_id: str, within_s: float = 5) -> bool:
    until_s = time.monotonic() + within_s
    while pids(home, run_id):
        if time.monotonic() > until_s:
            return False
        time.sleep(0.02)
    return True


def counted(home: Path, run_id: str) -> str:
    """Return the range that the training that ended has counted, from its model."""
    folder = home / "unpacked"
    model = home / "store" / "store" / "models" / f"{run_id}-Train" / "output" / "model.tar.gz"
    shutil.unpack_archive(model, folder, filter="data")
    return (folder / "counted").read_text()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_run_goes_on_where_it_was(home: Path, engines: Any, number: signal.Signals) -> None:
    run_id = begin(home)
    first = engines(run_id)
    at = first.count(5)
    first.process.send_signal(number)
    assert first.end() != 0
    assert gone(home, run_id)
    stopped = engine.load(home, run_id)
    assert stopped.status == "Stopped"
    assert statuses(stopped) == {"Prepare": "Succeeded", "Train": "Stopped"}
    if number != signal.SIGKILL:
        assert (stopped.signal, stopped.reason) == (number, f"it was stopped by {number.name}")
        assert any("the jobs have 120 s" in line for line in first.lines)
    done = engine.execute(run_id, surroundings(home), lambda _: None)
    assert done.status == "Succeeded"
    begun = int(counted(home, run_id).partition("..")[0])
    assert at <= begun < COUNT, "training went on at its checkpoint"
    assert done.steps["Prepare"] == stopped.steps["Prepare"], "Prepare did not run again"


def test_all_killed_at_once(home: Path, engines: Any) -> None:
    run_id = begin(home)
    first = engines(run_id)
    first.count(3)
    (job,) = pids(home, run_id)
    for pid in (job, first.process.pid):
        os.kill(pid, signal.SIGKILL)
    first.end()
    assert engine.execute(run_id, surroundings(home), lambda _: None).status == "Succeeded"


def test_a_job_whose_engine_was_killed_leaves_in_peace(home: Path, engines: Any, tmp_path: Path) -> None:
    """It can still print, though nobody reads: a checkpoint may come after that."""
    last = tmp_path / "last"
    run_id = begin(home, definition(processing("A", "--last", str(last), "--say", "works", "--sleep", "60")))
    first = engines(run_id)
    first.until("A:works")
    first.process.kill()
    first.end()
    assert gone(home, run_id)
    assert last.read_text() == "saved"


def test_a_second_signal_kills_jobs_that_do_not_leave(home: Path, engines: Any) -> None:
    run_id = begin(home, definition(processing("A", "--linger", "60", "--say", "lingers", "--sleep", "60")))
    first = engines(run_id)
    first.until("A:lingers")
    first.process.terminate()
    first.until("stopping")
    assert first.process.poll() is None
    first.process.terminate()
    assert first.end() == 1
    assert gone(home, run_id)
    assert engine.load(home, run_id).status == "Stopped"


@pytest.mark.parametrize(
    ("job", "done"),
    [
        (
            processing(
                "A", *("--deaf", "x", "--say", "works", "--sleep", "1"), "--write", "o/x=1", outputs=["o"]
            ),
            True,
        ),
        (processing("A", *("--linger", "0", "--say", "works", "--sleep", "60"), outputs=["o"]), False),
        (training("A", *("--deaf", "x", "--say", "works", "--sleep", "1"), "--write", "x=1"), True),
        (training("A", *("--deaf", "x", "--say", "works", "--sleep", "1")), False),
    ],
    ids=["processing, done", "processing, left", "training, done", "training, left"],
)
def test_work_that_was_done_when_the_signal_came_is_kept(
    home: Path, engines: Any, job: dict[str, Any], done: bool
) -> None:
    run_id = begin(home, definition(job, processing("B", "--say", "begun", DependsOn=["A"])))
    first = engines(run_id)
    first.until("A:works")
    first.process.terminate()
    assert first.end() == 1
    stopped = engine.load(home, run_id)
    assert (stopped.status, statuses(stopped)) == ("Stopped", {"A": "Succeeded" if done else "Stopped"})


def test_nobody_resumes_beside_jobs_that_are_still_leaving(home: Path, engines: Any) -> None:
    run_id = begin(home, definition(processing("A", "--linger", "2", "--say", "lingers", "--sleep", "1.5")))
    first = engines(run_id)
    first.until("A:lingers")
    first.process.kill()
    first.end()
    (job,) = pids(home, run_id)
    second = engines(run_id)
    second.until("waiting for the jobs of the interrupted engine")
    second.until("A:Executing")
    assert job not in pids(home, run_id)
    assert second.end() == 0


def test_a_run_that_is_going_is_not_begun_again_and_can_be_stopped(home: Path, engines: Any) -> None:
    run_id = begin(home)
    first = engines(run_id)
    first.count(1)
    with pytest.raises(StateError, match=f"is going: another process .process {first.process.pid}. runs it"):
        engine.execute(run_id, surroundings(home), lambda _: None)
    assert engine.load(home, run_id).status == "Executing"
    assert engine.stop(home, run_id) == first.process.pid
    assert first.end() == 1
    assert engine.load(home, run_id).status == "Stopped"
    with pytest.raises(StateError, match="is not going: it is Stopped"):
        engine.stop(home, run_id)


def test_a_process_that_has_taken_the_id_of_an_engine_is_not_stopped(home: Path, engines: Any) -> None:
    """The lock says who wrote it: a process id alone may be anybody's by now."""
    run_id = begin(home)
    first = engines(run_id)
    first.count(1)
    lock = home / "runs" / run_id / "engine.lock"
    assert locks.running(lock.parent) == first.process.pid
    lock.write_text(f"{os.getpid()} 1")
    assert locks.running(lock.parent) is None


def test_two_runs_at_once_do_not_disturb_each_other(home: Path, engines: Any) -> None:
    ids = [begin(home), begin(home)]
    both = [engines(run_id) for run_id in ids]
    both[0].count(3)
    both[0].process.kill()
    assert both[1].end() == 0
    assert [engine.load(home, run_id).status for run_id in ids] == ["Stopped", "Succeeded"]
    assert counted(home, ids[1]) == f"0..{COUNT}"


def test_a_log_can_be_read_while_the_job_runs(home: Path, engines: Any) -> None:
    run_id = begin(home)
    engines(run_id).count(1)
    (line, *_) = engine.log_of(home, run_id, "Train").read_text().splitlines()
    stamp, _, said = line.partition(" ")
    assert said.startswith("train begins")
    assert stamp.endswith("Z")
    assert stamp[10] == "T"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 256 KiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "glyphline-test", str(disk)]
    if os.geteuid() or shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no small disk can be mounted here: this needs root")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_is_said_and_the_run_can_be_resumed(small_disk: Path) -> None:
    home = small_disk / "home"
    run_id = begin(home, definition(training("A", "--write", "x=1"), training("B", "--write", "x=1")))
    filler = small_disk / "filler"
    with open(filler, "wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"x" * 4096)
    with pytest.raises(StateError, match=f"No space is left on the disk of .*resume the run {run_id}"):
        engine.execute(run_id, surroundings(home), lambda _: None)
    with pytest.raises(OSError, match="No space"):
        begin(home)
    filler.unlink()
    assert [one.id for one in engine.runs(home)] == [run_id]
    assert len(list((home / "runs").iterdir())) == 1, "what could not be begun is cleared away"
    assert engine.load(home, run_id).status == "Stopped"
    assert engine.execute(run_id, surroundings(home), lambda _: None).status == "Succeeded"


def test_a_disk_that_fills_while_a_job_runs(small_disk: Path) -> None:
    """The job's log cannot be written: the job is ended, not left to itself."""
    home = small_disk / "home"
    run_id = begin(home, definition(processing("A", "--flood", "200", "--sleep", "60")))
    begun_s = time.monotonic()
    with pytest.raises(StateError, match="No space is left"):
        engine.execute(run_id, surroundings(home), lambda _: None)
    assert time.monotonic() - begun_s < 30
    assert gone(home, run_id)
    assert engine.load(home, run_id).status == "Stopped"
