"""`glyphline train`: train a model on this machine, exactly as the container does."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli import completion
from cli.data import snapshot_of
from cli.options import ChampionOption, FamilyOption, FormatOption, SetOption, pairs
from cli.output import facts_table, print_table, shown, tell_next, tell_old

if TYPE_CHECKING:
    from containers.common.artifact import Artifact


def train(
    context: typer.Context,
    family: FamilyOption,
    data: Annotated[
        str,
        typer.Option(
            help="A snapshot (FOLDER or FOLDER@HASH), or data in a format.",
            autocompletion=completion.snapshots,
        ),
    ],
    out: Annotated[Path, typer.Option(help="The folder that the model is written to; nothing may be there.")],
    format_name: FormatOption = None,
    champion: ChampionOption = None,
    replay: Annotated[
        str | None,
        typer.Option(
            help="A snapshot of old samples that are not to be forgotten.",
            autocompletion=completion.snapshots,
        ),
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option(help="In place of the family's: name or YAML file.", autocompletion=completion.recipes),
    ] = None,
    parameter: SetOption = None,
    checkpoints: Annotated[
        Path | None, typer.Option(help="Where checkpoints go; default: OUT.checkpoints, gone at the end.")
    ] = None,
) -> None:
    """Train a model on this machine, just as a training job does.

    The family says what kind of model it is and which image trains it. Progress comes line by line, a proved
    artifact at the end. Started again after it was interrupted or killed, it goes on at its last checkpoint.
    Exit code 0: done; 1: no good model came of it; 2: something that was given cannot be used; 130, 143: told
    to stop.

    Example: `glyphline train --family thai-rec --data thai/ --out model/ -s epochs=5`
    """
    from config.tasks import load_family
    from containers.common.checkpoints import clear
    from containers.common.dispatch import image_of
    from containers.common.entry import Stop
    from containers.common.hyperparameters import parse
    from containers.common.jobs.train import run
    from containers.common.launch import follows, size
    from containers.common.model import Inputs
    from containers.common.progress import teller

    _take_old_spelling(context.args)
    chosen = load_family(family)
    options = {"family": family} if recipe is None else {"family": family, "recipe": recipe}
    said = pairs(parameter or [], "--set", tuple(options))
    trainer = image_of(chosen.training.image)
    settings = parse({**options, **said}, trainer.settings)
    out = out.resolve()
    kept = checkpoints or out.with_name(f"{out.name}.checkpoints")
    if size() == 1:  # whoever starts several processes has looked before
        _check_out(out)
    if format_name is not None:
        data = snapshot_of(data, format_name, chosen)
    stop = Stop()
    with _begin_from(champion) as model, _reference(data) as learnt, _reference(replay) as old:
        inputs = Inputs(data=str(learnt), out=out, checkpoints=kept, model=model, replay=old)
        artifact = run(trainer, chosen, settings, inputs, stop, teller())
    if follows():
        return
    if artifact is None:
        typer.echo(f"stopped; the same command goes on at the last checkpoint in {kept}", err=True)
        raise typer.Exit(128 + (stop.signal or 0))
    if checkpoints is None:
        clear(kept)
    _tell_model(artifact, out)
    tell_next("predict", shown(out), data, "--split", "val", "--out", f"{out.name}-on-val.jsonl")


def _take_old_spelling(words: Sequence[str]) -> None:
    """Accept `train IMAGE`, as it was written when the family did not name its image."""
    from config.images import IMAGES
    from containers.common.launch import size

    if not words:
        return
    if len(words) > 1 or words[0] not in IMAGES:
        raise typer.BadParameter(f"{words[0]!r}: what is trained is said by --family and --data")
    if size() == 1:
        tell_old(f"glyphline train {words[0]}", "glyphline train")


@contextmanager
def _begin_from(champion: str | None) -> Iterator[Path | None]:
    from cli.models import model_here

    if champion in (None, "none"):
        yield None
        return
    with tempfile.TemporaryDirectory() as scratch, model_here(str(champion), Path(scratch)) as model:
        yield model


@contextmanager
def _reference(said: str | None) -> Iterator[str | None]:
    from cli.names import snapshot_named

    if said is None:
        yield None
        return
    with snapshot_named(said) as reference:
        yield reference


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
        raise StateError(f"{out} already holds a model. Name another --out, or remove it.")
    if out.exists() and not out.is_dir():
        raise StateError(f"{out} is not a folder. Name another --out.")
    if out.exists() and any(out.iterdir()):
        raise StateError(f"{out} is not empty. Name another --out, or remove what is there.")
    there = out.exists()
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=out):  # says now if it is read-only
        pass
    if not there:
        out.rmdir()
