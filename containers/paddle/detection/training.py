"""Train a detector from data to artifact: learn, export, prove."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import paddle

from config.errors import ConfigError, Problem
from config.family import DetectionFamily
from containers.common import artifact as artifacts
from containers.common.artifact import Artifact
from containers.common.entry import Stop
from containers.common.errors import TrainingError
from containers.common.preprocessing import PagePreprocessing
from containers.common.progress import Tell
from containers.paddle import networks
from containers.paddle.detection.pages import Page, load_pages, open_page_data
from containers.paddle.detection.parity import prove
from containers.paddle.detection.task import DetectionTask, engine_of
from containers.paddle.engines import open_engine
from containers.paddle.exporting import write_model
from containers.paddle.hyperparameters import Hyperparameters
from containers.paddle.inputs import Inputs
from containers.paddle.recipe import Recipe
from containers.paddle.recognition.growth import carried_over
from containers.paddle.recognition.training import IMAGE, WEIGHTS
from containers.paddle.trainer import Outcome, Setup, load_weights, train, weights_of
from corpus.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class _Material:
    """What a training is made of."""

    family: DetectionFamily
    recipe: Recipe
    settings: Hyperparameters
    data: Snapshot
    replay: Snapshot | None
    champion: Artifact | None

    @property
    def how(self) -> PagePreprocessing:
        return PagePreprocessing(**self.family.detection.model_dump(), grayscale=self.recipe.grayscale)

    @property
    def identity(self) -> str:
        """What a checkpoint must agree with."""
        parts = (
            self.family.model_dump_json(),
            self.recipe.model_dump_json(),
            self.settings.model_dump_json(),
            self.data.description.hash,
            self.replay.description.hash if self.replay else "",
            self.champion.version if self.champion else "",
        )
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def train_detector(
    family: DetectionFamily, recipe: Recipe, settings: Hyperparameters, inputs: Inputs, stop: Stop, tell: Tell
) -> Artifact | None:
    """Train, export and prove a detector; its artifact lies in ``inputs.out`` then.

    Returns None if it was told to stop; a checkpoint is in ``inputs.checkpoints`` then.

    Raises:
        InputError: data, champion or recipe cannot be used.
        TrainingError: training diverged or learnt nothing, or the export is not the trained network.
    """
    _check(recipe, settings)
    with tempfile.TemporaryDirectory(prefix="glyphline-") as folder:
        scratch = Path(folder)
        material = _gather(family, recipe, settings, inputs, scratch)
        paddle.seed(settings.seed)
        network = networks.build_detector(recipe.network, recipe.options)
        _start(network, material.champion)
        optimisation = settings.optimisation(recipe, continuing=material.champion is not None)
        task = _task(material, optimisation.batch_size, scratch)
        setup = Setup(
            optimisation,
            settings.seed,
            inputs.checkpoints,
            material.identity,
            settings.checkpoint_interval_s,
            find_rate=settings.find_learning_rate,
        )
        outcome = train(network, task, setup, stop, tell)
        if not outcome.finished or not outcome.leads:
            return None
        return _deliver(network, task.val, material, outcome, inputs)


def _check(recipe: Recipe, settings: Hyperparameters) -> None:
    """Refuse what a detector would silently leave out."""
    if recipe.task != "detection":
        found = f"the recipe {recipe.recipe!r}, which trains for {recipe.task}"
        raise ConfigError(Problem("recipe.task", found, "one for detection", "Use 'db-mobile'."))
    if recipe.augmentation is not None:
        found = f"the recipe {recipe.recipe!r} has an augmentation"
        expected, remedy = "none: a detector sees random crops", "Take it out."
        raise ConfigError(Problem("recipe.augmentation", found, expected, remedy))
    if settings.distillation:
        found, expected = "a distillation", "none: it is for recognisers"
        raise ConfigError(Problem("job.distillation", found, expected, "Give old pages as replay instead."))


def _gather(
    family: DetectionFamily, recipe: Recipe, settings: Hyperparameters, inputs: Inputs, scratch: Path
) -> _Material:
    data = open_page_data(inputs.data, scratch / "data")
    replay = open_page_data(inputs.replay, scratch / "replay") if inputs.replay else None
    champion = None
    if inputs.model is not None:
        champion = artifacts.open_artifact(inputs.model, scratch)
        champion.require(family=family.family, image=IMAGE)
    return _Material(family, recipe, settings, data, replay, champion)


def _start(network: paddle.nn.Layer, champion: Artifact | None) -> None:
    """Give `network` the weights of the champion, if any."""
    if champion is None:
        return
    with np.load(champion.file(WEIGHTS), allow_pickle=False) as archive:
        weights = {name: archive[name] for name in archive.files}
    begun, account = carried_over(weights_of(network), weights, (), (), str(champion.folder))
    load_weights(network, begun)
    _say(f"continuing from {champion.version}: {account}")


def _task(material: _Material, batch_size: int, scratch: Path) -> DetectionTask:
    how, replay = material.how, material.replay
    sources = [one for one in (material.data, replay) if one is not None]
    pages = load_pages([material.data], "train", how, scratch)
    old = load_pages([replay], "train", how, scratch / "replay") if replay else ()
    val = load_pages(sources, "val", how, scratch)
    _say(f"pages: {len(pages):,} new, {len(old):,} to replay, {len(val):,} to validate on")
    settings = material.settings
    return DetectionTask(pages, val, old, settings.replay_ratio, how, batch_size, settings.seed)


def _deliver(
    network: paddle.nn.Layer, val: Sequence[Page], material: _Material, outcome: Outcome, inputs: Inputs
) -> Artifact:
    """Export, prove and describe; only what passed all of it appears in the model folder."""
    best = outcome.history[outcome.best_epoch - 1]
    if not best["val_hmean"]:
        raise TrainingError(
            f"after {outcome.epochs} epochs the network finds not one text of the validation pages. Train "
            "for more epochs or at another learning_rate, and look at whether the regions lie on the texts."
        )
    network.eval()
    with artifacts.delivered(inputs.out) as staging:
        write_model(network, [None, 3, None, None], staging)
        (staging / "history.json").write_text(json.dumps(list(outcome.history), indent=1) + "\n")
        np.savez(staging / WEIGHTS, allow_pickle=False, **weights_of(network))
        description = _description(material, outcome, best["val_hmean"])
        exported = artifacts.complete(staging, description)
        parity = {}
        for name in ("paddle", "onnx"):
            parity[name] = prove(engine_of(network), open_engine(exported, name), val, material.how)
            _say(f"{name}: equal on {len(val):,} pages, {parity[name].largest_difference:.1e} off")
        artifacts.complete(staging, exported.description.model_copy(update={"parity": parity}))
    return artifacts.open_artifact(inputs.out, inputs.out)


def _description(material: _Material, outcome: Outcome, hmean: float) -> artifacts.Description:
    return artifacts.Description(
        family=material.family.family,
        task="detection",
        image=IMAGE,
        network=artifacts.Network(name=material.recipe.network, options=material.recipe.options),
        pages=material.how,
        provenance=artifacts.Provenance(
            recipe=material.recipe.recipe,
            data=material.data.description.hash,
            replay=material.replay.description.hash if material.replay else None,
            parent=material.champion.version if material.champion else None,
            seed=material.settings.seed,
            epochs=outcome.epochs,
            steps=outcome.steps,
            val_hmean=hmean,
            versions=artifacts.versions(paddlepaddle=paddle.version.full_version),
        ),
    )


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - a job's log is its standard output
