"""The Paddle image, as jobs and the command line know it: `IMAGE`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from config.errors import Problem
from config.family import Family
from config.protocol import ARTIFACT_FILE
from config.tasks import load_recipe
from config.tasks.detection import DetectionFamily, DetectionRecipe
from config.tasks.recognition import RecognitionFamily, RecognitionRecipe
from containers.common.artifact import Artifact
from containers.common.contract import gpus_here
from containers.common.entry import Stop, StoppedError, signals_kept
from containers.common.errors import ArtifactError
from containers.common.launch import spread
from containers.common.model import Image, Inputs, Predictor
from containers.common.progress import Tell
from containers.paddle.hyperparameters import Hyperparameters


@dataclass(frozen=True, slots=True)
class PaddleImage:
    """Recognisers and detectors: trained, continued, exported, proved and run."""

    name: str = "paddle"
    tasks: frozenset[str] = frozenset({"detection", "recognition"})
    settings: type[Hyperparameters] = Hyperparameters

    def train(
        self, family: Family, settings: Hyperparameters, inputs: Inputs, stop: Stop, tell: Tell
    ) -> Artifact | None:
        """Train a model of `family`; see `containers.common.model.Image`."""
        recipe = load_recipe(family, settings.recipe)
        gpus = gpus_here()
        spread(settings.processes or gpus or 1, _on_gpus if gpus else _on_cpus)
        os.environ.setdefault("GLOG_minloglevel", "2")  # Paddle's chatter would bury what matters
        with signals_kept():
            from containers.paddle.detection.training import train_detector
            from containers.paddle.recognition.training import train_recogniser

        try:
            stop.check()
            if isinstance(family, DetectionFamily) and isinstance(recipe, DetectionRecipe):
                return train_detector(family, recipe, settings, inputs, stop, tell)
            assert isinstance(family, RecognitionFamily)  # the other task
            assert isinstance(recipe, RecognitionRecipe)
            return train_recogniser(family, recipe, settings, inputs, stop, tell)
        except StoppedError:
            return None

    def open(self, artifact: Artifact, engine: str | None = None) -> Predictor[Any, Any]:
        """Return what runs `artifact`: by ``onnx``, or by ``paddle``."""
        found = artifact.description
        if found.image != self.name:
            was = f"a model for {found.task}, made by the image {found.image!r}"
            remedy, path = f"Run it in the image {found.image!r}.", str(artifact.folder / ARTIFACT_FILE)
            raise ArtifactError(
                Problem("artifact.image", was, f"one made by the image {self.name!r}", remedy, path)
            )
        from containers.paddle.engines import open_predictor

        return open_predictor(artifact, engine)


IMAGE: Image[Hyperparameters] = PaddleImage()


def _on_cpus(rank: int, addresses: Sequence[str]) -> Mapping[str, str]:
    return {**_neighbours(rank, addresses), "PADDLE_DISTRI_BACKEND": "gloo"}


def _on_gpus(rank: int, addresses: Sequence[str]) -> Mapping[str, str]:
    return {**_neighbours(rank, addresses), "FLAGS_selected_gpus": str(rank)}


def _neighbours(rank: int, addresses: Sequence[str]) -> dict[str, str]:
    """Return what Paddle reads to find the other processes."""
    return {
        "PADDLE_TRAINER_ID": str(rank),
        "PADDLE_TRAINERS_NUM": str(len(addresses)),
        "PADDLE_TRAINER_ENDPOINTS": ",".join(addresses),
        "PADDLE_CURRENT_ENDPOINT": addresses[rank],
        "PADDLE_MASTER": addresses[0],
    }
