"""The stub's `IMAGE`: training counts samples, and answers are right but for a share that it is told."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kinds import EXAMPLES
from PIL import Image as Pictures

from config.family import Family
from config.tasks import load_recipe
from containers.common.artifact import Artifact
from containers.common.description import Description, Network, Parity
from containers.common.entry import Stop
from containers.common.handover import Trained, hand_over
from containers.common.hyperparameters import TrainingSettings
from containers.common.material import gathered
from containers.common.model import Image, Inputs, Predictor
from containers.common.progress import Tell
from stub.seeing import seen


class StubSettings(TrainingSettings):
    """`errors`: the share of items that the model is to answer wrong."""

    errors: float = 0.0


@dataclass(frozen=True, slots=True)
class StubPredictor:
    """Answers what its input says; wrong where the hash of that falls below its share of errors."""

    version: str
    task: str
    errors: float
    threads: int = 2

    def warm_up(self) -> None:
        """Do nothing: there is nothing to load."""

    def predict(self, inputs: Iterable[Any]) -> list[Any]:
        """Return an answer for each input: an image, a table, or a pair of an image and a prompt."""
        return [self._answer(one) for one in inputs]

    def _answer(self, given: Any) -> Any:
        image = given[0] if isinstance(given, tuple) else given
        truth: Mapping[str, Any] = seen(image) if isinstance(image, Pictures.Image) else given
        place = int.from_bytes(hashlib.blake2b(repr(truth["id"]).encode(), digest_size=4).digest()) / 2**32
        return EXAMPLES[self.task].answer(truth, place < self.errors)


@dataclass(frozen=True, slots=True)
class StubImage:
    """Offers every task that has an example."""

    name: str = "stub"
    tasks: frozenset[str] = frozenset(EXAMPLES)
    settings: type[StubSettings] = StubSettings

    def train(
        self, family: Family, settings: StubSettings, inputs: Inputs, stop: Stop, tell: Tell
    ) -> Artifact | None:
        """Deliver a model whose training has a history of steps, and no epochs."""
        recipe = load_recipe(family, settings.recipe)
        with tempfile.TemporaryDirectory() as scratch:
            material = gathered(family, recipe, settings, inputs, self.name, Path(scratch))
            count = sum(one.description.samples for one in material.sources)
            description = Description(
                family=family.family,
                task=family.task,
                image=self.name,
                network=Network(name="stub", options={"errors": settings.errors}),
                contract=EXAMPLES[family.task].contract,
                provenance=material.provenance({family.headline: 0.5}, epochs=None, steps=count),
            )
            history = [{"step": float(count), "train_loss": 0.5}]
            parity = Parity(images=count, mismatches=0, largest_difference=0.0, tolerance=0.0)
            return hand_over(
                Trained(family, description, history, {}),
                inputs.out,
                stop,
                write=lambda folder: (folder / "model.stub").write_bytes(b"nothing"),
                proofs={"stub": lambda _: parity},
            )

    def open(self, artifact: Artifact, engine: str | None = None) -> Predictor[Any, Any]:
        """Return what answers as `artifact` was told to."""
        about = artifact.description
        return StubPredictor(artifact.version, about.task, float(about.network.options["errors"]))


IMAGE: Image[StubSettings] = StubImage()
