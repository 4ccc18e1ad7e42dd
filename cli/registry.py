"""`glyphline registry`: which versions there are, which one serves, and who approved it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from cli import completion, names
from cli.options import AccountOption, AsJson, ReasonOption, ReportOption, VersionArgument
from cli.output import facts_table, print_json, print_table, tell_next

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table
    from rich.tree import Tree

    from registry.comparison import Compared
    from registry.versions import Verdict, Version

app = typer.Typer(help="Model versions: list, show, compare, approve, reject.", no_args_is_help=True)

Who = Annotated[
    str | None, typer.Option(help="Who decides; default: you, as this machine or the account knows you.")
]


class _Shown(NamedTuple):
    word: str
    colour: str


_STATUS = {
    "Approved": _Shown("approved", "green"),
    "Rejected": _Shown("rejected", "red"),
    "PendingManualApproval": _Shown("pending", "yellow"),
}


@app.command(name="list")
def list_(
    family: Annotated[
        str | None,
        typer.Argument(
            metavar="FAMILY",
            help="Only this family's.",
            show_default=False,
            autocompletion=completion.families,
        ),
    ] = None,
    environment: AccountOption = None,
    as_json: AsJson = False,
) -> None:
    """List versions, of one family or all, and which is champion.

    Example: `glyphline registry list pid-rec`
    """
    from registry.rules import champion_of

    registry = names.registry_of(environment)
    groups = registry.groups() if family is None else (names.known_group(family, registry, environment),)
    found = {name: registry.versions(name) for name in groups}
    if as_json:
        rows = [_document(one, champion_of(versions)) for versions in found.values() for one in versions]
        _print_document(rows)
        return
    for name, versions in found.items():
        print_table(_versions_table(name, versions, champion_of(versions)))
    if not found:
        typer.echo("Nothing is registered yet: run a pipeline (glyphline pipeline run).", err=True)
        return
    newest = next((versions[-1] for versions in found.values() if versions), None)
    if newest is not None:
        tell_next("registry", "show", newest.reference, *_account(environment))


@app.command()
def show(reference: VersionArgument, environment: AccountOption = None, as_json: AsJson = False) -> None:
    """Print what a version is made of, its figures, and who decided.

    Example: `glyphline registry show pid-rec/champion`
    """
    from registry.rules import ancestors, champion_of

    registry = names.registry_of(environment)
    version = names.version(reference, registry, environment)
    versions = registry.versions(version.group)
    champion, parents = champion_of(versions), ancestors(version, versions)
    if as_json:
        _print_document({**_document(version, champion), "ancestors": [one.reference for one in parents]})
        return
    print_table(facts_table(version.reference, _facts(version, champion)))
    _print(_lineage(version, parents))
    _tell_decide(version, environment)


@app.command()
def compare(
    first: Annotated[
        str,
        typer.Argument(
            metavar="A",
            help="The version to hold against, such as FAMILY/champion.",
            show_default=False,
            autocompletion=completion.versions,
        ),
    ],
    second: Annotated[
        str,
        typer.Argument(
            metavar="B",
            help="The version in question, such as FAMILY/latest.",
            show_default=False,
            autocompletion=completion.versions,
        ),
    ],
    report: ReportOption = None,
    environment: AccountOption = None,
    as_json: AsJson = False,
) -> None:
    """Compare two versions on the samples that both have read.

    Where their predictions are not there, or they share no sample, the figures they were registered with
    stand side by side.

    Example: `glyphline registry compare pid-rec/champion pid-rec/latest --report report.html`
    """
    from registry.comparison import compare as compare_versions

    registry = names.registry_of(environment)
    earlier, later = (names.version(one, registry, environment) for one in (first, second))
    compared = compare_versions(earlier, later)
    if compared is None:
        _tell_stored(earlier, later, report, as_json)
        return
    if report is not None:
        _write_report(report, compared)
    if as_json:
        _print_compared(earlier, later, compared)
        return
    from cli.evaluate import beside

    result = compared.evaluation
    assert result.comparison is not None
    print_table(beside(result.comparison, result, (later.reference, earlier.reference)))
    typer.secho(f"note: {_common(earlier, later, compared)}", fg="yellow", err=True)
    for warning in result.warnings:
        typer.secho(f"note: {warning}", fg="yellow", err=True)
    _tell_decide(later, environment)


@app.command()
def approve(
    reference: VersionArgument,
    reason: ReasonOption,
    who: Who = None,
    environment: AccountOption = None,
    as_json: AsJson = False,
) -> None:
    """Make a version the champion, the one that serves.

    Approving an earlier one again rolls back to it.

    Example: `glyphline registry approve pid-rec/2 --reason "CER halves on the new symbols"`
    """
    _decide(reference, "Approved", reason, who, environment, as_json)


@app.command()
def reject(
    reference: VersionArgument,
    reason: ReasonOption,
    who: Who = None,
    environment: AccountOption = None,
    as_json: AsJson = False,
) -> None:
    """Say that a version must not serve.

    Where it was the champion, the one before it is champion again.

    Example: `glyphline registry reject pid-rec/2 --reason "reads 0 as O on the golden drawings"`
    """
    _decide(reference, "Rejected", reason, who, environment, as_json)


def _decide(
    reference: str, status: Verdict, reason: str, who: str | None, environment: str | None, as_json: bool
) -> None:
    registry = names.registry_of(environment)
    named = names.version(reference, registry, environment)
    version = registry.decide(named.reference, status, who=who or _me(environment), reason=reason)
    champion = registry.champion(version.group)
    if as_json:
        _print_document(_document(version, champion))
        return
    typer.secho(f"{version.reference} {_STATUS[status].word}", fg=_STATUS[status].colour, bold=True)
    now = f"{champion.reference} is" if champion is not None else "there is no"
    typer.echo(f"{now} champion of {version.group}")
    if status == "Approved" and environment is None:
        tell_next("serve", version.group)
    else:
        tell_next("registry", "list", version.group, *_account(environment))


def _tell_decide(version: Version, environment: str | None) -> None:
    """Say how a version is approved about which nobody has decided."""
    if version.status == "PendingManualApproval":
        tell_next("registry", "approve", version.reference, *_account(environment), "--reason", "…")


def _account(environment: str | None) -> tuple[str, ...]:
    return () if environment is None else ("--environment", environment)


def _me(environment: str | None) -> str:
    if environment is None:
        import getpass

        return getpass.getuser()
    from config.environment import load_environment
    from registry.sagemaker import caller

    return caller(load_environment(environment).region)


def _versions_table(group: str, versions: Sequence[Version], champion: Version | None) -> Table:
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=group, title_justify="left")
    for column in ("version", "error"):
        table.add_column(column, justify="right", no_wrap=True)
    for column in ("of", "status", "snapshot", "made"):
        table.add_column(column, no_wrap=True)
    table.add_column("decided by", overflow="fold")
    for one in versions:
        said, status = one.approval, _STATUS[one.status]
        table.add_row(
            f"{'★ ' if one == champion else ''}{one.number}",
            *_error(one),
            f"[{status.colour}]{status.word}[/]",
            (one.snapshot or "")[:12],
            f"{one.created:%Y-%m-%d}",
            escape(said.who) if said is not None else "",
        )
    if champion is not None:
        table.caption = f"★ champion: {champion.reference}"
    if len(versions) > 1:
        note = "Each figure is of what its own run held out: compare A B measures both on the same."
        table.caption = f"{table.caption}\n{note}" if table.caption else note
    return table


def _error(version: Version) -> tuple[str, str]:
    """Return the error that a version was judged by, as it was registered, and of which figure it is."""
    from evaluation.wording import percent, title_of

    return ("", "") if version.error is None else (percent(version.error), title_of(version.headline))


def _figures(version: Version) -> dict[str, float]:
    """Return the numbers that a version was registered with; the last two are those of earlier versions."""
    found = {"error": version.error, **{key: version.figure(key) for key in ("wer", "exact_match")}}
    return {key: value for key, value in found.items() if value is not None}


def _facts(version: Version, champion: Version | None) -> list[tuple[str, str]]:
    from rich.markup import escape

    said, card = version.approval, version.model_card
    rows = [
        ("status", version.status + (" (champion)" if version == champion else "")),
        ("decided", f"{said.when:%Y-%m-%d %H:%M} UTC by {said.who}: {said.reason}" if said else "not yet"),
        ("made", f"{version.created:%Y-%m-%d %H:%M} UTC"),
        ("model", version.model_data_uri or "unknown"),
        ("image", version.image_uri or "unknown"),
        ("evaluation", version.evaluation_uri or "none"),
        ("description", version.description),
        ("ARN", version.arn or ""),
        *sorted(version.metadata.items()),
        ("model card", f"{len(card):,} characters: --json prints it" if card else "none"),
    ]
    return [(name, escape(value)) for name, value in rows if value]


def _lineage(version: Version, parents: Sequence[Version]) -> Tree:
    from rich.tree import Tree

    root = Tree(f"[bold]lineage of {version.reference}[/]")
    branch = root
    for one in (version, *parents):
        if one is not version:
            branch = branch.add(f"[bold]{one.reference}[/] {_STATUS[one.status].word}")
        branch.add(f"run {one.run or 'unknown'}")
        branch.add(f"snapshot {one.snapshot or 'unknown'}")
    last = parents[-1] if parents else version
    unknown = f"parent {last.parent}, which is not registered here" if last.parent else "no parent"
    branch.add(unknown)
    return root


def _common(earlier: Version, later: Version, compared: Compared) -> str:
    from evaluation.wording import counted

    shared = counted(len(compared.later.items), compared.evaluation.kind.noun)
    return (
        f"{shared} common to both: {earlier.reference} answered {compared.answered_by_earlier:,}, "
        f"{later.reference} {compared.answered_by_later:,}."
    )


def _write_report(report: Path, compared: Compared) -> None:
    from corpus.paths import as_path
    from evaluation.facts import RunFacts
    from evaluation.report import write_report

    facts = RunFacts(title=f"{compared.later.name} against {compared.earlier.name}")
    exhibits = compared.exhibits(as_path(report.parent))
    write_report(as_path(report), compared.evaluation, exhibits, facts)
    typer.echo(f"Report: {report}", err=True)


def _stored(earlier: Version, later: Version) -> dict[str, tuple[float | None, float | None]]:
    old, new = _figures(earlier), _figures(later)
    return {key: (old.get(key), new.get(key)) for key in {**old, **new}}


def _tell_stored(earlier: Version, later: Version, report: Path | None, as_json: bool) -> None:
    from rich.table import Table

    from evaluation.wording import percent, title_of

    figures = _stored(earlier, later)
    notes = [
        "the predictions of one version are not there, or they share no sample.",
        "these are the figures they were registered with, maybe of different samples.",
    ]
    for note in notes if report is None else [*notes, "no report is written."]:
        typer.secho(f"note: {note}", fg="yellow", err=True)
    if as_json:
        stored = {key: {"a": pair[0], "b": pair[1]} for key, pair in figures.items()}
        names = {"a": earlier.reference, "b": later.reference}
        _print_document({**names, "samples": 0, "evaluation": None, "stored": stored})
        return
    table = Table("", title="as registered", title_justify="left")
    for one in (later, earlier):
        table.add_column(one.reference, justify="right")
    for key, (first, second) in figures.items():
        name = f"error ({title_of(later.headline)})" if key == "error" else title_of(key)
        table.add_row(name, *("" if one is None else percent(one) for one in (second, first)))
    print_table(table)


def _print_compared(earlier: Version, later: Version, compared: Compared) -> None:
    import orjson

    from evaluation.document import encode

    _print_document(
        {
            "a": earlier.reference,
            "b": later.reference,
            "samples": len(compared.later.items),
            "evaluation": orjson.Fragment(encode(compared.evaluation, compared.exhibits(None))),
            "stored": {key: {"a": a, "b": b} for key, (a, b) in _stored(earlier, later).items()},
        }
    )


def _document(version: Version, champion: Version | None) -> dict[str, Any]:
    import dataclasses

    return {
        "reference": version.reference,
        "champion": version == champion,
        **{one.name: getattr(version, one.name) for one in dataclasses.fields(version)},
    }


def _print_document(document: object) -> None:
    import orjson

    print_json(orjson.dumps(document, option=orjson.OPT_INDENT_2))


def _print(shown: Tree) -> None:
    from rich.console import Console

    Console().print(shown)
