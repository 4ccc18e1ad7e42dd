"""`glyphline predict`: what a trained model answers about a snapshot or any images."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from cli import completion
from cli.data import snapshot_of
from cli.names import plain, snapshot
from cli.options import FormatOption, ModelArgument
from cli.output import print_json, progress, tell_next, tell_problems

if TYPE_CHECKING:
    from upath import UPath

    from config.errors import Problem
    from containers.common.predictions import Model
    from corpus.items import Item

SplitName = Literal["train", "val", "test", "golden"]  # as in corpus.sample, whose import costs 0.1 s
EngineName = Literal["onnx", "paddle"]

Engine = Annotated[
    EngineName | None, typer.Option(help="What runs the model; default: onnx where the artifact has it.")
]


def predict(
    model: ModelArgument,
    data: Annotated[
        list[str],
        typer.Argument(
            metavar="DATA",
            help="A snapshot (FOLDER or FOLDER@HASH), data in --format, or images: files and folders.",
            show_default=False,
            autocompletion=completion.snapshots,
        ),
    ],
    out: Annotated[
        str | None,
        typer.Option(help="The .jsonl file to write; of one image alone, default: standard output."),
    ] = None,
    split: Annotated[SplitName | None, typer.Option(help="Of a snapshot: this split alone.")] = None,
    engine: Engine = None,
    format_name: FormatOption = None,
) -> None:
    """Ask a model about images or a snapshot: what it answers.

    The answer to one image is printed as JSON; those to more go to a file, and of a snapshot
    `glyphline evaluate` takes it. Exit code 0: done; 1: some images could not be read, and are named; 2:
    nothing could be read.

    Example: `glyphline predict pid-rec/2 data/receipts --split val --out predictions.jsonl`
    """
    import tempfile

    from cli.models import model_here
    from corpus.paths import as_path, write_whole
    from evaluation.wording import counted
    from tasks.answers import lines

    places = [plain(one) for one in data]
    target = None if out is None else as_path(plain(out))
    _check_out(target, places, format_name)
    started_s = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch, model_here(model, Path(scratch)) as place:
        version, opened = _opened(place, Path(scratch), engine)
        task = opened.task
        if format_name is not None:
            places = [snapshot_of(one, format_name, task.family) for one in places]
        pairs, problems = _answers(opened, places, split, Path(scratch))
    tell_problems(problems, None)
    answered = b"".join(lines(task, pairs))
    if pairs and target is not None:
        write_whole(target, answered)
    elif pairs:
        print_json(answered)
    rate = len(pairs) / (time.monotonic() - started_s)
    done, where = counted(len(pairs), task.family.noun), "" if out is None else f": {out}"
    typer.echo(f"{done} answered by model {version}, {rate:,.1f} a second{where}", err=True)
    if pairs and out is not None and _is_one_snapshot(places):
        tell_next("evaluate", out, *_of_task(task.family.task), "--images", places[0].partition("@")[0])
    if problems:
        raise typer.Exit(1 if pairs else 2)


def _opened(place: Path, scratch: Path, engine: EngineName | None) -> tuple[str, Model[Any, Any]]:
    """Return the model at `place`, ready to be asked, and its version."""
    from containers.common.artifact import open_artifact
    from containers.common.dispatch import image_of
    from containers.common.predictions import Model
    from containers.common.shipped import served_task

    trained = open_artifact(place, scratch / "model")
    task = served_task(trained)
    return trained.version, Model(task, image_of(trained.description.image).open(trained, engine))


def _of_task(task: str) -> tuple[str, ...]:
    """Return how `glyphline evaluate` is told of a task that it does not presume: by any family of it."""
    from cli.evaluate import FIRST_TASK

    family = next(iter(completion.families_of(task)), None)
    return () if task == FIRST_TASK or family is None else ("--family", family)


def _answers(
    model: Model[Any, Any], data: list[str], split: SplitName | None, scratch: Path
) -> tuple[list[tuple[Item, Any]], list[Problem]]:
    """Return what the model answered, and what could not be asked."""
    from config.errors import Problem
    from containers.common.predictions import answer_images, images_in
    from corpus.paths import as_path

    places = [as_path(place) for place in data]
    with progress("asking") as tell:
        if _is_one_snapshot(data):
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

    data = snapshot(reference)
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


def _is_one_snapshot(places: list[str]) -> bool:
    from corpus.paths import as_path
    from corpus.snapshot import is_snapshot

    return len(places) == 1 and (is_snapshot(as_path(places[0])) or not as_path(places[0]).exists())


def _check_out(out: UPath | None, places: list[str], format_name: str | None) -> None:
    """Refuse what could not be written in the end, before the work begins."""
    from config.errors import InputError, Problem, StateError
    from corpus.paths import as_path, local

    if out is None:
        one = as_path(places[0])
        if len(places) == 1 and one.is_file() and format_name is None:
            return
        if not one.exists():
            snapshot(places[0])  # an image that is not there is no matter of --out
        found, expected = "no --out", "where the answers to more than one image go"
        raise InputError(Problem("predict.out", found, expected, "Say it: --out predictions.jsonl."))
    place = local(out)
    if place is not None and not place.parent.is_dir():
        raise StateError(f"{place.parent} is not a folder. Make it, or name another --out.")
    if place is not None and place.exists() and not place.is_file():
        raise StateError(f"{place} exists and is not a file. Name another --out.")
    if out.exists():
        raise StateError(f"{out} exists already. Name another --out, or remove it.")
