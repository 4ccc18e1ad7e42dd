"""`glyphline corpus`: make, import, grow, examine, export and show snapshots."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli import completion
from cli.corpus_common import (
    OLD_SPELLING,
    UnicodeForm,
    import_format,
    import_options,
    name_of,
    one_place,
    tell_changes,
    tell_examine,
    tell_outcome,
    tell_snapshot,
)
from cli.options import AsJson, FamilyOption, FormatOption, OutFolder, ReportOption, SnapshotArgument
from cli.options import WorkersOption as Workers
from cli.output import print_json, progress, tell_next

if TYPE_CHECKING:
    from collections.abc import Iterator

    from corpus.examine import Examination
    from corpus.examine.asks import Asks

app = typer.Typer(help="Datasets: draw, import, grow, examine and export them.", no_args_is_help=True)

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
    recipe: Annotated[
        str,
        typer.Argument(
            metavar="RECIPE",
            help="A recipe's name (see `corpus recipes`) or a YAML file.",
            autocompletion=completion.drawings,
        ),
    ],
    out: OutFolder,
    count: Annotated[int, typer.Option(min=1, help="How many images to draw.")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
    workers: Workers = 0,
    as_json: AsJson = False,
) -> None:
    """Draw labelled images with real fonts, and a sheet to look at.

    Example: `glyphline corpus synth pid-tags --count 2000 --seed 7 --out data/tags`
    """
    from corpus.paths import as_path
    from corpus.synthesis import load_recipe, synthesise

    with progress("drawing") as tell:
        snapshot = synthesise(
            load_recipe(recipe), count=count, seed=seed, out=as_path(out), workers=workers, progress=tell
        )
    tell_snapshot(snapshot.description, out, as_json)
    typer.echo(f"To look at: {snapshot.folder / 'contact-sheet.png'}", err=True)
    tell_examine(snapshot.description, out, recipe)


@app.command(name="import", context_settings=OLD_SPELLING)
def import_(
    context: typer.Context,
    place: Annotated[
        str,
        typer.Argument(metavar="SOURCE", help="The folder or file (local or s3://).", show_default=False),
    ],
    out: OutFolder,
    format_name: FormatOption = None,
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
    """Read a dataset in somebody's format into a new snapshot.

    What cannot be used is named, line by line. Without --format, the one that fits is taken, and said.

    Example: `glyphline corpus import downloads/sroie --format sroie --out data/receipts`
    """
    from corpus.formats import read
    from corpus.ingest import import_records
    from corpus.paths import as_path

    source_path, said = one_place("import", [place, *context.args], format_name)
    options = import_options(source, source_path, regions, (val, test, golden), salt, form, workers)
    chosen = import_format(source_path, said)
    items = read(chosen, as_path(source_path), normalise_names=normalise_names)
    with progress("importing") as tell:
        outcome = import_records(items, as_path(out), options, tell)
    tell_outcome(outcome, out, as_json)
    tell_examine(outcome.snapshot.description, out, source_path)


@app.command()
def add(
    snapshot: SnapshotArgument,
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE…", help="Snapshots, or data in a format.", autocompletion=completion.snapshots
        ),
    ],
    format_name: FormatOption = None,
    source: SourceName = None,
    regions: Annotated[bool, typer.Option("--regions", help="Keep whole pages with their regions.")] = False,
    normalise_names: NormaliseNames = False,
    workers: Workers = 0,
    as_json: AsJson = False,
) -> None:
    """Grow a snapshot by another, or by data in somebody's format.

    Only new images are read and written; old samples keep their split, golden is frozen.

    Example: `glyphline corpus add data/receipts downloads/more --format sroie`
    """
    from cli import names
    from corpus.formats import get, read
    from corpus.ingest import add_records, add_snapshot
    from corpus.paths import as_path

    places = [names.plain(one) for one in sources]
    formats_of = [names.format_of(one, format_name) for one in places]
    # what cannot be opened is said before anything is added
    others = [
        names.snapshot(one) if kind is None else None for one, kind in zip(places, formats_of, strict=True)
    ]
    for kind in formats_of:
        if kind is not None:
            get(kind, normalise_names=normalise_names)
    for place, kind, other in zip(places, formats_of, others, strict=True):
        parent = names.snapshot(snapshot)
        with progress(f"adding {place}") as tell:
            if kind is None:
                assert other is not None
                outcome = add_snapshot(parent, other, tell)
            else:
                grown = import_options(
                    source, place, regions, None, "", parent.description.unicode_form, workers
                )
                items = read(kind, as_path(place), normalise_names=normalise_names)
                outcome = add_records(parent, items, grown, tell)
        tell_changes(outcome)
        if outcome.rejected and not outcome.added + outcome.unchanged:
            raise typer.Exit(2)
    tell_snapshot(outcome.snapshot.description, snapshot, as_json)
    tell_examine(outcome.snapshot.description, snapshot)


@app.command(context_settings=OLD_SPELLING)
def export(
    context: typer.Context,
    place: SnapshotArgument,
    out: OutFolder,
    format_name: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="The format to write: see `corpus formats`.",
            autocompletion=completion.formats,
        ),
    ] = None,
) -> None:
    """Write a snapshot in somebody's format.

    What the format cannot hold is refused, not lost.

    Example: `glyphline corpus export data/receipts --format paddle-rec --out data/receipts-paddle`
    """
    from cli.names import snapshot
    from corpus.formats import write
    from corpus.paths import as_path

    said, chosen = one_place("export", [place, *context.args], format_name)
    if chosen is None:
        raise typer.BadParameter(
            "say the format to write (see: glyphline corpus formats)", param_hint="--format"
        )
    opened = snapshot(said)
    write(chosen, opened, as_path(out))
    typer.echo(f"{opened.description.samples:,} samples as {chosen} in {out}")


@app.command()
def cut(
    snapshot: SnapshotArgument,
    out: OutFolder,
    texts: Annotated[
        bool, typer.Option("--texts", help="Only regions with a text: leaves out the symbols of a drawing.")
    ] = False,
    workers: Workers = 0,
    as_json: AsJson = False,
) -> None:
    """Cut whole pages into a new snapshot of upright line images.

    Each region becomes one; ids and splits stay.

    Example: `glyphline corpus cut data/drawings --texts --out data/drawing-lines`
    """
    from cli import names
    from corpus.cutting import cut_regions
    from corpus.paths import as_path

    with progress("cutting") as tell:
        opened = names.snapshot(snapshot)
        outcome = cut_regions(opened, as_path(out), texts_only=texts, workers=workers, progress=tell)
    tell_outcome(outcome, out, as_json)
    tell_examine(outcome.snapshot.description, out, snapshot)


@app.command()
def examine(
    snapshot: Annotated[
        str,
        typer.Argument(
            metavar="DATA",
            help="A snapshot (FOLDER or FOLDER@HASH), a manifest.jsonl, or data in a format.",
            autocompletion=completion.snapshots,
        ),
    ],
    family: FamilyOption,
    format_name: FormatOption = None,
    charset: Annotated[
        str | None,
        typer.Option(help="A charset file to hold the labels against; default: the family's, or the data's."),
    ] = None,
    report: ReportOption = None,
    cache: Annotated[Path, typer.Option(help="What was examined before is not decoded again.")] = Path(
        ".glyphline/examined.sqlite"
    ),
    workers: Workers = 0,
    as_json: AsJson = False,
) -> None:
    """Say whether a model can learn from a dataset, and how well.

    The best that any training could reach on it is told, too. Data in a format need not be imported first;
    a family that answers whole pages is shown pages, others line images.
    Exit code 0: nothing speaks against training; 1: something does; 2: it could not be examined.

    Example: `glyphline corpus examine data/receipts --family receipt-rec --report report.html`
    """
    from cli import names
    from config.tasks import load_family
    from corpus.examine.report import write_html
    from corpus.examine.summary import summary_lines
    from corpus.paths import as_path
    from tasks import task_of

    task = task_of(load_family(family))
    is_manifest = format_name is None and as_path(names.plain(snapshot)).name == "manifest.jsonl"
    chosen = None if is_manifest else names.format_of(snapshot, format_name)
    with _examined(snapshot, chosen, task, charset, cache, workers) as result:
        if report is not None:
            write_html(result, as_path(report))
    if as_json:
        print_json(result.as_json())
    else:
        for line in summary_lines(result):
            typer.echo(line)
    if report is not None:
        typer.echo(f"Report: {report}", err=True)
    if chosen is not None:
        tell_next("corpus", "import", snapshot, "--format", chosen, "--out", f"{name_of(snapshot)}-snapshot")
    elif result.passed and not is_manifest:
        tell_next("pipeline", "run", "--family", family, "--data", snapshot)
    elif report is None:
        tell_next("corpus", "examine", snapshot, "--family", family, "--report", "examined.html")
    raise typer.Exit(0 if result.passed else 1)


@app.command()
def show(snapshot: SnapshotArgument, as_json: AsJson = False) -> None:
    """Print what a snapshot holds: counts, charset, hash and parents.

    Example: `glyphline corpus show data/receipts`
    """
    from cli import names

    description = names.snapshot(snapshot).description
    tell_snapshot(description, snapshot, as_json)
    tell_examine(description, snapshot)


@app.command()
def formats() -> None:
    """List the formats of datasets, with their layouts.

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


@contextmanager
def _examined(
    place: str, format_name: str | None, task: Asks, charset: str | None, cache: Path, workers: int
) -> Iterator[Examination]:
    """Give the examination of the snapshot or manifest at `place`, or of a dataset in a format."""
    from cli.names import plain, snapshot_named
    from corpus.examine import examine
    from corpus.examine.unimported import examined
    from corpus.formats import read
    from corpus.paths import as_path

    charset_path = as_path(charset) if charset else None
    with progress("examining") as tell:
        if format_name is None:
            with snapshot_named(place) as reference:
                result = examine(
                    reference, task, charset=charset_path, cache=cache, workers=workers, progress=tell
                )
            yield result
            return
        place = plain(place)
        with examined(
            read(format_name, as_path(place)),
            task,
            name=name_of(place),
            reference=place,
            charset=charset_path,
            cache=cache,
            workers=workers,
            progress=tell,
        ) as result:
            yield result
