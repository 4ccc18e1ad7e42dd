"""How a job begins and ends: signals, the failure file, the exit code."""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from config.errors import GlyphlineError, InputError, StateError
from config.protocol import ML_ROOT_VARIABLE
from containers.common.contract import Job, current_job

FAILURE_BYTES = 1024
"""SageMaker cuts ``FailureReason`` and ``ExitMessage`` there."""
DONE, FAILED, CALLERS_MISTAKE = 0, 1, 2

Main = Callable[[Job, "Stop"], None]
"""What a job does."""


class StoppedError(GlyphlineError):
    """The job was told to leave, and there is nothing to keep."""


class Stop:
    """Whether the job was told to leave: on a spot interruption SIGTERM comes, and two minutes remain."""

    def __init__(self) -> None:
        self._told = threading.Event()
        self.signal: int | None = None
        """The signal that said so."""

    def listen(self) -> None:
        """Take SIGTERM and SIGINT as the word to leave; a second one ends the process at once."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._hear)

    def tell(self) -> None:
        """Say that the job is to leave."""
        self._told.set()

    def check(self) -> None:
        """Leave from wherever this is called, if the job was told to.

        Raises:
            StoppedError: it was.
        """
        if self:
            raise StoppedError("told to stop")

    def __bool__(self) -> bool:
        return self._told.is_set()

    def _hear(self, number: int, _frame: FrameType | None) -> None:
        self.signal = number
        self._told.set()
        signal.signal(number, signal.SIG_DFL)


@contextmanager
def signals_kept() -> Iterator[None]:
    """Let no import take SIGTERM and SIGINT for itself, as Paddle's does, nor lose one meanwhile."""
    numbers = (signal.SIGTERM, signal.SIGINT)
    if threading.current_thread() is not threading.main_thread():  # no other may set them
        yield
        return
    before = {number: signal.getsignal(number) for number in numbers}
    signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, numbers)


def run(main: Main, job: Job | None = None) -> int:
    """Run `main`; return the exit code (0 done or stopped, 1 failed, 2 the caller's mistake).

    Whatever goes wrong is one readable sentence in `Job.failure`; only what nobody foresaw also leaves its
    traceback in the log.
    """
    job = job or current_job()
    stop = Stop()
    stop.listen()
    try:
        main(job, stop)
    except Exception as error:  # noqa: BLE001 - the edge of the process: every error becomes a sentence
        if not isinstance(error, GlyphlineError):
            traceback.print_exc()
        sentence = describe(error)
        _tell(job.failure, sentence)
        mistaken = isinstance(error, InputError | StateError)
        return CALLERS_MISTAKE if mistaken else FAILED
    return DONE


def describe(error: Exception) -> str:
    """Return `error` as one sentence of at most 1,024 bytes, saying what to do where that is known."""
    if isinstance(error, GlyphlineError):
        sentence = str(error)
    elif isinstance(error, OSError) and error.errno == errno.ENOSPC:
        sentence = _full_disk(error.filename)
    elif isinstance(error, MemoryError):
        sentence = "the job ran out of memory. Lower batch_size, or take a larger instance."
    else:
        sentence = (
            f"{type(error).__name__}: {error}. This was not foreseen: the traceback is in the job's log."
        )
    sentence = " ".join(sentence.split())
    data = sentence.encode()
    if len(data) <= FAILURE_BYTES:
        return sentence
    return data[: FAILURE_BYTES - len("…".encode())].decode(errors="ignore") + "…"  # no half characters


def _full_disk(path: str | None) -> str:
    root = os.environ.get(ML_ROOT_VARIABLE)
    if root is None:
        place = f" ({path})" if path else ""
        return f"no space is left on the disk{place}. Give the job a larger volume (VolumeSizeInGB)."
    place = path or f"{root} or the temporary folder"
    return f"no space is left on the disk of {place}. Make room, then go on with `glyphline pipeline resume`."


def _tell(path: Path, sentence: str) -> None:
    sys.stderr.write(f"error: {sentence}\n")
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(sentence, encoding="utf-8")
        partial.replace(path)
    except OSError as error:  # a full disk must not hide why the job failed: the log has it
        sys.stderr.write(f"{path} could not be written: {error.strerror}\n")
