"""Shows a run of a pipeline: a live tree on a terminal, plain lines in a pipe, a table at the end."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from pipelines.local.graph import unreachable

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text
    from rich.tree import Tree

    from pipelines.local.definition import Definition, Step
    from pipelines.local.engine import Event, Run
    from pipelines.local.state import StepRun

_MARKS = {
    "Executing": ("▶", "cyan"),
    "Succeeded": ("✓", "green"),
    "Failed": ("✗", "red"),
    "Stopped": ("■", "yellow"),
}
_REFRESHES_PER_S = 4
_PLAIN_EVERY_S = 5.0
"""How often a pipe gets the last line of a running job."""


@contextmanager
def viewing(run: Run) -> Iterator[Callable[[Event], None]]:
    """Show `run` on standard error while it goes; yield what the engine is to tell its events to."""
    if not sys.stderr.isatty():
        yield _Plain().tell
        return
    from rich.console import Console
    from rich.live import Live

    view = _LiveTree(run)
    console = Console(stderr=True)
    with Live(get_renderable=view.tree, console=console, refresh_per_second=_REFRESHES_PER_S):
        yield view.tell


def table_of(run: Run) -> Table:
    """Return the steps of a run that have begun, with their times."""
    from rich.table import Table
    from rich.text import Text

    table = Table("step", "status", "time", "why", title=f"{run.id}: {run.status}", title_justify="left")
    for step in run.steps.values():
        status = Text(step.status, _MARKS[step.status][1])
        table.add_row(step.name, status, _took(step), Text(_remark(step)))
    return table


class _LiveTree:
    """What the terminal shows; the engine's events change it, and a thread of Rich's draws it."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._definition: Definition = run.definition()
        self._lines: dict[str, str] = {}
        self._note = ""

    def tell(self, event: Event) -> None:
        """Take note of an event."""
        self._run = event.run
        if event.kind == "line" and event.step is not None and event.text.strip():
            self._lines[event.step] = event.text.strip()
        if event.kind == "note" or (event.kind == "step" and event.text):
            self._note = event.text

    def tree(self) -> Tree:
        """Return the run as it is now, steps behind a condition below it."""
        from rich.text import Text
        from rich.tree import Tree

        run = self._run
        title = Text.assemble((run.id, "bold"), f"  {_elapsed(run.started, run.ended)}")
        if self._note:
            title.append(f"\n{self._note}", "yellow")
        tree = Tree(title)
        branches: dict[str, Tree] = {}
        gone = unreachable(self._definition, _outcomes(run))
        for step in self._definition.steps:
            parent = tree if step.branch is None else branches[step.branch.condition]
            branches[step.name] = parent.add(self._label(step, gone), highlight=False)
        return tree

    def _label(self, step: Step, gone: frozenset[str]) -> Text:
        from rich.text import Text

        begun = self._run.steps.get(step.name)
        if begun is None:
            mark, style = ("–", "dim strike") if step.name in gone else ("·", "dim")
            return Text(f"{mark} {step.name}", style)
        mark, style = _MARKS[begun.status]
        words = [_took(begun), _remark(begun)]
        if begun.status == "Executing":
            words.append(self._lines.get(step.name, ""))
        label = Text(f"{mark} ", style, no_wrap=True, overflow="ellipsis")
        label.append(f"{step.name}  ", "bold")
        return label.append(
            "  ".join(word for word in words if word), "dim" if begun.reason is None else "red"
        )


class _Plain:
    """Lines for a pipe: every change of a step, and now and then what a job says."""

    def __init__(self) -> None:
        self._told_s: dict[str, float] = {}

    def tell(self, event: Event) -> None:
        """Print an event, if it is one to print."""
        if event.step is None:
            self._print(event.text or f"{event.run.id}: {event.run.status}")
            return
        step = event.run.steps[event.step]
        if event.kind == "line":
            if time.monotonic() - self._told_s[event.step] >= _PLAIN_EVERY_S:
                self._told_s[event.step] = time.monotonic()
                self._print(f"{step.name}: {event.text}")
            return
        self._told_s[event.step] = time.monotonic()
        words = [event.text or step.status, "" if step.ended is None else _took(step), _remark(step)]
        self._print(f"{step.name}: " + "  ".join(word for word in words if word))

    def _print(self, text: str) -> None:
        typer.echo(f"{datetime.now(UTC):%H:%M:%S} {text}", err=True)


def _outcomes(run: Run) -> dict[str, bool]:
    return {
        name: step.result["Outcome"] == "True" for name, step in run.steps.items() if "Outcome" in step.result
    }


def _remark(step: StepRun) -> str:
    if step.reason is not None:
        return step.reason
    if step.cached_from is not None:
        return f"cached from {step.cached_from}"
    if "Outcome" in step.result:
        return "holds" if step.result["Outcome"] == "True" else "does not hold"
    return f"attempt {step.attempts}" if step.attempts > 1 else ""


def _took(step: StepRun) -> str:
    return _elapsed(step.started, step.ended)


def _elapsed(start: datetime, end: datetime | None) -> str:
    seconds = ((end or datetime.now(UTC)) - start).total_seconds()
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
