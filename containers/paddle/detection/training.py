"""Train a detector from data to artifact: learn, export, prove."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import paddle

from config.errors import ConfigError, Problem
from config.tasks.detection import DetectionFamily, DetectionRecipe
from containers.common.artifact import Artifact
from containers.common.champion import weights_in
from containers.common.description import Parity
from containers.common.entry import Stop
from containers.common.errors import TrainingError
from containers.common.growth import carried_over
from containers.common.material import Material, gathered
from containers.common.model import Inputs
from containers.common.progress import Tell, say
from containers.paddle import networks
from containers.paddle.detection.objective import DetectionObjective, engine_of
from containers.paddle.detection.pages import Page, load_pages
from containers.paddle.detection.parity import prove
from containers.paddle.exporting import write_model
from containers.paddle.handover import deliver, described
from containers.paddle.hyperparameters import Hyperparameters
from containers.paddle.image import IMAGE
from containers.paddle.setup import optimisation_of, setup_of
from containers.paddle.trainer import Outcome, load_weights, train, weights_of
from containers.runtime.engine import Engine
from tasks.detection.contract import Contract, PagePreprocessing

Pages = Material[DetectionFamily, DetectionRecipe, Hyperparameters]
"""What a detector is trained on, and how."""


def train_detector(
    family: DetectionFamily,
    recipe: DetectionRecipe,
    settings: Hyperparameters,
    inputs: Inputs,
    stop: Stop,
    tell: Tell,
) -> Artifact | None:
    """Train, export and prove a detector; its artifact lies in ``inputs.out`` then.

    Returns None if it was told to stop; a checkpoint is in ``inputs.checkpoints`` then.

    Raises:
        InputError: data, champion or recipe cannot be used.
        TrainingError: training diverged or learnt nothing, or the export is not the trained network.
    """
    _check(settings)
    with tempfile.TemporaryDirectory(prefix="glyphline-") as folder:
        scratch = Path(folder)
        material = gathered(family, recipe, settings, inputs, IMAGE.name, scratch)
        paddle.seed(settings.seed)
        network = networks.build_detector(recipe.network, recipe.options)
        _start(network, material.champion)
        objective = _objective(material, scratch)
        outcome = train(network, objective, setup_of(material, inputs), stop, tell)
        if not outcome.finished or not outcome.leads:
            return None
        return _deliver(network, objective.val, material, outcome, inputs.out, stop)


def _check(settings: Hyperparameters) -> None:
    """Refuse what a detector would silently leave out."""
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
    begun, account = carried_over(weights_of(network), weights_in(champion), str(champion.folder))
    load_weights(network, begun)
    say(f"continuing from {champion.version}: {account}")


def _objective(material: Pages, scratch: Path) -> DetectionObjective:
    how, replay = _preprocessing(material), material.replay
    pages = load_pages([material.data], "train", how, scratch)
    old = load_pages([replay], "train", how, scratch / "replay") if replay else ()
    val = load_pages(material.sources, "val", how, scratch)
    say(f"pages: {len(pages):,} new, {len(old):,} to replay, {len(val):,} to validate on")
    batch_size, seed = optimisation_of(material).batch_size, material.settings.seed
    return DetectionObjective(pages, val, old, material.replay_ratio, how, batch_size, seed)


def _preprocessing(material: Pages) -> PagePreprocessing:
    settings = material.family.detection.model_dump()
    return PagePreprocessing(**settings, grayscale=material.recipe.grayscale)


def _deliver(
    network: paddle.nn.Layer,
    val: Sequence[Page],
    material: Pages,
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
    description = described(material, outcome, Contract(pages=how), {"hmean": best["val_hmean"]})

    def write(folder: Path) -> None:
        write_model(network, [None, 3, None, None], folder)

    def proved(engine: Engine) -> Parity:
        return prove(engine_of(network), engine, val, how)

    return deliver(network, material.family, description, outcome, out, stop, write=write, prove=proved)
