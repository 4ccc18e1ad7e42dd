"""`glyphline evaluate`: how good predictions are, where they are wrong, and whether they beat others."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cli.output import print_json, print_table

if TYPE_CHECKING:
    from rich.table import Table

    from config.family import Family
    from config.gate import GatePolicy
    from evaluation.comparison import Comparison
    from evaluation.evaluate import Evaluation

UnicodeForm = Literal["NFC", "NFD", "NFKC", "NFKD"]  # as in config.family, whose import costs 0.1 s


def evaluate(
    predictions: Annotated[
        Path,
        typer.Argument(
            help=".jsonl or .csv with id, reference, prediction; .txt with --references.",
            show_default=False,
        ),
    ],
    against: Annotated[
        Path | None, typer.Option(help="The champion's predictions on the same samples, to compare with.")
    ] = None,
    references: Annotated[
        Path | None, typer.Option(help="For .txt: what stands in the images, one line each.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Write a self-contained HTML report here, and its plots beside it.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print evaluation.json to standard output.")
    ] = False,
    family: Annotated[
        str | None, typer.Option(help="Decide by the gate of this family (config/families/ or a YAML file).")
    ] = None,
    policy: Annotated[
        Path | None,
        typer.Option(
            help="Decide by this gate: a YAML file of the keys below `gate:`, without that heading."
        ),
    ] = None,
    first: Annotated[
        bool, typer.Option("--first", help="There is no champion yet: the gate asks for no comparison.")
    ] = False,
    facts: Annotated[
        Path | None, typer.Option(help="YAML or JSON with artifact, lineage and training of the run.")
    ] = None,
    images: Annotated[
        Path | None, typer.Option(help="The folder that image paths start from; default: the predictions'.")
    ] = None,
    form: Annotated[
        UnicodeForm | None,
        typer.Option(help="Unicode normal form to compare in; default: the family's, or NFC."),
    ] = None,
) -> None:
    """Say how good predictions are, where they are wrong, and whether they beat the champion's.

    Works on anybody's predictions. Exit code 0: done (and the gate passed, where one is asked); 1: the
    gate failed; 2: the predictions cannot be used.

    Example: `glyphline evaluate candidate.jsonl --against champion.jsonl --report report.html`
    """
    from corpus.paths import as_path
    from evaluation.evaluate import evaluate as run
    from evaluation.facts import RunFacts, load_facts
    from evaluation.pictures import with_quality
    from evaluation.reading import read_predictions

    chosen = _family(family)
    gate = _gate(chosen, policy)
    if first:
        _check_first(gate, against)
    if report is not None:
        _check_report(report, (predictions, against, references, facts, policy, Path(family or "")))
    unicode_form = form or (chosen.recognition.unicode_form if chosen else "NFC")
    known = load_facts(facts) if facts else RunFacts()
    folder = as_path(images or predictions.parent)
    candidate = read_predictions(predictions, references=references, form=unicode_form)
    champion = read_predictions(against, references=references, form=unicode_form) if against else None
    candidate = with_quality(candidate, folder)
    result = run(candidate, champion, gate, known.artifact.as_artifact(), first_model=first)
    if report is not None:
        from evaluation.report import write_report

        write_report(as_path(report), result, candidate, champion, known, folder)
        typer.echo(f"Report: {report}", err=True)
    if as_json:
        from evaluation.document import encode

        print_json(encode(result))
    else:
        tell_evaluation(result)
    raise typer.Exit(0 if result.gate is None or result.gate.passed else 1)


def _family(name: str | None) -> Family | None:
    from config.family import load_family

    return load_family(name) if name is not None else None


def _check_first(gate: GatePolicy | None, against: Path | None) -> None:
    from config.errors import InputError, Problem

    remedy = "Leave --first out, or"
    if against is not None:
        raise InputError(
            Problem("evaluate.first", "--first and --against", "one of them", f"{remedy} --against.")
        )
    if gate is None:
        expected = "--family or --policy, too"
        raise InputError(
            Problem("evaluate.first", "--first without a gate", expected, f"{remedy} name a gate.")
        )


def _check_report(report: Path, inputs: Sequence[Path | None]) -> None:
    from config.errors import InputError, Problem

    for one in inputs:
        if one is not None and one.is_file() and report.exists() and report.samefile(one):
            found, expected = "--report is an input", "a file of its own"
            raise InputError(Problem("evaluate.report", found, expected, "Name another.", str(report)))


def _gate(family: Family | None, policy: Path | None) -> GatePolicy | None:
    from config.errors import InputError, Problem
    from config.gate import GatePolicy
    from config.yaml_source import load_model

    if family is not None and policy is not None:
        found, expected = "--family and --policy", "one of them"
        raise InputError(Problem("evaluate.gate", found, expected, "A family brings its own gate."))
    if policy is not None:
        return load_model(policy, GatePolicy)
    return family.gate if family is not None else None


def tell_evaluation(result: Evaluation) -> None:
    """Print how good a candidate is, beside the champion if there is one, and what the gate says."""
    print_table(_alone(result) if result.comparison is None else beside(result.comparison, result))
    for warning in result.warnings:
        typer.secho(f"note: {warning}", fg="yellow", err=True)
    if result.gate is not None:
        passed = result.gate.passed
        typer.secho("gate passed" if passed else "gate failed", fg="green" if passed else "red", bold=True)
        for check in result.gate.checks:
            typer.echo(f"  {'✓' if check.passed else '✗'} {check.reason}")


def _alone(result: Evaluation) -> Table:
    from evaluation.wording import percent

    table = _table(result, "candidate", f"{percent(result.confidence, 0)} interval")
    for one in result.spreads:
        known = one.low is not None and one.high is not None
        bounds = f"{percent(one.low)} to {percent(one.high)}" if known else "no interval"
        table.add_row(_title(one.name), percent(one.value), bounds)
    return table


def beside(
    comparison: Comparison, result: Evaluation, names: tuple[str, str] = ("candidate", "champion")
) -> Table:
    """Return the table of a comparison, in which candidate and champion are called `names`."""
    from evaluation.wording import percent, points

    table = _table(result, *names, f"difference ({percent(result.confidence, 0)} interval)")
    for one in comparison.metrics:
        known = one.low is not None and one.high is not None
        bounds = f"{points(one.low)} to {points(one.high)}" if known else "no interval"
        change = f"{points(one.difference)} ({bounds})"
        table.add_row(_title(one.name), percent(one.candidate), percent(one.champion), change)
    return table


def _table(result: Evaluation, *columns: str) -> Table:
    from rich.table import Table

    from evaluation.wording import counted

    lines, groups = counted(result.metrics.samples, "line"), counted(result.groups, "group")
    title = f"{result.name}: {lines} of {groups}"
    table = Table("", title=title, title_justify="left")
    for column in columns:
        table.add_column(column, justify="right")
    return table


def _title(name: str) -> str:
    titles = {
        "cer": "CER",
        "grapheme_cer": "CER by grapheme",
        "wer": "WER",
        "mean_line_cer": "mean CER of a line",
    }
    return titles.get(name, name.replace("_", " "))
