"""Writing what stands in an image: one item is one image with a prompt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Literal

from config.family import Accepts, Family, Training
from config.gate import GatePolicy
from config.recipe import Recipe
from config.yaml_source import Settings
from corpus.items import Item
from corpus.parallel import Progress
from corpus.snapshot import Snapshot
from evaluation.figures import Figure
from evaluation.gate import Check, at_most
from evaluation.text import measure, text_figures
from evaluation.wording import percent
from tasks.base import Allowance, Opened, Raw, Selected
from tasks.opening import open_image_of
from tasks.plain import Plain


class Generation(Settings):
    """What the model is asked where a request does not say it."""

    prompt: str = "Read."


class GenerationFamily(Family):
    """A family that writes what stands in an image."""

    headline: ClassVar[str] = "cer"
    images: ClassVar[tuple[str, ...]] = ("stub",)
    accepts: ClassVar[Accepts] = Accepts(("image", "prompt"))
    noun: ClassVar[str] = "image"
    judged: ClassVar[str] = "image"
    recipe_kind: ClassVar[type[Recipe]] = Recipe

    task: Literal["generation"]
    generation: Generation = Generation()
    training: Training = Training(image="stub", recipe="stub")
    gate: GatePolicy = GatePolicy(max_regression=0.02)


@dataclass(frozen=True, slots=True)
class Written:
    """What was written, in how many tokens, and whether the end is missing."""

    text: str
    tokens: int
    truncated: bool


class GenerationTask(Plain[Written]):
    """What such a model means by data, figures and its own mistakes."""

    answer = Written

    def select(self, data: Snapshot, scratch: Path, progress: Progress) -> Selected:
        """Return the samples with a text."""
        return Selected(data, tuple(one for one in data.samples() if one.text is not None))

    def raw(self, item: Item, snapshot: Snapshot) -> Raw:
        """Return the image, and the prompt."""
        prompt = self.family.generation.prompt if isinstance(self.family, GenerationFamily) else ""
        return replace(super().raw(item, snapshot), fields={"prompt": prompt})

    def opened(self, raw: Raw, allowance: Allowance) -> Opened[Any]:
        """Return image and prompt."""
        opened = open_image_of(raw, allowance)
        return Opened((opened.input, raw.fields.get("prompt", "")), opened.warnings)

    def figures(self, truth: Sequence[Item], answers: Sequence[Written]) -> Sequence[Figure]:
        """Return the figures of texts."""
        return text_figures(measure([one.first.text or "" for one in truth], [one.text for one in answers]))

    def checks(
        self, truth: Sequence[Item], ours: Sequence[Written], theirs: Sequence[Written] | None
    ) -> Sequence[Check]:
        """Return whether too many answers lack their end."""
        return [at_most("Truncated answers", sum(one.truncated for one in ours) / len(ours), 0.5, percent)]


def build(family: GenerationFamily) -> GenerationTask:
    """Return the task of `family`."""
    return GenerationTask(family)
