"""What a caller may say to a training of this image; whatever is left out, the family and its recipe say."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from config.yaml_source import Settings
from containers.paddle.recipe import Optimisation, Positive, Recipe

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Whole = Annotated[int, Field(ge=1)]


class Hyperparameters(Settings):
    """SageMaker's hyperparameters of this image."""

    family: str
    """A name in `config/families/`, or of the ``family.yaml`` in the channel ``config``."""
    recipe: str | None = None
    epochs: Whole | None = None
    batch_size: Whole | None = None
    learning_rate: Positive | None = None
    patience: Whole | None = None
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    replay_ratio: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    """With the channel ``replay``: old lines in each epoch, for one new line; None: one."""
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
    snapshot: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    """Hash of the snapshot that a pipeline took the data from, for the artifact's provenance."""
    examine: bool = True
    """The data first. A pipeline has examined all of it, and a small increment alone would say too little."""

    @model_validator(mode="after")
    def _checked_if_fetched(self) -> Hyperparameters:
        if (self.pretrained is None) != (self.pretrained_sha256 is None):
            raise ValueError("pretrained and pretrained_sha256 together")
        return self

    def optimisation(self, recipe: Recipe, *, continuing: bool) -> Optimisation:
        """Return the recipe's optimisation with what was said here in its place."""
        chosen = recipe.optimisation.continued() if continuing else recipe.optimisation
        names = ("epochs", "batch_size", "learning_rate", "patience")
        said = {name: value for name in names if (value := getattr(self, name)) is not None}
        return chosen.model_copy(update=said)
