"""`glyphline pipeline`: what happens when labels arrive, here and in the account."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import pipeline_local
from cli.output import print_table, runs_table

if TYPE_CHECKING:
    from pipelines.account import Run, StepRun
    from pipelines.family_pipeline import FamilyPipeline
    from pipelines.place import Place

FamilyOption = Annotated[str, typer.Option(help="A name in config/families/, or a YAML file.")]
EnvironmentOption = Annotated[str, typer.Option(help="A name in config/environments/.")]

_ARN = re.compile(r"^arn:[a-z-]+:sagemaker:[a-z0-9-]+:\d{12}:pipeline/[^/]+/execution/[^/]+$")

app = typer.Typer(
    help="From labels to a registered model: one pipeline, on this machine and on SageMaker.",
    no_args_is_help=True,
)
app.command()(pipeline_local.run)
app.command()(pipeline_local.resume)


@app.command()
def definition(family: FamilyOption, environment: EnvironmentOption = "dev") -> None:
    """Print the pipeline's definition, checked: JSON alone, without AWS or network.

    Example: `glyphline pipeline definition --family pid-rec > pid-rec.json`
    """
    from config.environment import load_environment
    from pipelines.place import NO_ACCOUNT, Place

    chosen = load_environment(environment)
    if chosen.account is None:
        typer.echo(f"note: environment {environment} names no account; {NO_ACCOUNT} stands for it", err=True)
    typer.echo(_built(family, Place(chosen, chosen.account or NO_ACCOUNT)).definition.decode(), nl=False)


@app.command()
def diff(family: FamilyOption, environment: EnvironmentOption = "dev") -> None:
    """Show what an upsert would change in the account; exit code 1 if anything.

    Example: `glyphline pipeline diff --family pid-rec --environment dev`
    """
    from cli.account import client, refusals
    from pipelines import account

    with refusals():
        place = _place(environment)
        built = _built(family, place)
        there = account.deployed(client("sagemaker", place.environment), built.name)
    changes = account.changes(there, built.definition)
    typer.echo(changes or f"{built.name}: nothing would change", nl=not changes)
    raise typer.Exit(1 if changes else 0)


@app.command()
def upsert(family: FamilyOption, environment: EnvironmentOption = "dev") -> None:
    """Make the family's pipeline in the account, or bring it to what it is here.

    Example: `glyphline pipeline upsert --family pid-rec --environment dev`
    """
    from cli.account import client, refusals
    from config.tasks import load_family
    from pipelines import account

    with refusals():
        place = _place(environment)
        built = _built(family, place)
        _upload(built, place)
        done = account.upsert(
            client("sagemaker", place.environment),
            built.name,
            built.definition,
            role_arn=place.role_arn("pipeline"),
            description=load_family(family).description,
            tags=place.environment.tags,
        )
    typer.echo(f"{built.name}: {done}")


@app.command()
def start(
    family: FamilyOption,
    data: Annotated[str, typer.Option(help="A snapshot in S3: s3://BUCKET/FOLDER, or that @HASH.")],
    environment: EnvironmentOption = "dev",
    champion: Annotated[
        str | None, typer.Option(help="Begin from this version or model.tar.gz; none: from nothing.")
    ] = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option("--parameter", "-p", help="NAME=VALUE, such as MaxError=0.05; repeatable."),
    ] = None,
    token: Annotated[str | None, typer.Option(help="Start no second run for the same token.")] = None,
) -> None:
    """Start the family's pipeline in the account, from the approved champion if there is one.

    Example: `glyphline pipeline start --family pid-rec --data s3://my-bucket/snapshots/pid-rec`
    """
    from cli.account import client, refusals
    from config.errors import InputError, Problem
    from config.tasks import load_family
    from corpus.snapshot import open_snapshot
    from pipelines import account
    from pipelines.inputs import check_values, values
    from registry.sagemaker import SagemakerRegistry

    chosen = load_family(family)
    if not data.startswith("s3://"):
        remedy = "Copy it there, or run here: glyphline pipeline run --local."
        raise InputError(Problem("start.data", f"--data {data}", "s3://BUCKET/FOLDER", remedy))
    said = pipeline_local.pairs(parameter or [])
    check_values(said)
    with refusals():
        snapshot = open_snapshot(data)
        place = _place(environment)
        sagemaker = client("sagemaker", place.environment)
        group = place.name(chosen.family)
        begin_from = pipeline_local.champion_uri(champion, SagemakerRegistry(sagemaker), group)
        given = values(snapshot, str(snapshot.folder), begin_from)
        typer.echo(account.start(sagemaker, group, {**given, **said}, token))


@app.command()
def runs(
    environment: Annotated[
        str | None, typer.Option(help="List the account's runs, not those of this machine.")
    ] = None,
    family: Annotated[
        str | None, typer.Option(help="Of this family only; an account is asked for one.")
    ] = None,
) -> None:
    """List the runs of this machine, or of a family in the account, the newest first.

    Example: `glyphline pipeline runs --environment dev --family pid-rec`
    """
    if environment is None:
        pipeline_local.list_runs(family)
        return
    from cli.account import client, refusals
    from pipelines import account

    if family is None:
        raise typer.BadParameter("an account is asked for one family at a time", param_hint="--family")
    with refusals():
        place = _place(environment)
        found = list(account.runs(client("sagemaker", place.environment), place.name(family)))
    _tell_runs(found)


@app.command()
def show(run: Annotated[str, typer.Argument(help="A run of this machine, or an execution's ARN.")]) -> None:
    """Show the steps of a run: how each ended, how long it took, and why it failed.

    Example: `glyphline pipeline show pid-rec-20261121-031500-ab12`
    """
    if not run.startswith("arn:"):
        pipeline_local.show_run(run)
        return
    from cli.account import refusals
    from pipelines import account

    with refusals():
        found, steps = account.show(_client_of(run, "sagemaker"), run)
    _tell_steps(found, steps)


@app.command()
def logs(
    run: Annotated[str, typer.Argument(help="A run of this machine, or an execution's ARN.")],
    step: Annotated[str, typer.Argument(help="The step, such as Train.")],
) -> None:
    """Print the log of a step's job.

    Example: `glyphline pipeline logs pid-rec-20261121-031500-ab12 Train`
    """
    if not run.startswith("arn:"):
        pipeline_local.print_log(run, step)
        return
    from cli.account import refusals
    from config.errors import InputError, Problem, did_you_mean
    from pipelines import account

    with refusals():
        _, steps = account.show(_client_of(run, "sagemaker"), run)
        named = {one.name: one for one in steps}
        if step not in named:
            remedy = did_you_mean(step, named) if named else "No step has begun yet."
            raise InputError(Problem("run.step", f"the step {step!r}", "one that ran", remedy))
        for line in account.logs(_client_of(run, "logs"), named[step]):
            typer.echo(line)


@app.command()
def stop(run: Annotated[str, typer.Argument(help="A run of this machine, or an execution's ARN.")]) -> None:
    """Tell a run to stop: its jobs leave with a checkpoint; here it can be resumed.

    Example: `glyphline pipeline stop pid-rec-20261121-031500-ab12`
    """
    if not run.startswith("arn:"):
        pipeline_local.stop_run(run)
        return
    from cli.account import refusals
    from pipelines import account

    with refusals():
        account.stop(_client_of(run, "sagemaker"), run)
    typer.echo("told to stop")


def _place(environment: str) -> Place:
    from cli.account import account_of
    from config.environment import load_environment
    from pipelines.place import Place

    chosen = load_environment(environment)
    return Place(chosen, account_of(chosen))


def _built(family: str, place: Place) -> FamilyPipeline:
    from config.tasks import load_family
    from pipelines.family_pipeline import pipeline_of

    return pipeline_of(load_family(family), place)


def _upload(built: FamilyPipeline, place: Place) -> None:
    from cli.account import client

    s3 = client("s3", place.environment)
    for uri, data in built.upload.files.items():
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        s3.put_object(Bucket=bucket, Key=key, Body=data)


def _client_of(arn: str, service: str) -> Any:
    """Return the client of `service` in the region that `arn` names."""
    import boto3

    from config.errors import InputError, Problem

    if not _ARN.match(arn):
        expected = "arn:aws:sagemaker:REGION:ACCOUNT:pipeline/NAME/execution/ID"
        remedy = "Copy it from: glyphline pipeline runs --environment NAME --family FAMILY."
        raise InputError(Problem("run.arn", f"the ARN {arn!r}", expected, remedy))
    return boto3.client(service, region_name=arn.split(":")[3])


def _tell_runs(found: list[Run]) -> None:
    rows = [(one.arn, _time(one.started), one.status, one.reason or "") for one in found]
    print_table(runs_table(rows))


def _tell_steps(found: Run, steps: list[StepRun]) -> None:
    from rich.table import Table

    title = f"{found.arn}: {found.status}" + (f" ({found.reason})" if found.reason else "")
    table = Table("step", "status", "took", "why", title=title, title_justify="left")
    for one in steps:
        took = "" if one.started is None or one.ended is None else f"{(one.ended - one.started).seconds:,} s"
        table.add_row(one.name, f"{one.status}{' (cached)' if one.cached else ''}", took, one.reason or "")
    print_table(table)


def _time(when: Any) -> str:
    return "" if when is None else f"{when:%Y-%m-%d %H:%M}"
