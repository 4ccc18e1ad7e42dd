"""Turning images into vectors: judged by retrieval, over all items at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from config.family import Accepts, Family, Training
from config.gate import GatePolicy
from config.recipe import Recipe
from corpus.items import Item
from evaluation.evaluate import group_numbers
from evaluation.figures import Figure
from evaluation.retrieval import retrieval_figures
from tasks.plain import Plain


class EmbeddingFamily(Family):
    """A family that turns images into vectors."""

    headline: ClassVar[str] = "map"
    images: ClassVar[tuple[str, ...]] = ("stub",)
    accepts: ClassVar[Accepts] = Accepts(("image",), ("image/png",))
    noun: ClassVar[str] = "image"
    judged: ClassVar[str] = "query"
    recipe_kind: ClassVar[type[Recipe]] = Recipe

    task: Literal["embedding"]
    training: Training = Training(image="stub", recipe="stub")
    gate: GatePolicy = GatePolicy(max_error=0.6, max_regression=0.02)


@dataclass(frozen=True, slots=True)
class Vector:
    """Where an image lies."""

    vector: tuple[float, ...]


class EmbeddingTask(Plain[Vector]):
    """What such a model means by figures."""

    answer = Vector

    def figures(self, truth: Sequence[Item], answers: Sequence[Vector]) -> Sequence[Figure]:
        """Return mAP and R@k: every item asks, the items of other groups answer."""
        _, labels = np.unique([one.first.label or "" for one in truth], return_inverse=True)
        vectors = np.array([one.vector for one in answers], np.float64)
        return retrieval_figures(vectors, labels.astype(np.int64), group_numbers(truth))


def build(family: EmbeddingFamily) -> EmbeddingTask:
    """Return the task of `family`."""
    return EmbeddingTask(family)
