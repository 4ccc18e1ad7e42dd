"""What a training of this image is made of, whatever it teaches; and what becomes of it in the end."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
import paddle
from numpy.typing import NDArray

from config.family import DetectionFamily, Family
from containers.common import artifact as artifacts
from containers.common.artifact import Artifact, Description, Parity, Provenance
from containers.common.delivery import delivered
from containers.common.entry import Stop
from containers.common.progress import say
from containers.common.recogniser import Engine
from containers.paddle.engines import EngineName, open_engine
from containers.paddle.hyperparameters import Hyperparameters
from containers.paddle.inputs import Inputs
from containers.paddle.recipe import Recipe
from containers.paddle.trainer import Outcome, Setup, weights_of
from corpus.snapshot import Snapshot

IMAGE = "paddle"
_WEIGHTS = "weights.npz"
_ENGINES: tuple[EngineName, ...] = ("paddle", "onnx")

FamilyT = TypeVar("FamilyT", Family, DetectionFamily)


@dataclass(frozen=True, slots=True)
class Material(Generic[FamilyT]):
    """Everything that decides what comes of a training."""

    family: FamilyT
    recipe: Recipe
    settings: Hyperparameters
    data: Snapshot
    replay: Snapshot | None
    champion: Artifact | None

    @property
    def sources(self) -> list[Snapshot]:
        """The snapshots whose val splits validate it: nothing old may get worse unseen."""
        return [self.data] if self.replay is None else [self.data, self.replay]

    @property
    def replay_ratio(self) -> float:
        """How many old samples are replayed for one new one."""
        return 1.0 if self.settings.replay_ratio is None else self.settings.replay_ratio

    def setup(self, inputs: Inputs) -> Setup:
        """Return how to train: the recipe's way, with what the hyperparameters say in its place."""
        settings, identity = self.settings, self._identity()
        return Setup(
            settings.optimisation(self.recipe, continuing=self.champion is not None),
            settings.seed,
            inputs.checkpoints / identity[:12] if inputs.shared else inputs.checkpoints,
            identity,
            inputs.shared,
            settings.checkpoint_interval_s,
            find_rate=settings.find_learning_rate,
        )

    def _identity(self) -> str:
        """Return what a checkpoint must agree with."""
        parts = (
            self.family.model_dump_json(),
            self.recipe.model_dump_json(),
            self.settings.model_dump_json(exclude={"checkpoint_interval_s", "examine", "processes"}),
            self.data.description.hash,
            self.replay.description.hash if self.replay else "",
            self.champion.version if self.champion else "",
        )
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def provenance(self, outcome: Outcome, **figures: float) -> Provenance:
        """Return where a model of this training comes from; `figures` are those of its best epoch."""
        return Provenance.model_validate(
            {
                "recipe": self.recipe.recipe,
                "data": self.data.description.hash,
                "snapshot": self.settings.snapshot,
                "replay": self.replay.description.hash if self.replay else None,
                "parent": self.champion.version if self.champion else None,
                "seed": self.settings.seed,
                "epochs": outcome.epochs,
                "steps": outcome.steps,
                "versions": artifacts.versions(paddlepaddle=paddle.version.full_version),
                **figures,
            }
        )


def open_champion(inputs: Inputs, family: str, scratch: Path) -> Artifact | None:
    """Return the artifact to continue from, if there is one.

    Raises:
        ArtifactError: it is not whole, or another family's.
    """
    if inputs.model is None:
        return None
    with artifacts.given_as(str(inputs.model)):
        champion = artifacts.open_artifact(inputs.model, scratch)
        champion.require(family=family, image=IMAGE)
    return champion


def weights_in(artifact: Artifact) -> dict[str, NDArray[Any]]:
    """Return the trained weights of `artifact` by name."""
    with np.load(artifact.file(_WEIGHTS), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def deliver(
    network: paddle.nn.Layer,
    description: Description,
    history: Sequence[Mapping[str, float]],
    out: Path,
    stop: Stop,
    *,
    write: Callable[[Path], None],
    prove: Callable[[Engine], Parity],
) -> Artifact:
    """Export, prove and describe; only what passed all of it appears in the model folder.

    `write` exports the network into a folder; `prove` holds an exported model against the network.

    Raises:
        TrainingError: an exported model is not the network.
        StoppedError: it was told to stop; nothing was delivered.
    """
    network.eval()
    with delivered(out, last=artifacts.DESCRIPTION) as staging:
        write(staging)
        (staging / "history.json").write_text(json.dumps(list(history), indent=1) + "\n")
        np.savez(staging / _WEIGHTS, allow_pickle=False, **weights_of(network))
        exported = artifacts.complete(staging, description)
        parity: dict[str, Parity] = {}
        for name in _ENGINES:
            stop.check()
            parity[name] = prove(open_engine(exported, name))
            same, images = parity[name].images - parity[name].mismatches, parity[name].images
            say(f"{name}: reads {same:,} of {images:,} validation images as the trained network does")
        artifacts.complete(staging, description.model_copy(update={"parity": parity}))
    return artifacts.open_folder(out)
