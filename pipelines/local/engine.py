"""Executes a run of a pipeline on this machine, from wherever it stands to its end.

What belongs to a run besides (`begin`, `load`, `runs`, `log_of`, `stop`) can be had from here, too.
"""

from __future__ import annotations

import asyncio
import errno
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from config.errors import StateError
from pipelines.local import locks
from pipelines.local.definition import Step
from pipelines.local.errors import StepError
from pipelines.local.graph import ready
from pipelines.local.journal import Event, Journal
from pipelines.local.processes import Stop
from pipelines.local.runs import begin, load, log_of, runs, stop
from pipelines.local.state import Run, read
from pipelines.local.steps import Outcome, Stage, StoppedError, Surroundings, perform

__all__ = ["Event", "Run", "Surroundings", "begin", "execute", "load", "log_of", "runs", "stop"]
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def execute(run_id: str, surroundings: Surroundings, tell: Callable[[Event], None]) -> Run:
    """Execute a run to its end, or until SIGINT or SIGTERM comes; return it as it is then.

    Steps that succeeded before keep their results; whatever was interrupted or failed is done again.
    Independent steps run at the same time. When one fails, those that run may finish, and no more are begun.
    On the first signal the jobs get SIGTERM and two minutes, on the second SIGKILL. To be called in the main
    thread.

    Raises:
        DefinitionError: there is no such run.
        StateError: it has succeeded, another process runs it, or the disk is full: it can then be resumed.
    """
    folder = load(surroundings.home, run_id).folder

    def note(text: str) -> None:
        tell(Event("note", read(folder), text=text))

    with _full_disk_told(surroundings.home, run_id), locks.alone(folder, note) as held, _signals_kept():
        run = read(folder)
        if run.status == "Succeeded":
            raise StateError(f"The run {run_id} has succeeded: there is nothing to resume. Start a new one.")
        return asyncio.run(_drive(run, surroundings, tell, held))


async def _drive(run: Run, surroundings: Surroundings, tell: Callable[[Event], None], held: int) -> Run:
    told, journal = Stop(), Journal(run, tell)
    for number in _SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, _hear, number, told, journal)
    journal.resume()
    stage = Stage(run.definition(), journal, surroundings, told, held)
    going: dict[asyncio.Task[Outcome], Step] = {}
    try:
        while True:
            failed = any(one.status == "Failed" for one in journal.run.steps.values())
            for step in [] if failed or told.leave.is_set() else _ready(stage):
                journal.begin(step.name, step.type)
                going[asyncio.create_task(perform(step, stage))] = step
            if not going:
                return _end(stage)
            done, _ = await asyncio.wait(going, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                _note_end(going.pop(task), task, stage)
    finally:
        if going:  # what went wrong is told once no job is left
            told.tell()
            await asyncio.wait(going)


def _hear(number: int, told: Stop, journal: Journal) -> None:
    again = told.leave.is_set()
    told.tell(number)
    seconds = f"{locks.LEAVING_S:.0f} s"
    journal.note("killing the jobs" if again else f"stopping: the jobs have {seconds}; once more kills them")


def _ready(stage: Stage) -> list[Step]:
    steps = stage.run.steps
    succeeded = {name for name, one in steps.items() if one.status == "Succeeded"}
    outcomes = {
        name: one.result["Outcome"] == "True" for name, one in steps.items() if "Outcome" in one.result
    }
    return ready(stage.definition, frozenset(steps), frozenset(succeeded), outcomes)


def _note_end(step: Step, task: asyncio.Task[Outcome], stage: Stage) -> None:
    try:
        outcome = task.result()
    except StoppedError:
        stage.journal.end_step(step.name, "Stopped")
    except StepError as error:
        stage.journal.end_step(step.name, "Failed", reason=str(error))
    else:
        stage.journal.end_step(step.name, "Succeeded", result=outcome.result, cached_from=outcome.cached_from)


def _end(stage: Stage) -> Run:
    """Note how the run ended, now that nothing goes on and nothing may begin."""
    steps = stage.run.steps.values()
    failed = next((one for one in steps if one.status == "Failed"), None)
    if failed is not None:
        return stage.journal.end("Failed", f"Step '{failed.name}' failed with message: {failed.reason}")
    if _ready(stage) or any(one.status == "Stopped" for one in steps):
        number = stage.stop.signal
        name = "a signal" if number is None else signal.Signals(number).name
        return stage.journal.end("Stopped", f"it was stopped by {name}", number)
    return stage.journal.end("Succeeded")


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Give the signals back to whom they were before: asyncio's own handlers leave the defaults behind."""
    if threading.current_thread() is not threading.main_thread():
        raise StateError("A run can be executed in the main thread only: it listens to signals.")
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _full_disk_told(home: Path, run_id: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        advice = f"Make room, then resume the run {run_id}."
        raise StateError(f"No space is left on the disk of {home}. {advice}") from error
