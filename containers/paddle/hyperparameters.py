"""What a caller may say to a training of this image; whatever is left out, the family and its recipe say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from config.protocol import MODEL
from config.recipe import NetworkRecipe, Optimisation, Positive
from containers.common.hyperparameters import TrainingSettings

Whole = Annotated[int, Field(ge=1)]


class Hyperparameters(TrainingSettings):
    """SageMaker's hyperparameters of this image."""

    of_channel: ClassVar[Mapping[str, tuple[str, ...]]] = {
        **TrainingSettings.of_channel,
        MODEL: ("distillation",),
    }
    without_effect: ClassVar[frozenset[str]] = TrainingSettings.without_effect | {
        "checkpoint_interval_s",
        "processes",
    }

    epochs: Whole | None = None
    batch_size: Whole | None = None
    learning_rate: Positive | None = None
    patience: Whole | None = None
    distillation: Annotated[float, Field(ge=0)] = 0.0
    """With the channel ``model``: how much staying with the champion's answers counts."""
    pretrained: str | None = None
    """URI of published weights to begin from; ``svtr-lcnet`` takes PP-OCRv5_mobile_rec's."""
    pretrained_sha256: Annotated[str, Field(pattern=r"^[0-9a-fA-F]{64}$")] | None = None
    find_learning_rate: bool = False
    """Try rates for a hundred steps before training, and take the one found."""
    checkpoint_interval_s: Positive = 60.0
    processes: Annotated[int, Field(ge=0)] = 0
    """That train together; 0: one for each GPU, or one."""

    @model_validator(mode="after")
    def _checked_if_fetched(self) -> Hyperparameters:
        if (self.pretrained is None) != (self.pretrained_sha256 is None):
            raise ValueError("pretrained and pretrained_sha256 together")
        return self

    def optimisation(self, recipe: NetworkRecipe, *, continuing: bool) -> Optimisation:
        """Return the recipe's optimisation with what was said here in its place."""
        chosen = recipe.optimisation.continued() if continuing else recipe.optimisation
        names = ("epochs", "batch_size", "learning_rate", "patience")
        said = {name: value for name in names if (value := getattr(self, name)) is not None}
        return chosen.model_copy(update=said)
