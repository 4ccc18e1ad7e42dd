"""`glyphline predict`: what a trained model answers about a snapshot or any images."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from cli.output import progress, tell_problems

if TYPE_CHECKING:
    from upath import UPath

    from config.errors import Problem
    from containers.common.predictions import Model
    from corpus.items import Item

SplitName = Literal["train", "val", "test", "golden"]  # as in corpus.sample, whose import costs 0.1 s
EngineName = Literal["onnx", "paddle"]

ArtifactArgument = Annotated[
    Path, typer.Argument(help="A model artifact: its folder, or model.tar.gz.", show_default=False)
]
Engine = Annotated[
    EngineName | None, typer.Option(help="What runs the model; default: onnx where the artifact has it.")
]


def predict(
    artifact: ArtifactArgument,
    data: Annotated[
        list[str],
        typer.Argument(
            help="A snapshot (FOLDER or FOLDER@HASH), or images: files and folders.", show_default=False
        ),
    ],
    out: Annotated[str, typer.Option(help="The .jsonl file to write.")],
    split: Annotated[SplitName | None, typer.Option(help="Of a snapshot: this split alone.")] = None,
    engine: Engine = None,
) -> None:
    """Ask a trained model about every image; of a snapshot, `glyphline evaluate` takes the result.

    Exit code 0: done; 1: some images could not be read, and are named; 2: nothing could be read.

    Example: `glyphline predict model/ data/receipts --split val --out predictions.jsonl`
    """
    import tempfile

    from containers.common.artifact import open_artifact
    from containers.common.dispatch import image_of
    from containers.common.predictions import Model
    from containers.common.shipped import served_task
    from corpus.paths import as_path, write_whole
    from evaluation.wording import counted
    from tasks.answers import lines

    target = as_path(out)
    _check_out(target)
    started_s = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        trained = open_artifact(artifact, Path(scratch) / "model")
        task = served_task(trained)
        model = Model(task, image_of(trained.description.image).open(trained, engine))
        pairs, problems = _answers(model, data, split, Path(scratch))
    tell_problems(problems, None)
    if pairs:
        write_whole(target, b"".join(lines(task, pairs)))
    rate = len(pairs) / (time.monotonic() - started_s)
    done = counted(len(pairs), task.family.noun)
    typer.echo(f"{done} answered by model {trained.version}, {rate:,.1f} a second: {out}", err=True)
    if problems:
        raise typer.Exit(1 if pairs else 2)


def _answers(
    model: Model[Any, Any], data: list[str], split: SplitName | None, scratch: Path
) -> tuple[list[tuple[Item, Any]], list[Problem]]:
    """Return what the model answered, and what could not be asked."""
    from config.errors import Problem
    from containers.common.predictions import answer_images, images_in
    from corpus.paths import as_path
    from corpus.snapshot import is_snapshot

    places = [as_path(place) for place in data]
    with progress("asking") as tell:
        if len(places) == 1 and (is_snapshot(places[0]) or not places[0].exists()):
            return _of_snapshot(model, data[0], split, scratch, tell), []
        _check_images(places, split)
        paths = [path for place in places for path in images_in(place)]
        whole = list(answer_images(model, paths, progress=tell))
    problems = [one for one in whole if isinstance(one, Problem)]
    return [one for one in whole if not isinstance(one, Problem)], problems


def _of_snapshot(
    model: Model[Any, Any],
    reference: str,
    split: SplitName | None,
    scratch: Path,
    tell: Callable[[int, int | None], None],
) -> list[tuple[Item, Any]]:
    """Return what the model answered about the items of a snapshot, in manifest order."""
    from config.errors import InputError, Problem
    from containers.common.predictions import answer_items
    from corpus.snapshot import open_snapshot

    data = open_snapshot(reference)
    selected = model.task.select(data, scratch, tell)
    notes = list(selected.notes)
    if selected.snapshot.folder != data.folder:
        notes.append("to see their images in a report, cut them first: glyphline corpus cut")
    for note in notes:
        typer.secho(note if note.startswith("warning") else f"note: {note}", fg="yellow", err=True)
    items = [one for one in model.task.items(selected.samples) if split in (None, one.split)]
    if not items:
        found = f"no {model.task.family.noun}" + (f" in {split}" if split else "")
        remedy = f"Name another split, or a snapshot of {model.task.family.noun}s."
        raise InputError(Problem("predict.nothing", found, "at least one", remedy, reference))
    answers = answer_items(model, items, selected.snapshot, name=reference, progress=tell)
    return list(zip(answers.items, answers.answers, strict=True))


def _check_images(places: list[UPath], split: SplitName | None) -> None:
    from config.errors import InputError, Problem
    from corpus.snapshot import is_snapshot

    for place in places:
        if is_snapshot(place):
            found, remedy = "a snapshot among other images", "Read each snapshot by itself."
            raise InputError(Problem("predict.data", found, "one snapshot, or images", remedy, str(place)))
    if split:
        found, expected = "--split without a snapshot", "a snapshot"
        remedy = "Leave --split out, or import the images first: glyphline corpus import."
        raise InputError(Problem("predict.split", found, expected, remedy, str(places[0])))


def _check_out(out: UPath) -> None:
    """Refuse what could not be written in the end, before the work begins."""
    from config.errors import StateError
    from corpus.paths import local

    place = local(out)
    if place is not None and not place.parent.is_dir():
        raise StateError(f"{place.parent} is not a folder. Make it, or name another --out.")
    if place is not None and place.exists() and not place.is_file():
        raise StateError(f"{place} exists and is not a file. Name another --out.")
