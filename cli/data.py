"""Turns data in somebody's format into a snapshot of this machine, for commands that need one."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from cli import names
from cli.output import progress, tell_problems

if TYPE_CHECKING:
    from config.family import Family

_KEPT = "imported"
"""Where such snapshots stay, each under its hash: the folder below `config.home.home()`."""
_HASH_DIGITS = 12


def snapshot_of(said: str, format_name: str | None, family: Family) -> str:
    """Return the reference of the snapshot at `said`, or of the one that its data make for `family`.

    Without a format, data that are no snapshot have the one that fits. The same data make the same snapshot.

    Raises:
        InputError: there is no such format, or the data cannot be used.
    """
    chosen = names.format_of(said, format_name)
    return names.plain(said) if chosen is None else _imported(names.plain(said), chosen, family)


def _imported(place: str, format_name: str, family: Family) -> str:
    from config.home import home
    from corpus.formats import read
    from corpus.ingest import Options, import_records
    from corpus.paths import as_path
    from corpus.snapshot import is_snapshot

    source = as_path(place)
    options = Options(
        source.stem if source.is_file() else source.resolve().name,
        form=family.unicode_form,
        crop_regions=family.unit == "sample",
    )
    kept = home() / _KEPT
    kept.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept, prefix=".") as scratch, progress("importing") as tell:
        outcome = import_records(read(format_name, source), as_path(Path(scratch) / "new"), options, tell)
        description = outcome.snapshot.description
        target = kept / description.hash[:_HASH_DIGITS]
        if not is_snapshot(as_path(target)):  # processes that train together all come here
            try:
                (Path(scratch) / "new").rename(target)
            except OSError:
                if not is_snapshot(as_path(target)):
                    raise
    tell_problems(outcome.problems, target / "problems.jsonl")
    typer.echo(f"note: {place} is the snapshot {target}, {description.samples:,} samples", err=True)
    return str(target)
