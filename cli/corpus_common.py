"""What the commands of `glyphline corpus` share: their sources, and what they say in the end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import typer

from cli import completion
from cli.output import facts_table, print_json, print_table, tell_next, tell_old, tell_problems

if TYPE_CHECKING:
    from corpus.ingest import Options, Outcome
    from corpus.snapshot import Description

UnicodeForm = Literal["NFC", "NFD", "NFKC", "NFKD"]  # as in config.family, whose import costs 0.1 s

OLD_SPELLING = {"allow_extra_args": True}
"""For commands that once took FORMAT before the place."""
_ON_A_PAGE = 2
"""Beyond so many samples an image, images are pages."""


def one_place(verb: str, places: list[str], format_name: str | None) -> tuple[str, str | None]:
    """Return the place and the format; FORMAT may still stand before the place, as it once did."""
    from cli.names import plain

    if len(places) == 2 and format_name is None:
        tell_old(f"corpus {verb} {places[0]} …", f"corpus {verb} … --format {places[0]}")
        format_name, places = places[0], places[1:]
    if len(places) > 1:
        raise typer.BadParameter(f"one place at a time, unlike {' and '.join(places)}")
    return plain(places[0]), format_name


def import_format(place: str, format_name: str | None) -> str:
    """Return the format of what is to be imported.

    Raises:
        InputError: none was said and not exactly one fits, or there is nothing to import.
    """
    from cli.names import format_of
    from config.errors import InputError, Problem

    chosen = format_of(place, format_name)
    if chosen is None:
        found, expected = "a snapshot, or nothing at all", "data in a format (glyphline corpus formats)"
        raise InputError(Problem("import.source", found, expected, "Check the path.", place))
    return chosen


def import_options(
    source: str | None,
    place: str,
    regions: bool,
    shares: tuple[float, float, float] | None,
    salt: str,
    form: UnicodeForm,
    workers: int,
) -> Options:
    """Return how to import what lies at `place`.

    Raises:
        InputError: the shares leave nothing for train.
    """
    from pydantic import ValidationError

    from config.errors import InputError, Problem
    from corpus.ingest import Options
    from corpus.splits import SplitPolicy

    val, test, golden = shares if shares is not None else (0.1, 0.1, 0.05)
    try:
        policy = SplitPolicy(val=val, test=test, golden=golden, salt=salt)
    except ValidationError as error:
        found, expected = f"val {val}, test {test}, golden {golden}", "shares that leave something for train"
        raise InputError(Problem("splits.shares", found, expected, "Lower one of them.")) from error
    return Options(source or name_of(place), policy, form, crop_regions=not regions, workers=workers)


def name_of(place: str) -> str:
    """Return the name that samples get by default: the folder's, or the file's without its ending."""
    from corpus.paths import as_path

    path = as_path(place)
    return path.stem if path.is_file() else path.resolve().name


def tell_examine(description: Description, place: str, made_of: str = "") -> None:
    """Say how to examine a snapshot: for the family of its task that is called most alike."""
    from difflib import SequenceMatcher

    names = [
        Path(one.partition("@")[0].rstrip("/")).name for one in (place, made_of, *description.sources) if one
    ]
    task = "detection" if description.samples > _ON_A_PAGE * (description.images or 0) else "recognition"
    families = completion.families_of(task)
    if families:
        best = max(
            families, key=lambda family: max(SequenceMatcher(None, one, family).ratio() for one in names)
        )
        tell_next("corpus", "examine", place, "--family", best)


def tell_outcome(outcome: Outcome, place: str, as_json: bool) -> None:
    """Print what came of an import, and the snapshot that it made."""
    tell_changes(outcome)
    tell_snapshot(outcome.snapshot.description, place, as_json)


def tell_changes(outcome: Outcome) -> None:
    """Print what could not be used, and how many samples were added."""
    tell_problems(outcome.problems, outcome.snapshot.folder / "problems.jsonl" if outcome.added else None)
    unchanged = f", {outcome.unchanged:,} there already" if outcome.unchanged else ""
    typer.echo(f"{outcome.added:,} samples added, {outcome.rejected:,} labels rejected{unchanged}", err=True)


def tell_snapshot(description: Description, place: str, as_json: bool) -> None:
    """Print what a snapshot holds."""
    if as_json:
        print_json(description.model_dump_json(indent=2).encode())
        return
    counts = ", ".join(f"{split} {count:,}" for split, count in description.counts.items())
    sources = ", ".join(f"{name} {count:,}" for name, count in description.sources.items())
    rows = [
        ("hash", description.hash),
        ("parents", ", ".join(parent[:12] for parent in description.parents) or "none"),
        ("samples", f"{description.samples:,} ({counts})"),
        ("images", "not counted" if description.images is None else f"{description.images:,}"),
        ("sources", sources),
        ("charset", f"{len(description.charset)} characters: {' '.join(description.charset)}"),
        ("Unicode form", description.unicode_form),
    ]
    print_table(facts_table(place, rows))
