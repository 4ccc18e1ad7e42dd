"""What every command prints the same way: progress, problems and answers for other programs."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from config.errors import Problem

_PLAIN_EVERY_S = 5.0
_SHOWN_PROBLEMS = 10


@contextmanager
def progress(title: str) -> Iterator[Callable[[int, int | None], None]]:
    """Show progress on standard error: a bar on a terminal, a plain line every few seconds in a pipe."""
    if not sys.stderr.isatty():
        yield _plain_progress(title)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(title), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _plain_progress(title: str) -> Callable[[int, int | None], None]:
    last = time.monotonic()

    def tell(done: int, total: int | None) -> None:
        nonlocal last
        if time.monotonic() - last >= _PLAIN_EVERY_S:
            last = time.monotonic()
            typer.echo(f"{title}: {done:,}" + (f" of {total:,}" if total else ""), err=True)

    return tell


def tell_problems(problems: Sequence[Problem], where: object | None) -> None:
    """Print problems to standard error, errors first: the first of them if `where` holds them all."""
    ordered = sorted(problems, key=lambda problem: problem.severity != "error")
    shown = len(ordered) if where is None else _SHOWN_PROBLEMS
    for problem in ordered[:shown]:
        colour = "red" if problem.severity == "error" else "yellow"
        typer.secho(
            "rejected: " if problem.severity == "error" else "warning: ", fg=colour, err=True, nl=False
        )
        typer.echo(str(problem), err=True)
    if len(ordered) > shown:
        typer.echo(f"… and {len(ordered) - shown:,} more, all in {where}", err=True)


def print_json(data: bytes) -> None:
    """Print one JSON document to standard output, and nothing else."""
    sys.stdout.buffer.write(data.rstrip(b"\n") + b"\n")
    sys.stdout.flush()


def print_table(table: Table) -> None:
    """Print a table to standard output; in a pipe as wide as it is, so that nothing is cut off."""
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        console = Console(width=max(console.width, console.measure(table).maximum))
    console.print(table)


def runs_table(rows: Sequence[tuple[str, str, str, str]]) -> Table:
    """Return a table of runs: which, when, how and why; only the reason is cut where there is no room."""
    from rich.table import Table

    table = Table()
    for number, name in enumerate(("run", "started", "status")):
        table.add_column(name, no_wrap=True, min_width=max((len(row[number]) for row in rows), default=0))
    table.add_column("why", no_wrap=True, overflow="ellipsis", ratio=1)
    for row in rows:
        table.add_row(*row)
    return table


def facts_table(title: str, rows: Sequence[tuple[str, str]]) -> Table:
    """Return a table of names and values."""
    from rich.table import Table

    table = Table(title=title, title_justify="left", show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(name, value)
    return table
