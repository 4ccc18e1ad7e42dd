"""`glyphline pipeline`: what happens when labels arrive, here and in the account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import completion, pipeline_local
from cli.names import run as run_named
from cli.options import (
    AccountOption,
    EnvironmentOption,
    FamilyOption,
    ParameterOption,
    RunArgument,
    TokenOption,
    pairs,
)
from cli.output import print_table, runs_table, tell_next

if TYPE_CHECKING:
    from pipelines.account import Run, StepRun
    from pipelines.family_pipeline import FamilyPipeline
    from pipelines.place import Place

app = typer.Typer(
    help="From labels to a registered model, on this machine or SageMaker.",
    no_args_is_help=True,
)
app.command()(pipeline_local.run)
app.command()(pipeline_local.resume)


@app.command()
def definition(family: FamilyOption, environment: EnvironmentOption = "dev") -> None:
    """Print a pipeline's definition as JSON, without AWS or network.

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
    """Show what an upsert would change in the account.

    Exit code 1: something would.

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
    if changes:
        tell_next("pipeline", "upsert", "--family", family, "--environment", environment)
    raise typer.Exit(1 if changes else 0)


@app.command()
def upsert(family: FamilyOption, environment: EnvironmentOption = "dev") -> None:
    """Make a family's pipeline in the account, or bring it up to date.

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
    data = place.data_uri(load_family(family).family)
    tell_next("pipeline", "start", "--family", family, "--environment", environment, "--data", data)


@app.command()
def start(
    family: FamilyOption,
    data: Annotated[str, typer.Option(help="A snapshot in S3: s3://BUCKET/FOLDER, or that @HASH.")],
    environment: EnvironmentOption = "dev",
    champion: Annotated[
        str | None,
        typer.Option(
            help="Begin from this model: FAMILY/3 or s3://…; none: from nothing.",
            autocompletion=completion.models,
        ),
    ] = None,
    parameter: ParameterOption = None,
    token: TokenOption = None,
) -> None:
    """Start a family's pipeline in the account.

    It begins from the approved champion if there is one.

    Example: `glyphline pipeline start --family pid-rec --data s3://my-bucket/snapshots/pid-rec`
    """
    from cli.account import client, refusals
    from cli.names import snapshot
    from config.errors import InputError, Problem
    from config.tasks import load_family
    from pipelines import account
    from pipelines.inputs import check_values, values
    from registry.sagemaker import SagemakerRegistry

    chosen = load_family(family)
    if not data.startswith("s3://"):
        remedy = "Copy it there, or run on this machine: glyphline pipeline run."
        raise InputError(Problem("start.data", f"--data {data}", "s3://BUCKET/FOLDER", remedy))
    said = pairs(parameter or [], "--parameter")
    check_values(said)
    with refusals():
        opened = snapshot(data)
        place = _place(environment)
        sagemaker = client("sagemaker", place.environment)
        group = place.name(chosen.family)
        registry = SagemakerRegistry(sagemaker)
        begin_from = pipeline_local.champion_uri(champion, registry, group, environment)
        given = values(opened, str(opened.folder), begin_from)
        begun = account.start(sagemaker, group, {**given, **said}, token)
    typer.echo(begun)
    tell_next("pipeline", "show", begun)


@app.command()
def runs(
    environment: AccountOption = None,
    family: Annotated[
        str | None,
        typer.Option(
            help="Of this family only; an account is asked for one.", autocompletion=completion.families
        ),
    ] = None,
) -> None:
    """List runs, the newest first: of this machine, or in the account.

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
def show(run: RunArgument, environment: AccountOption = None) -> None:
    """Show how each step of a run ended, and why one failed.

    Example: `glyphline pipeline show pid-rec-20261121-031500-ab12`
    """
    found = run_named(run, environment)
    if not found.startswith("arn:"):
        pipeline_local.show_run(found)
        return
    from cli.account import refusals
    from pipelines import account

    with refusals():
        about, steps = account.show(_client_of(found, "sagemaker"), found)
    _tell_steps(about, steps)


@app.command()
def logs(
    run: RunArgument,
    step: Annotated[str, typer.Argument(metavar="STEP", help="The step, such as Train.")],
    environment: AccountOption = None,
) -> None:
    """Print the log of a step's job.

    Example: `glyphline pipeline logs pid-rec-20261121-031500-ab12 Train`
    """
    found = run_named(run, environment)
    if not found.startswith("arn:"):
        pipeline_local.print_log(found, step)
        return
    from cli.account import refusals
    from config.errors import InputError, Problem, did_you_mean
    from pipelines import account

    with refusals():
        _, steps = account.show(_client_of(found, "sagemaker"), found)
        named = {one.name: one for one in steps}
        if step not in named:
            remedy = did_you_mean(step, named) if named else "No step has begun yet."
            raise InputError(Problem("run.step", f"the step {step!r}", "one that ran", remedy))
        for line in account.logs(_client_of(found, "logs"), named[step]):
            typer.echo(line)


@app.command()
def stop(run: RunArgument, environment: AccountOption = None) -> None:
    """Tell a run to stop: its jobs leave with a checkpoint.

    On this machine, `pipeline resume` goes on with it.

    Example: `glyphline pipeline stop pid-rec-20261121-031500-ab12`
    """
    found = run_named(run, environment)
    if not found.startswith("arn:"):
        pipeline_local.stop_run(found)
        return
    from cli.account import refusals
    from pipelines import account

    with refusals():
        account.stop(_client_of(found, "sagemaker"), found)
    typer.echo("told to stop")
    tell_next("pipeline", "show", found)


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

    return boto3.client(service, region_name=arn.split(":")[3])


def _tell_runs(found: list[Run]) -> None:
    rows = [(one.arn, _time(one.started), one.status, one.reason or "") for one in found]
    print_table(runs_table(rows))
    if rows:
        tell_next("pipeline", "show", rows[0][0])


def _tell_steps(found: Run, steps: list[StepRun]) -> None:
    from rich.table import Table

    title = f"{found.arn}: {found.status}" + (f" ({found.reason})" if found.reason else "")
    table = Table("step", "status", "took", "why", title=title, title_justify="left")
    for one in steps:
        took = "" if one.started is None or one.ended is None else f"{(one.ended - one.started).seconds:,} s"
        table.add_row(one.name, f"{one.status}{' (cached)' if one.cached else ''}", took, one.reason or "")
    print_table(table)
    failed = next((one.name for one in steps if one.status == "Failed" and one.job is not None), None)
    if failed is not None:
        tell_next("pipeline", "logs", found.arn, failed)


def _time(when: Any) -> str:
    return "" if when is None else f"{when:%Y-%m-%d %H:%M}"
