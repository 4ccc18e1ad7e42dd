"""From what a training of this image was told to how it trains."""

from __future__ import annotations

from typing import Any

from config.recipe import NetworkRecipe, Optimisation
from containers.common.material import Material
from containers.common.model import Inputs
from containers.paddle.hyperparameters import Hyperparameters
from containers.paddle.trainer import Setup

Told = Material[Any, NetworkRecipe, Hyperparameters]


def optimisation_of(material: Told) -> Optimisation:
    """Return the recipe's optimisation, with what the hyperparameters say in its place."""
    return material.settings.optimisation(material.recipe, continuing=material.champion is not None)


def setup_of(material: Told, inputs: Inputs) -> Setup:
    """Return how to train."""
    settings = material.settings
    return Setup(
        optimisation_of(material),
        settings.seed,
        material.checkpoints(inputs),
        material.identity,
        inputs.shared,
        settings.checkpoint_interval_s,
        find_rate=settings.find_learning_rate,
    )
