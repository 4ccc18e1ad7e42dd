"""`glyphline corpus`: make, import, grow, examine, export and show snapshots."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cli.output import facts_table, print_json, print_table, progress, tell_problems

if TYPE_CHECKING:
    from collections.abc import Iterator

    from corpus.examine import Examination
    from corpus.examine.asks import Asks
    from corpus.ingest import Options, Outcome
    from corpus.snapshot import Description

app = typer.Typer(
    help="Datasets: synthesis, import and export, examination, snapshots.", no_args_is_help=True
)

UnicodeForm = Literal["NFC", "NFD", "NFKC", "NFKD"]  # as in config.family, whose import costs 0.1 s

SnapshotArgument = Annotated[
    str, typer.Argument(help="A snapshot's folder, or FOLDER@HASH for an earlier one.", show_default=False)
]
Out = Annotated[str, typer.Option(help="The folder to make (local or s3://); it must not exist.")]
Workers = Annotated[int, typer.Option(min=0, help="Processes; 0: one for each core.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document to standard output.")]
SourceName = Annotated[
    str | None,
    typer.Option("--source", help="The name the samples' ids begin with; default: the folder's name."),
]
NormaliseNames = Annotated[
    bool,
    typer.Option("--normalise-names", help="classes: name files class_N.ext, the original kept in meta."),
]


@app.command()
def synth(
    recipe: Annotated[str, typer.Argument(help="A recipe's name (see `corpus recipes`) or a YAML file.")],
    out: Out,
    count: Annotated[int, typer.Option(min=1, help="How many images to draw.")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
    workers: Workers = 0,
    as_json: AsJson = False,
) -> None:
    """Draw labelled images with real fonts, and a contact sheet to look at.

    Example: `glyphline corpus synth pid-tags --count 2000 --seed 7 --out data/tags`
    """
    from corpus.paths import as_path
    from corpus.synthesis import load_recipe, synthesise

    with progress("drawing") as tell:
        snapshot = synthesise(
            load_recipe(recipe), count=count, seed=seed, out=as_path(out), workers=workers, progress=tell
        )
    _tell_snapshot(snapshot.description, out, as_json)
    typer.echo(f"To look at: {snapshot.folder / 'contact-sheet.png'}", err=True)


@app.command(name="import")
def import_(
    format_name: Annotated[str, typer.Argument(metavar="FORMAT", help="See `corpus formats`.")],
    source_path: Annotated[
        str, typer.Argument(metavar="SOURCE", help="The folder or file (local or s3://).")
    ],
    out: Out,
    source: SourceName = None,
    regions: Annotated[
        bool,
        typer.Option("--regions", help="Keep whole pages with their regions; default: cut line images out."),
    ] = False,
    normalise_names: NormaliseNames = False,
    val: Annotated[float, typer.Option(min=0, max=1, help="Share of groups for validation.")] = 0.1,
    test: Annotated[float, typer.Option(min=0, max=1, help="Share of groups for test.")] = 0.1,
    golden: Annotated[
        float, typer.Option(min=0, max=1, help="Share of groups frozen as golden slice.")
    ] = 0.05,
    salt: Annotated[str, typer.Option(help="Another salt, another split of the same groups.")] = "",
    form: Annotated[
        UnicodeForm, typer.Option(help="The Unicode normal form that texts are brought into.")
    ] = "NFC",
    workers: Workers = 0,
    as_json: AsJson = False,
) -> None:
    """Read a dataset in somebody's format into a new snapshot; what cannot be used is named, line by line.

    Example: `glyphline corpus import sroie downloads/sroie --out data/receipts`
    """
    from corpus.formats import read
    from corpus.ingest import import_records
    from corpus.paths import as_path

    options = _options(source, source_path, regions, (val, test, golden), salt, form, workers)
    items = read(format_name, as_path(source_path), normalise_names=normalise_names)
    with progress("importing") as tell:
        outcome = import_records(items, as_path(out), options, tell)
    _tell_outcome(outcome, out, as_json)


@app.command()
def add(
    snapshot: Annotated[str, typer.Argument(help="The folder of the snapshot.", show_default=False)],
    sources: Annotated[list[str], typer.Argument(metavar="SOURCE…", help="Snapshots, or data in --format.")],
    format_name: Annotated[
        str | None, typer.Option("--format", help="The format of SOURCE; without it, SOURCE is a snapshot.")
    ] = None,
    source: SourceName = None,
    regions: Annotated[bool, typer.Option("--regions", help="Keep whole pages with their regions.")] = False,
    normalise_names: NormaliseNames = False,
    workers: Workers = 0,
    as_json: AsJson = False,
) -> None:
    """Grow a snapshot; only new images are read and written, old samples keep their split, golden is frozen.

    Example: `glyphline corpus add data/receipts downloads/more --format sroie`
    """
    from corpus.formats import get, read
    from corpus.ingest import add_records, add_snapshot
    from corpus.paths import as_path
    from corpus.snapshot import open_snapshot

    if format_name is None:  # what cannot be opened is said before anything is added
        others = [open_snapshot(place) for place in sources]
    else:
        get(format_name, normalise_names=normalise_names)
    for number, place in enumerate(sources):
        parent = open_snapshot(snapshot)
        with progress(f"adding {place}") as tell:
            if format_name is None:
                outcome = add_snapshot(parent, others[number], tell)
            else:
                options = _options(source, place, regions, None, "", parent.description.unicode_form, workers)
                items = read(format_name, as_path(place), normalise_names=normalise_names)
                outcome = add_records(parent, items, options, tell)
        _tell_changes(outcome)
        if outcome.rejected and not outcome.added + outcome.unchanged:
            raise typer.Exit(2)
    _tell_snapshot(outcome.snapshot.description, snapshot, as_json)


@app.command()
def export(
    format_name: Annotated[str, typer.Argument(metavar="FORMAT", help="See `corpus formats`.")],
    snapshot: SnapshotArgument,
    out: Out,
) -> None:
    """Write a snapshot in somebody's format; what the format cannot hold is refused, not lost.

    Example: `glyphline corpus export paddle-rec data/receipts --out data/receipts-paddle`
    """
    from corpus.formats import write
    from corpus.paths import as_path
    from corpus.snapshot import open_snapshot

    opened = open_snapshot(snapshot)
    write(format_name, opened, as_path(out))
    typer.echo(f"{opened.description.samples:,} samples as {format_name} in {out}")


@app.command()
def cut(
    snapshot: SnapshotArgument,
    out: Out,
    texts: Annotated[
        bool, typer.Option("--texts", help="Only regions with a text: leaves out the symbols of a drawing.")
    ] = False,
    workers: Workers = 0,
    as_json: AsJson = False,
) -> None:
    """Cut the regions of whole pages into a new snapshot of upright line images; ids and splits stay.

    Example: `glyphline corpus cut data/drawings --texts --out data/drawing-lines`
    """
    from corpus.cutting import cut_regions
    from corpus.paths import as_path
    from corpus.snapshot import open_snapshot

    with progress("cutting") as tell:
        opened = open_snapshot(snapshot)
        outcome = cut_regions(opened, as_path(out), texts_only=texts, workers=workers, progress=tell)
    _tell_outcome(outcome, out, as_json)


@app.command()
def examine(
    snapshot: Annotated[
        str, typer.Argument(help="A snapshot's folder, a manifest.jsonl, or with --format any dataset.")
    ],
    family: Annotated[
        str, typer.Option(help="The family whose model shall learn from this (config/families/).")
    ],
    format_name: Annotated[
        str | None, typer.Option("--format", help="Examine a dataset before importing it.")
    ] = None,
    charset: Annotated[
        str | None,
        typer.Option(help="A charset file to hold the labels against; default: the family's, or the data's."),
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Write a self-contained HTML report here.")] = None,
    cache: Annotated[Path, typer.Option(help="What was examined before is not decoded again.")] = Path(
        ".glyphline/examined.sqlite"
    ),
    workers: Workers = 0,
    as_json: AsJson = False,
) -> None:
    """Say whether a dataset can work, and the best that any training could reach on it.

    With --format, a family that answers whole pages is shown pages, others line images.
    Exit code 0: nothing speaks against training; 1: something does; 2: it could not be examined.

    Example: `glyphline corpus examine data/receipts --family receipt-rec --report report.html`
    """
    from config.tasks import load_family
    from corpus.examine.report import write_html
    from corpus.examine.summary import summary_lines
    from corpus.paths import as_path
    from tasks import task_of

    task = task_of(load_family(family))
    with _examined(snapshot, format_name, task, charset, cache, workers) as result:
        if report is not None:
            write_html(result, as_path(report))
    if as_json:
        print_json(result.as_json())
    else:
        for line in summary_lines(result):
            typer.echo(line)
    if report is not None:
        typer.echo(f"Report: {report}", err=True)
    raise typer.Exit(0 if result.passed else 1)


@app.command()
def show(snapshot: SnapshotArgument, as_json: AsJson = False) -> None:
    """Print what a snapshot holds: counts by split and source, charset, hash and parents.

    Example: `glyphline corpus show data/receipts`
    """
    from corpus.snapshot import open_snapshot

    _tell_snapshot(open_snapshot(snapshot).description, snapshot, as_json)


@app.command()
def formats() -> None:
    """List the formats that can be imported and exported, with their layouts.

    Example: `glyphline corpus formats`
    """
    from corpus.formats import get, names

    for name in names():
        one = get(name)
        ways = "import and export" if one.write else "import"
        typer.secho(f"{name}", bold=True, nl=False)
        typer.echo(f"  {one.summary} ({ways})")
        for line in one.layout.splitlines():
            typer.echo(f"    {line}")


@app.command()
def recipes() -> None:
    """List the recipes for synthetic images.

    Example: `glyphline corpus recipes`
    """
    from corpus.synthesis import load_recipe, recipe_names

    for name in recipe_names():
        typer.secho(f"{name:<20}", bold=True, nl=False)
        typer.echo(load_recipe(name).description)


def _options(
    source: str | None,
    place: str,
    regions: bool,
    shares: tuple[float, float, float] | None,
    salt: str,
    form: UnicodeForm,
    workers: int,
) -> Options:
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
    return Options(source or _name_of(place), policy, form, crop_regions=not regions, workers=workers)


@contextmanager
def _examined(
    place: str, format_name: str | None, task: Asks, charset: str | None, cache: Path, workers: int
) -> Iterator[Examination]:
    """Give the examination of the snapshot or manifest at `place`, or of a dataset in a format."""
    from corpus.examine import examine
    from corpus.examine.unimported import examined
    from corpus.formats import read
    from corpus.paths import as_path

    charset_path = as_path(charset) if charset else None
    with progress("examining") as tell:
        if format_name is None:
            yield examine(place, task, charset=charset_path, cache=cache, workers=workers, progress=tell)
            return
        with examined(
            read(format_name, as_path(place)),
            task,
            name=_name_of(place),
            reference=place,
            charset=charset_path,
            cache=cache,
            workers=workers,
            progress=tell,
        ) as result:
            yield result


def _name_of(place: str) -> str:
    """Return the name that samples get by default: the folder's, or the file's without its ending."""
    from corpus.paths import as_path

    path = as_path(place)
    return path.stem if path.is_file() else path.resolve().name


def _tell_outcome(outcome: Outcome, place: str, as_json: bool) -> None:
    _tell_changes(outcome)
    _tell_snapshot(outcome.snapshot.description, place, as_json)


def _tell_changes(outcome: Outcome) -> None:
    tell_problems(outcome.problems, outcome.snapshot.folder / "problems.jsonl" if outcome.added else None)
    unchanged = f", {outcome.unchanged:,} there already" if outcome.unchanged else ""
    typer.echo(f"{outcome.added:,} samples added, {outcome.rejected:,} labels rejected{unchanged}", err=True)


def _tell_snapshot(description: Description, place: str, as_json: bool) -> None:
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
