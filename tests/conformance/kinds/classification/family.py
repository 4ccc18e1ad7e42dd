"""Families that name the class of an image: `task: classification`."""

from __future__ import annotations

from typing import ClassVar, Literal

from config.family import Accepts, Family, Training
from config.gate import GatePolicy
from config.recipe import Recipe
from config.yaml_source import Settings


class Classification(Settings):
    """How many of the most probable classes an answer names."""

    top: int = 1


class ClassificationGate(GatePolicy):
    """The limits of a classifier; its error is one minus macro F1."""

    max_regression: float = 0.02


class ClassificationFamily(Family):
    """A family that names the class of an image."""

    headline: ClassVar[str] = "macro_f1"
    images: ClassVar[tuple[str, ...]] = ("stub",)
    accepts: ClassVar[Accepts] = Accepts(("image",), ("image/png", "image/jpeg"))
    noun: ClassVar[str] = "image"
    judged: ClassVar[str] = "image"
    recipe_kind: ClassVar[type[Recipe]] = Recipe

    task: Literal["classification"]
    classification: Classification = Classification()
    training: Training = Training(image="stub", recipe="stub")
    gate: ClassificationGate = ClassificationGate()
