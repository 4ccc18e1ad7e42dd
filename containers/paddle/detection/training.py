"""Train a detector from data to artifact: learn, export, prove."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import paddle

from config.errors import ConfigError, Problem
from config.family import DetectionFamily
from containers.common.artifact import Artifact, Description, Network, Parity
from containers.common.entry import Stop
from containers.common.errors import TrainingError
from containers.common.preprocessing import PagePreprocessing
from containers.common.progress import Tell, say
from containers.common.recogniser import Engine
from containers.paddle import networks
from containers.paddle.detection.pages import Page, load_pages, open_page_data
from containers.paddle.detection.parity import prove
from containers.paddle.detection.task import DetectionTask, engine_of
from containers.paddle.exporting import write_model
from containers.paddle.hyperparameters import Hyperparameters
from containers.paddle.inputs import Inputs
from containers.paddle.material import IMAGE, Material, deliver, open_champion, weights_in
from containers.paddle.recipe import Recipe
from containers.paddle.recognition.growth import carried_over
from containers.paddle.trainer import Outcome, load_weights, train, weights_of


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
        data = open_page_data(inputs.data, scratch / "data")
        replay = open_page_data(inputs.replay, scratch / "replay") if inputs.replay else None
        champion = open_champion(inputs, family.family, scratch)
        material = Material(family, recipe, settings, data, replay, champion)
        paddle.seed(settings.seed)
        network = networks.build_detector(recipe.network, recipe.options)
        _start(network, champion)
        task = _task(material, scratch)
        outcome = train(network, task, material.setup(inputs), stop, tell)
        if not outcome.finished or not outcome.leads:
            return None
        return _deliver(network, task.val, material, outcome, inputs.out, stop)


def _check(recipe: Recipe, settings: Hyperparameters) -> None:
    """Refuse what a detector would silently leave out."""
    if recipe.task != "detection":
        found = f"the recipe {recipe.recipe!r}, which trains for {recipe.task}"
        raise ConfigError(Problem("recipe.task", found, "one for detection", "Use 'db-mobile'."))
    if recipe.augmentation is not None:
        found = f"the recipe {recipe.recipe!r} has an augmentation"
        expected, remedy = "none: a detector sees random crops", "Take it out."
        raise ConfigError(Problem("recipe.augmentation", found, expected, remedy))
    if settings.pretrained is not None:
        found, expected = "pretrained weights", "none: they are for recognisers"
        raise ConfigError(Problem("job.pretrained", found, expected, "Continue from a champion instead."))
    if settings.distillation:
        found, expected = "a distillation", "none: it is for recognisers"
        raise ConfigError(Problem("job.distillation", found, expected, "Give old pages as replay instead."))


def _start(network: paddle.nn.Layer, champion: Artifact | None) -> None:
    """Give `network` the weights of the champion, if any."""
    if champion is None:
        return
    begun, account = carried_over(weights_of(network), weights_in(champion), (), (), str(champion.folder))
    load_weights(network, begun)
    say(f"continuing from {champion.version}: {account}")


def _task(material: Material[DetectionFamily], scratch: Path) -> DetectionTask:
    how, replay, settings = _preprocessing(material), material.replay, material.settings
    pages = load_pages([material.data], "train", how, scratch)
    old = load_pages([replay], "train", how, scratch / "replay") if replay else ()
    val = load_pages(material.sources, "val", how, scratch)
    say(f"pages: {len(pages):,} new, {len(old):,} to replay, {len(val):,} to validate on")
    batch_size = settings.optimisation(material.recipe, continuing=bool(material.champion)).batch_size
    return DetectionTask(pages, val, old, material.replay_ratio, how, batch_size, settings.seed)


def _preprocessing(material: Material[DetectionFamily]) -> PagePreprocessing:
    settings = material.family.detection.model_dump()
    return PagePreprocessing(**settings, grayscale=material.recipe.grayscale)


def _deliver(
    network: paddle.nn.Layer,
    val: Sequence[Page],
    material: Material[DetectionFamily],
    outcome: Outcome,
    out: Path,
    stop: Stop,
) -> Artifact:
    best = outcome.history[outcome.best_epoch - 1]
    if not best["val_hmean"]:
        raise TrainingError(
            f"after {outcome.epochs} epochs the network finds not one text of the validation pages. Train "
            "for more epochs or at another learning_rate, and look at whether the regions lie on the texts."
        )
    how = _preprocessing(material)
    description = Description(
        family=material.family.family,
        task="detection",
        image=IMAGE,
        network=Network(name=material.recipe.network, options=material.recipe.options),
        pages=how,
        provenance=material.provenance(outcome, val_hmean=best["val_hmean"]),
    )

    def write(folder: Path) -> None:
        write_model(network, [None, 3, None, None], folder)

    def proved(engine: Engine) -> Parity:
        return prove(engine_of(network), engine, val, how)

    return deliver(network, description, outcome.history, out, stop, write=write, prove=proved)
