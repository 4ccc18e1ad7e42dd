"""What a container image offers: to train a kind of model, and to open what was trained."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from config.family import Family
from containers.common.artifact import Artifact
from containers.common.entry import Stop
from containers.common.hyperparameters import TrainingSettings
from containers.common.progress import Tell

InputT_contra = TypeVar("InputT_contra", contravariant=True)
AnswerT_co = TypeVar("AnswerT_co", covariant=True)
SettingsT = TypeVar("SettingsT", bound=TrainingSettings)


class Predictor(Protocol[InputT_contra, AnswerT_co]):
    """An opened artifact: it knows its contract and forms its own batches.

    An answer depends on its own input alone, never on what else is asked at the same time.
    """

    @property
    def version(self) -> str:
        """Which model it is, told with every answer."""

    @property
    def threads(self) -> int:
        """How many may call `predict` at once."""

    def warm_up(self) -> None:
        """Load the weights and answer once of each kind: the first is slow, and no request is to be."""

    def predict(self, inputs: Iterable[InputT_contra]) -> Sequence[AnswerT_co]:
        """Return an answer for each of `inputs`; each is opened when it is asked for, and let go of soon.

        It loads the weights where `warm_up` has not, also where several threads come first.
        """


@dataclass(frozen=True, slots=True)
class Inputs:
    """Where a training finds its inputs and leaves its output, in a container or on a laptop.

    `data` and `replay` are snapshots (``FOLDER`` or ``FOLDER@HASH``) or folders of somebody's label files.
    `model` is the champion's artifact, packed or not; `out` receives the new one. Where `checkpoints` are
    `shared` with other trainings, this one's go into a folder of their own below it, whoever else trains.
    """

    data: str
    out: Path
    checkpoints: Path
    model: Path | None = None
    replay: str | None = None
    shared: bool = False


class Image(Protocol[SettingsT]):
    """A container image's code: `containers/{paddle,vision,vlm,tabular}/image.py` each have one, `IMAGE`."""

    @property
    def name(self) -> str:
        """As `training.image` of a family names it."""

    @property
    def tasks(self) -> frozenset[str]:
        """The tasks that it offers."""

    @property
    def settings(self) -> type[SettingsT]:
        """Its hyperparameters."""

    def train(
        self, family: Family, settings: SettingsT, inputs: Inputs, stop: Stop, tell: Tell
    ) -> Artifact | None:
        """Train a model of `family`; None if it was told to stop, or if another process delivers the model.

        An image that trains in several processes starts them here, and leaves with them.

        Raises:
            InputError: something that was given cannot be used.
            TrainingError: no good model came of it.
        """

    def open(self, artifact: Artifact, engine: str | None = None) -> Predictor[Any, Any]:
        """Return what runs `artifact`, quickly: `warm_up` loads it. `engine` None: the best that it has.

        Raises:
            ArtifactError: it is none of this image's, or has no model for `engine`.
        """
