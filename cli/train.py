"""`glyphline train`: train a model on this machine, exactly as the container does."""

from __future__ import annotations

import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.output import facts_table, print_table

if TYPE_CHECKING:
    from containers.common.artifact import Artifact

app = typer.Typer(help="Train a model here, exactly as a training job does.", no_args_is_help=True)


@app.command()
def paddle(
    family: Annotated[str, typer.Option(help="A name in config/families/, or a YAML file.")],
    data: Annotated[str, typer.Option(help="A snapshot (FOLDER or FOLDER@HASH), or PaddleOCR label files.")],
    out: Annotated[Path, typer.Option(help="Where the model artifact goes.")],
    champion: Annotated[
        Path | None, typer.Option(help="Continue from this artifact; its charset may grow.")
    ] = None,
    replay: Annotated[
        str | None, typer.Option(help="A snapshot of old samples that are not to be forgotten.")
    ] = None,
    recipe: Annotated[str | None, typer.Option(help="In place of the family's: name or YAML file.")] = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option("--set", "-s", help="A hyperparameter as NAME=VALUE, such as epochs=5; repeatable."),
    ] = None,
    checkpoints: Annotated[
        Path | None, typer.Option(help="Where checkpoints go; default: OUT.checkpoints, gone at the end.")
    ] = None,
) -> None:
    """Train a text recogniser or detector with Paddle: progress line by line, a proved artifact at the end.

    Started again after it was interrupted or killed, it goes on at its last checkpoint. Exit code 0: done;
    1: no good model came of it; 2: something that was given cannot be used; 130, 143: told to stop.

    Example: `glyphline train paddle --family thai-rec --data thai/ --out model/ -s epochs=5`
    """
    from config.tasks import load_family
    from containers.common.checkpoints import clear
    from containers.common.dispatch import image_of
    from containers.common.entry import Stop
    from containers.common.hyperparameters import parse
    from containers.common.jobs.train import run
    from containers.common.launch import follows
    from containers.common.model import Inputs
    from containers.common.progress import teller

    image = image_of("paddle")
    options = {"family": family} if recipe is None else {"family": family, "recipe": recipe}
    settings = parse({**options, **_pairs(parameter or [], options)}, image.settings)
    out = out.resolve()
    kept = checkpoints or out.with_name(f"{out.name}.checkpoints")
    inputs = Inputs(data=data, out=out, checkpoints=kept, model=champion, replay=replay)
    _check_out(out)
    stop = Stop()
    artifact = run(image, load_family(family), settings, inputs, stop, teller())
    if follows():
        return
    if artifact is None:
        typer.echo(f"stopped; the same command goes on at the last checkpoint in {kept}", err=True)
        raise typer.Exit(128 + (stop.signal or 0))
    if checkpoints is None:
        clear(kept)
    _tell_model(artifact, out)


def _tell_model(artifact: Artifact, out: Path) -> None:
    figures = artifact.description.provenance.figures
    rows = [
        ("version", artifact.version),
        *((f"{name.replace('_', ' ')} on val", f"{value:.2%}") for name, value in figures.items()),
        ("size", f"{sum(one.bytes for one in artifact.description.files.values()) / 1e6:.1f} MB"),
    ]
    print_table(facts_table(str(out), rows))


def _check_out(out: Path) -> None:
    """Refuse what could not be written in the end, before the work begins."""
    from config.errors import StateError
    from config.protocol import ARTIFACT_FILE

    if (out / ARTIFACT_FILE).exists():
        raise StateError(f"{out} already holds a model. Name another folder, or remove it.")
    if out.exists() and not out.is_dir():
        raise StateError(f"{out} is not a folder. Name another --out.")
    there = out.exists()
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=out):  # says now if it is read-only
        pass
    if not there:
        out.rmdir()


def _pairs(given: list[str], options: Collection[str]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals:
            raise typer.BadParameter(f"{one!r} is not NAME=VALUE", param_hint="--set")
        if name in options or name in pairs:
            raise typer.BadParameter(f"{name!r} is said twice", param_hint="--set")
        pairs[name] = value
    return pairs
