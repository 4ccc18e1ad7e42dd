"""A training recipe: one file of `config/recipes/<task>/`, which a family names and settings may override."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from config.yaml_source import FileName, Settings, Share

RECIPES = Path(__file__).parent / "recipes"

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Recipe(Settings):
    """What every recipe declares, whatever kind of model it is for."""

    recipe: FileName
    description: str
    task: str
    images: Annotated[tuple[str, ...], Field(min_length=1)]
    """The container images that support it."""


class Optimisation(Settings):
    """How the weights of a network are optimised."""

    epochs: Annotated[int, Field(ge=1)]
    batch_size: Annotated[int, Field(ge=1)]
    optimiser: Literal["adam", "adamw"] = "adamw"
    learning_rate: Positive
    warmup_epochs: Annotated[float, Field(ge=0)] = 1.0
    hold: Share = 0.0
    """Share of the steps at the full rate; then it falls along a cosine to zero. 1: it stays constant."""
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    clip_norm: Positive | None = 5.0
    averaging: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Decay per step of the moving average of the weights that is validated and exported; 0: none."""
    patience: Annotated[int, Field(ge=1)] = 10
    """Epochs without a better validation after which training stops."""
    plateau_epochs: Annotated[int, Field(ge=2)] = 8
    """Epochs after which a model that still gives the same answer to everything is given up."""
    continue_epochs: Annotated[int, Field(ge=1)] | None = None
    """Epochs when training continues from a champion; None: the same number."""
    continue_learning_rate: Positive | None = None

    def continued(self) -> Optimisation:
        """Return the settings for continuing from a champion."""
        epochs = self.continue_epochs or self.epochs
        rate = self.continue_learning_rate or self.learning_rate
        return self.model_copy(update={"epochs": epochs, "learning_rate": rate})


class NetworkRecipe(Recipe):
    """A network and how it is trained."""

    network: str
    options: Mapping[str, Any] = Field(default_factory=dict)
    grayscale: bool = False
    optimisation: Optimisation
