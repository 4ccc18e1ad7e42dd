"""What every command prints the same way: progress, problems and answers for other programs."""

from __future__ import annotations

import os
import shlex
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from config.home import HOME_VARIABLE

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
    began = last = time.monotonic()

    def tell(done: int, total: int | None) -> None:
        nonlocal last
        if time.monotonic() - last >= _PLAIN_EVERY_S:
            last = time.monotonic()
            of = f" of {total:,}{_left(done, total, last - began)}" if total else ""
            typer.echo(f"{title}: {done:,}{of}", err=True)

    return tell


def _left(done: int, total: int, elapsed_s: float) -> str:
    """Return about how long the rest takes, if anything is known of that."""
    if not 0 < done < total:
        return ""
    minutes, seconds = divmod(round(elapsed_s * (total - done) / done), 60)
    return f", about {minutes}:{seconds:02} left"


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


def tell_next(*words: object) -> None:
    """Say on standard error what to do next: a command that can be pasted, as the last line."""
    typer.echo(f"next: {command(*words)}", err=True)


def command(*words: object) -> str:
    """Return a command of Glyphline's as it is typed here: quoted, and with the home that is in use."""
    where = os.environ.get(HOME_VARIABLE)
    home = "" if where is None else f"{HOME_VARIABLE}={shlex.quote(where)} "
    return f"{home}glyphline {shlex.join(map(str, words))}"


def shown(path: Path) -> Path:
    """Return `path` as a person would write it here: without the current folder's own."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) and path != here else path


def tell_old(old: str, new: str) -> None:
    """Warn of a spelling that goes with the next release."""
    typer.secho("warning: ", fg="yellow", err=True, nl=False)
    typer.echo(f"`{old}` is now `{new}`; the old spelling goes with the next release.", err=True)


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
