"""`glyphline predict`: read a snapshot or any images with a trained model."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cli.output import progress, tell_problems

if TYPE_CHECKING:
    from upath import UPath

    from config.errors import Problem
    from containers.common.predictions import Unlabelled
    from containers.paddle.predict import Opened
    from evaluation.predictions import Prediction

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
    """Read every image with a trained model; of a snapshot, `glyphline evaluate` takes the result.

    Exit code 0: done; 1: some images could not be read, and are named; 2: nothing could be read.

    Example: `glyphline predict model/ data/receipts --split val --out predictions.jsonl`
    """
    import tempfile

    from containers.common.predictions import encode
    from containers.paddle.predict import open_trained
    from corpus.paths import as_path, write_whole

    target = as_path(out)
    _check_out(target)
    started_s = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        trained = open_trained(artifact, Path(scratch), engine)
        lines, problems = _read(trained, data, split)
    tell_problems(problems, None)
    if lines:
        write_whole(target, encode(lines))
    rate = len(lines) / (time.monotonic() - started_s)
    version = trained.artifact.version
    typer.echo(f"{len(lines):,} images read with model {version}, {rate:,.0f} a second: {out}", err=True)
    if problems:
        raise typer.Exit(1 if lines else 2)


def _read(
    trained: Opened, data: list[str], split: SplitName | None
) -> tuple[list[Prediction | Unlabelled], list[Problem]]:
    from config.errors import Problem
    from containers.common.predictions import images_in, predict_images, predict_snapshot
    from corpus.paths import as_path
    from corpus.sample import SPLITS
    from corpus.snapshot import is_snapshot, open_snapshot

    results: Iterable[Prediction | Unlabelled | Problem]
    places = [as_path(place) for place in data]
    with progress("reading") as tell:
        if len(places) > 1 or (places[0].exists() and not is_snapshot(places[0])):
            _check_images(places, split)
            paths = [path for place in places for path in images_in(place)]
            results = predict_images(trained.load(), paths, threads=trained.threads, progress=tell)
        else:
            snapshot = open_snapshot(data[0])
            chosen = (split,) if split else SPLITS
            results = predict_snapshot(
                trained.load(), snapshot, splits=chosen, threads=trained.threads, progress=tell
            )
        whole = list(results)
    problems = [one for one in whole if isinstance(one, Problem)]
    return [one for one in whole if not isinstance(one, Problem)], problems


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
