"""`glyphline pipeline run` and what belongs to it on this machine: engine, local registry and terminal."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import completion
from cli.data import snapshot_of
from cli.options import FamilyOption, FormatOption, ParameterOption, RunArgument, TokenOption, pairs
from cli.output import print_table, runs_table, tell_next, tell_old

if TYPE_CHECKING:
    from pipelines.local.state import Run
    from pipelines.local.steps import Surroundings
    from registry.protocol import Registry

_FAILED = 1


def run(
    family: FamilyOption,
    data: Annotated[
        str,
        typer.Option(
            help="A snapshot on this machine (FOLDER or FOLDER@HASH), or data in a format.",
            autocompletion=completion.snapshots,
        ),
    ],
    format_name: FormatOption = None,
    local: Annotated[bool, typer.Option("--local", hidden=True)] = False,
    champion: Annotated[
        str | None,
        typer.Option(
            help="Begin from this model: FAMILY/3, a folder or model.tar.gz; none: from nothing.",
            autocompletion=completion.models,
        ),
    ] = None,
    parameter: ParameterOption = None,
    environment: Annotated[
        str,
        typer.Option(
            help="Whose settings hold (config/environments/); nothing is done there.",
            autocompletion=completion.environments,
        ),
    ] = "dev",
    token: TokenOption = None,
) -> None:
    """Run a family's pipeline on this machine, without AWS or Docker.

    Examined, prepared, trained, evaluated, gated, registered; `pipeline start` does the same in the account.
    It begins from the approved champion if there is one. Exit code 0: registered, pending approval; 1: it
    failed or the gate refused; 130: stopped, `glyphline pipeline resume` goes on.

    Example: `glyphline pipeline run --family pid-rec --data tags/`
    """
    from cli.names import snapshot
    from config.environment import load_environment
    from config.home import home
    from config.tasks import load_family
    from pipelines.family_pipeline import pipeline_of
    from pipelines.inputs import check_values, values
    from pipelines.local.runs import begin
    from pipelines.place import NO_ACCOUNT, Place
    from registry.mlflow import local_registry

    if local:
        tell_old("glyphline pipeline run --local", "glyphline pipeline run")
    said = pairs(parameter or [], "--parameter")
    check_values(said)
    chosen = load_family(family)
    opened = snapshot(snapshot_of(data, format_name, chosen))
    place = Place(load_environment(environment), NO_ACCOUNT, local=True)
    begin_from = champion_uri(champion, local_registry(_hint), place.name(chosen.family))
    _hint("building the pipeline …")  # the SDK's import takes seconds
    built = pipeline_of(chosen, place)
    _put(built.upload.files)
    folder = Path(str(opened.folder)).absolute().as_uri()
    given = values(opened, folder, begin_from)
    begun = begin(home(), built.name, built.definition, {**given, **said}, token)
    _execute(begun.id)


def resume(run: RunArgument) -> None:
    """Go on with a run of this machine that was stopped or killed.

    It goes on at the step where it stopped; what was done stays done.

    Example: `glyphline pipeline resume pid-rec-20261121-031500-ab12`
    """
    from cli.names import run as run_named
    from config.errors import InputError, Problem

    found = run_named(run)
    if found.startswith("arn:"):
        remedy = "Start it again: glyphline pipeline start; what is cached is not done twice."
        raise InputError(Problem("run.resume", f"the ARN {run!r}", "a run of this machine", remedy))
    _execute(found)


def list_runs(family: str | None) -> None:
    """Print the runs of this machine, the newest first."""
    from config.home import home
    from pipelines.local.runs import runs

    rows = [
        (one.id, f"{one.started:%Y-%m-%d %H:%M}", one.status, one.reason or "")
        for one in reversed(runs(home()))
        if family in (None, one.pipeline)
    ]
    print_table(runs_table(rows))
    if rows:
        tell_next("pipeline", "show", rows[0][0])


def show_run(run_id: str) -> None:
    """Print the steps of a run, and where its report lies."""
    from cli.pipeline_view import table_of
    from config.home import home
    from pipelines.local.runs import load

    found = load(home(), run_id)
    print_table(table_of(found))
    _tell_outcome(found)
    _tell_next(found)


def print_log(run_id: str, step: str) -> None:
    """Print the log of a step's job."""
    from config.home import home
    from pipelines.local.runs import log_of

    typer.echo(log_of(home(), run_id, step).read_text(encoding="utf-8", errors="replace"), nl=False)


def stop_run(run_id: str) -> None:
    """Tell a run that another process is executing to stop."""
    from config.home import home
    from pipelines.local.runs import stop

    stop(home(), run_id)
    typer.echo("told to stop")
    tell_next("pipeline", "resume", run_id)


def champion_uri(
    said: str | None, registry: Registry, group: str, environment: str | None = None
) -> str | None:
    """Return where the champion to begin from lies: the approved one, or what was said in its place.

    Raises:
        InputError: there is no such version or file.
    """
    from cli.names import model

    if said is None:
        champion = registry.champion(group)
        return None if champion is None else champion.model_data_uri
    if said == "none":
        return None
    found = model(said, environment, registry)
    return found.uri if found.version is None else found.version.model_data_uri


def _execute(run_id: str) -> None:
    from cli.pipeline_view import viewing
    from config.home import home
    from pipelines.local import engine
    from pipelines.local.runs import load
    from registry.database import ensure
    from registry.mlflow import DATABASE

    begun = load(home(), run_id)
    if begun.status == "Succeeded":  # the same token once more
        typer.echo(f"{run_id} has succeeded already")
        _tell_outcome(begun)
        _tell_next(begun)
        return
    ensure(home() / DATABASE, _hint)  # before two jobs make it at once
    with viewing(begun) as tell:
        ended = engine.execute(run_id, _surroundings(), tell)
    _tell_outcome(ended)
    if ended.status not in ("Succeeded", "Stopped"):
        typer.secho(ended.reason or "failed", fg="red", err=True)
    _tell_next(ended)
    if ended.status == "Stopped":
        raise typer.Exit(128 + (ended.signal or 0))
    if ended.status != "Succeeded":
        raise typer.Exit(_FAILED)


def _surroundings() -> Surroundings:
    from config.home import home
    from config.images import IMAGES
    from config.protocol import TRACKING_VARIABLE
    from pipelines.code import code_digest
    from pipelines.local.steps import Surroundings
    from pipelines.place import local_repository
    from registry.mlflow import DATABASE, local_registry
    from registry.versions import NewVersion

    def register(request: Mapping[str, Any]) -> str:
        return local_registry(_hint).register(NewVersion.from_request(request)).reference

    return Surroundings(
        home=home(),
        images={local_repository(name): (sys.executable, "-m", module) for name, module in IMAGES.items()},
        code=code_digest(),
        register=register,
        environment={TRACKING_VARIABLE: f"sqlite:///{home() / DATABASE}"},
    )


def _put(files: Mapping[str, bytes]) -> None:
    from upath import UPath

    from config.home import in_store
    from corpus.paths import write_whole

    for uri, data in files.items():
        path = in_store(uri)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(UPath(path), data)


def _tell_outcome(ended: Run) -> None:
    """Say what came of a run: why it was refused, or comparison, report and registered version."""
    from config.home import in_store
    from config.protocol import EVALUATION_FILE, REPORT, REPORT_FILE

    examined, evaluated, registered = (ended.steps.get(name) for name in ("Examine", "Evaluate", "Register"))
    if examined is not None and examined.status == "Failed":
        from pipelines.place import LOCAL_BUCKET

        folder = in_store(f"s3://{LOCAL_BUCKET}/runs/{ended.pipeline}/{ended.id}/examine/{REPORT}")
        if (folder / REPORT_FILE).exists():
            typer.echo(f"report: {folder / REPORT_FILE}")
    if evaluated is not None and evaluated.status == "Succeeded":
        from cli.evaluate import tell_evaluation
        from evaluation.document import decode

        output = evaluated.result["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"]
        folder = in_store(output)
        document = folder / EVALUATION_FILE
        if document.exists():
            tell_evaluation(decode(document.read_bytes(), str(document)))
            typer.echo(f"report: {folder / REPORT_FILE}")
        else:
            typer.echo(f"note: the evaluation that was in {folder} is not there any more", err=True)
    if registered is not None and registered.status == "Succeeded":
        _tell_version(registered.result["ModelPackageArn"])


def _tell_version(reference: str) -> None:
    """Say what has become of a registered version, and what to do with it."""
    from registry.mlflow import local_registry

    registry = local_registry(_hint)
    version = registry.version(reference)
    alike = [
        one.reference
        for one in registry.versions(version.group)
        if one.number < version.number and one.metadata.get("version") == version.metadata.get("version")
    ]
    if alike:
        typer.echo(f"note: it is the very model of {', '.join(alike)}", err=True)
    if version.status != "PendingManualApproval":
        typer.echo(f"registered: {reference}, {version.status.lower()}")
        return
    typer.echo(f"registered: {reference}, pending approval")


def _tell_next(run: Run) -> None:
    """Say what to do with a run, however it ended."""
    registered = run.steps.get("Register")
    failed = [step.name for step in run.steps.values() if step.status == "Failed"]
    if run.status == "Stopped":
        typer.echo("stopped", err=True)
        tell_next("pipeline", "resume", run.id)
    elif run.status == "Executing":
        tell_next("pipeline", "show", run.id)
    elif registered is not None and registered.status == "Succeeded":
        tell_next("registry", "approve", registered.result["ModelPackageArn"], "--reason", "…")
    elif failed and run.log(failed[0]).exists():
        tell_next("pipeline", "logs", run.id, failed[0])


def _hint(text: str) -> None:
    typer.echo(text, err=True)
