"""Keeps a run's state: every change is written to disk first, then told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

from pipelines.local.state import Run, Status, StepRun, forget_step, save, save_step


@dataclass(frozen=True, slots=True)
class Event:
    """Something happened: the run changed, one of its steps did, a job printed a line, or there is a note.

    `text` is the line, the note, or why a step is tried again.
    """

    kind: Literal["run", "step", "line", "note"]
    run: Run
    step: str | None = None
    text: str = ""


class Journal:
    """The run as it is now."""

    def __init__(self, run: Run, tell: Callable[[Event], None]) -> None:
        self.run = run
        self._tell = tell

    def resume(self) -> None:
        """Take back what was begun and did not succeed; the run goes on from there."""
        for name, step in self.run.steps.items():
            if step.status != "Succeeded":
                self.run = forget_step(self.run, name)
        self.run = replace(self.run, status="Executing", ended=None, reason=None, signal=None)
        save(self.run)
        self._tell(Event("run", self.run))

    def begin(self, name: str, step_type: str) -> None:
        """Note that a step begins."""
        self._step(StepRun(name, step_type, "Executing", started=datetime.now(UTC)))

    def again(self, name: str, why: str) -> None:
        """Note that a step is tried again."""
        step = self.run.steps[name]
        self._step(replace(step, attempts=step.attempts + 1), why)

    def end_step(
        self,
        name: str,
        status: Status,
        *,
        reason: str | None = None,
        result: Mapping[str, Any] | None = None,
        cached_from: str | None = None,
    ) -> None:
        """Note how a step ended."""
        step = replace(self.run.steps[name], status=status, ended=datetime.now(UTC), reason=reason)
        self._step(replace(step, result=result or {}, cached_from=cached_from))

    def end(self, status: Status, reason: str | None = None, signal: int | None = None) -> Run:
        """Note how the run ended; return it."""
        self.run = replace(self.run, status=status, ended=datetime.now(UTC), reason=reason, signal=signal)
        save(self.run)
        self._tell(Event("run", self.run))
        return self.run

    def note(self, text: str) -> None:
        """Tell what does not change the run."""
        self._tell(Event("note", self.run, text=text))

    def line(self, step: str, line: str) -> None:
        """Tell what a job printed."""
        self._tell(Event("line", self.run, step, line))

    def _step(self, step: StepRun, text: str = "") -> None:
        self.run = save_step(self.run, step)
        self._tell(Event("step", self.run, step.name, text))
