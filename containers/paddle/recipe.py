"""A training recipe: one file of `recipes/`, which a family names and hyperparameters may override."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from config.yaml_source import FileName, Settings, load_named, names_in

RECIPES = Path(__file__).parent / "recipes"

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]


class Augmentation(Settings):
    """How far training images are changed at random; 0 leaves a property as it is."""

    from_epoch: Annotated[int, Field(ge=0)] = 0
    """Earlier epochs see the images as they are: a CTC network leaves its all-blank plateau sooner."""
    join: Share = 0.0
    """Share of lines that are joined with another one, each at half its width (family: ``stretch``)."""
    shift: Share = 0.04
    """Of the height; along the line, too."""
    stretch: Share = 0.1
    shear: Share = 0.08
    """Pixels along the line for each pixel of height."""
    slope: Share = 0.03
    """Pixels of height for each pixel along the line."""
    stroke: Share = 0.15
    """Share of images whose strokes are made thicker or thinner."""
    blur: Share = 0.1
    """Share of images that are blurred."""
    contrast: Share = 0.2
    brightness: Share = 0.08
    noisy: Share = 0.3
    """Share of images with noise."""
    noise: Share = 0.04
    """Its largest standard deviation, of the range from black to white."""


class Optimisation(Settings):
    """How the weights are found."""

    epochs: Annotated[int, Field(ge=1)]
    batch_size: Annotated[int, Field(ge=1)]
    optimiser: Literal["adam", "adamw"] = "adamw"
    learning_rate: Positive
    warmup_epochs: Annotated[float, Field(ge=0)] = 1.0
    hold: Share = 0.0
    """Share of the steps at the full rate; then it falls along a cosine to zero. 1: it stays."""
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    clip_norm: Positive | None = 5.0
    averaging: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Decay per step of the moving average of the weights that is validated and exported; 0: none."""
    patience: Annotated[int, Field(ge=1)] = 10
    """Epochs without a better validation after which training ends."""
    plateau_epochs: Annotated[int, Field(ge=2)] = 8
    """Epochs after which a recogniser that still reads nothing is given up."""
    continue_epochs: Annotated[int, Field(ge=1)] | None = None
    """Epochs where training continues from a champion; None: as many."""
    continue_learning_rate: Positive | None = None

    def continued(self) -> Optimisation:
        """Return how to go on from a champion."""
        epochs = self.continue_epochs or self.epochs
        rate = self.continue_learning_rate or self.learning_rate
        return self.model_copy(update={"epochs": epochs, "learning_rate": rate})


class Recipe(Settings):
    """A network and how it is trained."""

    recipe: FileName
    description: str
    task: Literal["recognition", "detection"]
    network: str
    options: Mapping[str, Any] = Field(default_factory=dict)
    grayscale: bool = False
    optimisation: Optimisation
    augmentation: Augmentation | None = None


def load_recipe(name_or_path: str | Path) -> Recipe:
    """Return a recipe by its name, or from the path of any YAML file.

    Raises:
        ConfigError: no such recipe, or its file is wrong (with file, line, key and the nearest name).
    """
    return load_named(name_or_path, RECIPES, Recipe, "recipe")


def recipe_names() -> list[str]:
    """Return the names of the recipes of this image."""
    return names_in(RECIPES)
