"""A kind of model lives through the house: data, two trainings, two evaluations, a registry, answers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from kinds import EXAMPLES
from kinds.example import Example
from stub.seeing import drawn
from upath import UPath

import config.tasks
import tasks
from config.family import Family
from config.images import IMAGES
from config.protocol import ML_ROOT_VARIABLE
from containers.common.contract import Job
from containers.common.delivery import write_nothing
from containers.common.dispatch import main
from corpus.images import put_image
from corpus.sample import Sample
from corpus.snapshot import Snapshot, open_snapshot, write_snapshot
from corpus.splits import SplitPolicy, split_of
from pipelines.local.packing import pack

FIRST, MORE = 300, 150
_A_GROUP = 3
_SPLITS = SplitPolicy(val=0.2, test=0.2, golden=0.2)
_EXAMINE = """\
examine: {min_samples_per_split: 5, max_split_divergence: 1.0}
gate: {max_error: 0.6}
"""


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of the pipeline's jobs left behind."""

    model: Path
    """The folder with `model.tar.gz`."""
    prepared: Path
    """The folder of train, replay and heldout."""
    evaluation: Path
    decision: Mapping[str, Any]


@contextmanager
def every_kind_known() -> Iterator[None]:
    """Let the house know every example's task, and the stub image."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(IMAGES, "stub", "stub")
        for task, example in EXAMPLES.items():
            if example.family is None:
                family = config.tasks.TASKS[task]
                patch.setattr(family, "images", (*family.images, "stub"))
            else:
                patch.setitem(config.tasks.TASKS, task, example.family)
                patch.setitem(tasks.TASKS, task, f"kinds.{task}")
        yield


def write_family(folder: Path, task: str) -> Family:
    """Write the family of an example, and return it."""
    example = EXAMPLES[task]
    folder.mkdir(parents=True)
    (folder / "recipe.yaml").write_text(
        f"recipe: stub\ndescription: nothing is learnt\ntask: {task}\nimages: [stub]\n{example.recipe}"
    )
    (folder / "family.yaml").write_text(
        f"family: stub-{task}\ndescription: a stub\ntask: {task}\n{example.section}\n"
        f"training: {{image: stub, recipe: ./recipe.yaml}}\n{_EXAMINE}"
    )
    return config.tasks.load_family(folder / "family.yaml")


def write_data(folder: Path, example: Example, numbers: Iterable[int]) -> Snapshot:
    """Write a snapshot of the truths of `numbers`, or grow the one in `folder`."""
    parent = open_snapshot(str(folder)) if (folder / "snapshot.json").exists() else None
    folder.mkdir(parents=True, exist_ok=True)
    samples = [one for n in numbers for one in _samples(UPath(folder), example, n, frozen=parent is not None)]
    return write_snapshot(UPath(folder), samples, (), policy=_SPLITS, form="NFC", parent=parent)


def _samples(folder: UPath, example: Example, n: int, *, frozen: bool) -> Iterator[Sample]:
    truth = example.truth(n)
    group = f"group {n // _A_GROUP}"
    split = split_of(group, _SPLITS, golden_is_frozen=frozen)
    image: dict[str, Any] = {}
    if example.with_image:
        path, sha256 = put_image(folder, drawn(truth, n), "PNG")
        image = {"image": path, "sha256": sha256, "width": 64, "height": 80}
    for k, labels in enumerate(example.labels(truth)):
        yield Sample(id=f"{n}/{k}", group=group, source="made-up", split=split, **image, **labels)


def run(root: Path, data: Snapshot, config_: Path, champion: Path | None, errors: float) -> Run:
    """Run the jobs of the pipeline one after the other, as its steps do."""
    snapshot = data.description.hash
    given: dict[str, Path | None] = {"data": Path(str(data.folder)), "config": config_}
    done(_processing(root / "examine", given), "examine", "--snapshot", snapshot)
    prepared = _processing(root / "prepare", {**given, "champion": champion})
    done(prepared, "prepare", "--snapshot", snapshot)
    train = Job(root / "train")
    out = prepared.root / "processing" / "output"
    _link(train.root / "input" / "data", {"data": out / "train", "replay": out / "replay", "model": champion})
    _link(train.root / "input" / "data", {"config": config_})
    (train.root / "input" / "config").mkdir(parents=True)
    said = {"family": "stub", "snapshot": snapshot, "examine": "false", "errors": str(errors)}
    (train.root / "input" / "config" / "hyperparameters.json").write_text(json.dumps(said))
    done(train, "train")
    pack(train.model, root / "packed" / "model.tar.gz")
    inputs = {"model": root / "packed", "champion": champion, "heldout": out / "heldout", "config": config_}
    evaluate = _processing(root / "evaluate", inputs)
    done(evaluate, "evaluate")
    evaluation = evaluate.processing_output("evaluation")
    return Run(root / "packed", out, evaluation, json.loads((evaluation / "decision.json").read_text()))


def done(job: Job, *words: str) -> None:
    """Run a job of the stub image; what it says of a failure fails the test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(ML_ROOT_VARIABLE, str(job.root))
        code = main("stub", words)
    assert code == 0, job.failure.read_text() if job.failure.exists() else words


def _processing(root: Path, inputs: Mapping[str, Path | None]) -> Job:
    (root / "config").mkdir(parents=True)
    (root / "config" / "processingjobconfig.json").write_text("{}")
    _link(root / "processing" / "input", inputs)
    return Job(root)


def _link(folder: Path, places: Mapping[str, Path | None]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, place in places.items():
        if place is None or not any(place.iterdir()):
            (folder / name).mkdir()
            write_nothing(folder / name, "there is none")
        else:
            (folder / name).symlink_to(place)
