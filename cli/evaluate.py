"""`glyphline evaluate`: how good predictions are, where they are wrong, and whether they beat others."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from cli import completion
from cli.options import AsJson, ReportOption
from cli.output import print_json, print_table, tell_next

if TYPE_CHECKING:
    from rich.table import Table

    from config.family import Family
    from config.gate import GatePolicy
    from evaluation.comparison import Comparison
    from evaluation.evaluate import Evaluation
    from evaluation.facts import RunFacts
    from tasks.answers import Answers
    from tasks.base import Task

UnicodeForm = Literal["NFC", "NFD", "NFKC", "NFKD"]  # as in config.family, whose import costs 0.1 s
FIRST_TASK = "recognition"
"""What predictions are of where no family says it."""


def evaluate(
    predictions: Annotated[
        Path,
        typer.Argument(
            help="What glyphline predict wrote; .jsonl or .csv with id, reference, prediction; .txt with "
            "--references.",
            show_default=False,
        ),
    ],
    against: Annotated[
        Path | None, typer.Option(help="The champion's predictions on the same samples, to compare with.")
    ] = None,
    references: Annotated[
        Path | None, typer.Option(help="For .txt: what stands in the images, one line each.")
    ] = None,
    report: ReportOption = None,
    as_json: AsJson = False,
    family: Annotated[
        str | None,
        typer.Option(
            help="Decide by the task and gate of this family (config/families/ or a YAML file).",
            autocompletion=completion.families,
        ),
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
        typer.Option(help="Unicode normal form to compare texts in; default: the family's, or NFC."),
    ] = None,
) -> None:
    """Say how good predictions are, and whether they beat others.

    Where they are wrong is told, too, and what the gate decides. Works on anybody's predictions. Exit code 0:
    done (and the gate passed, where one is asked); 1: the gate failed; 2: the predictions cannot be used.

    Example: `glyphline evaluate candidate.jsonl --against champion.jsonl --report report.html`
    """
    from corpus.paths import as_path
    from evaluation.facts import RunFacts, load_facts
    from tasks import task_of

    chosen, gate = _family(family, policy, form)
    if first:
        _check_first(gate, against)
    if report is not None:
        _check_report(report, (predictions, against, references, facts, policy, Path(family or "")))
    known = load_facts(facts) if facts else RunFacts()
    folder, task = as_path(images or predictions.parent), task_of(chosen)
    candidate, champion = _answers(task, predictions, against, references, folder)
    result = _judged(task, candidate, champion, gate, known, first_model=first)
    if report is not None or as_json:
        _write(task, candidate, champion, result, known, report, folder, as_json=as_json)
    if not as_json:
        tell_evaluation(result)
    if report is None:
        from config.protocol import REPORT_FILE

        said = {"--against": against, "--references": references, "--family": family, "--policy": policy}
        said |= {"--facts": facts, "--images": images, "--form": form}
        again = [word for option, value in said.items() if value is not None for word in (option, value)]
        tell_next("evaluate", predictions, *again, *(["--first"] if first else []), "--report", REPORT_FILE)
    raise typer.Exit(0 if result.gate is None or result.gate.passed else 1)


def _family(
    name: str | None, policy: Path | None, form: UnicodeForm | None
) -> tuple[Family, GatePolicy | None]:
    """Return the family whose task the predictions are of, and the gate that is asked, if any."""
    from config.errors import InputError, Problem
    from config.family import with_value
    from config.tasks import any_family, load_family
    from config.yaml_source import load_model

    if name is not None and policy is not None:
        found, expected = "--family and --policy", "one of them"
        raise InputError(Problem("evaluate.gate", found, expected, "A family brings its own gate."))
    family = any_family(FIRST_TASK) if name is None else load_family(name)
    if policy is not None:
        family = family.model_copy(update={"gate": load_model(policy, type(family.gate))})
    if form is not None and family.unicode_form != form:
        if family.task != FIRST_TASK:
            found, remedy = f"--form with a family whose task is {family.task}", "Leave --form out."
            raise InputError(Problem("evaluate.form", found, "a family that reads text", remedy))
        family = with_value(family, f"{FIRST_TASK}.unicode_form", form)
    return family, None if name is None and policy is None else family.gate


def _answers(
    task: Task[Any, Any], predictions: Path, against: Path | None, references: Path | None, folder: Any
) -> tuple[Answers[Any], Answers[Any] | None]:
    """Return both models' answers, in one order; items may be sliced by the quality of their images, too."""
    from dataclasses import replace

    from corpus.paths import as_path
    from evaluation.pictures import with_quality
    from tasks.answers import paired
    from tasks.reading import read_answers

    true = None if references is None else as_path(references)
    candidate = read_answers(as_path(predictions), task, references=true)
    champion = read_answers(as_path(against), task, references=true) if against else None
    if champion is not None:
        _tell_unused_groups(candidate, champion, task.family.noun)
        champion = paired(candidate, champion, task.family.unicode_form)
    items = with_quality(candidate.items, folder)
    both = (replace(one, items=items) for one in (candidate, champion) if one is not None)
    return next(both), next(both, None)


def _tell_unused_groups(candidate: Answers[Any], champion: Answers[Any], noun: str) -> None:
    from evaluation.wording import counted

    alone = {one.id for one in candidate.items if one.group is None}
    unused = sum(one.group is not None and one.id in alone for one in champion.items)
    if unused:
        found = f"{champion.name} names the group of {counted(unused, noun)} without one in {candidate.name}"
        typer.secho(f"note: {found}; only the candidate's groups are used.", fg="yellow", err=True)


def _judged(
    task: Task[Any, Any],
    candidate: Answers[Any],
    champion: Answers[Any] | None,
    gate: GatePolicy | None,
    known: RunFacts,
    *,
    first_model: bool,
) -> Evaluation:
    from tasks.judging import judge

    exported = known.artifact.as_exported()
    return judge(task, candidate, champion, policy=gate, exported=exported, first_model=first_model)


def _write(
    task: Task[Any, Any],
    candidate: Answers[Any],
    champion: Answers[Any] | None,
    result: Evaluation,
    known: RunFacts,
    report: Path | None,
    folder: Any,
    *,
    as_json: bool,
) -> None:
    """Write the report where one is wanted, and print the document where that is."""
    from corpus.paths import as_path
    from tasks.judging import exhibits_of

    exhibits = exhibits_of(task, candidate, champion, folder if report is not None else None)
    if report is not None:
        from evaluation.report import write_report

        write_report(as_path(report), result, exhibits, known)
        typer.echo(f"Report: {report}", err=True)
    if as_json:
        from evaluation.document import encode

        print_json(encode(result, exhibits))


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
    from evaluation.wording import percent, title_of

    table = _table(result, "candidate", f"{percent(result.confidence, 0)} interval")
    for one in result.figures:
        known = one.low is not None and one.high is not None
        bounds = f"{percent(one.low)} to {percent(one.high)}" if known else "no interval"
        table.add_row(title_of(one.name), percent(one.value), bounds)
    return table


def beside(
    comparison: Comparison, result: Evaluation, names: tuple[str, str] = ("candidate", "champion")
) -> Table:
    """Return the table of a comparison, in which candidate and champion are called `names`."""
    from evaluation.wording import percent, points, title_of

    table = _table(result, *names, f"difference ({percent(result.confidence, 0)} interval)")
    for one in comparison.figures:
        known = one.low is not None and one.high is not None
        bounds = f"{points(one.low)} to {points(one.high)}" if known else "no interval"
        change = f"{points(one.difference)} ({bounds})"
        table.add_row(title_of(one.name), percent(one.candidate), percent(one.champion), change)
    return table


def _table(result: Evaluation, *columns: str) -> Table:
    from rich.table import Table

    from evaluation.wording import counted

    items, groups = counted(result.items, result.kind.noun), counted(result.groups, "group")
    table = Table("", title=f"{result.name}: {items} of {groups}", title_justify="left")
    for column in columns:
        table.add_column(column, justify="right")
    return table
