"""What a training of any image is made of, and by what it is known again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from config.family import Family
from config.recipe import Recipe
from containers.common.artifact import Artifact, versions
from containers.common.champion import open_champion
from containers.common.data import open_data
from containers.common.description import Provenance
from containers.common.hyperparameters import TrainingSettings
from containers.common.model import Inputs
from corpus.snapshot import Snapshot

FamilyT = TypeVar("FamilyT", bound=Family)
RecipeT = TypeVar("RecipeT", bound=Recipe)
SettingsT = TypeVar("SettingsT", bound=TrainingSettings)
FamilyT_co = TypeVar("FamilyT_co", bound=Family, covariant=True)
RecipeT_co = TypeVar("RecipeT_co", bound=Recipe, covariant=True)
SettingsT_co = TypeVar("SettingsT_co", bound=TrainingSettings, covariant=True)


@dataclass(frozen=True, slots=True)
class Material(Generic[FamilyT_co, RecipeT_co, SettingsT_co]):
    """Everything that decides what comes of a training."""

    family: FamilyT_co
    recipe: RecipeT_co
    settings: SettingsT_co
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

    @property
    def identity(self) -> str:
        """What a checkpoint must agree with: a hash of all that has an effect."""
        parts = (
            self.family.model_dump_json(),
            self.recipe.model_dump_json(),
            self.settings.model_dump_json(exclude=set(self.settings.without_effect)),
            self.data.description.hash,
            self.replay.description.hash if self.replay else "",
            self.champion.version if self.champion else "",
        )
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def checkpoints(self, inputs: Inputs) -> Path:
        """Return the folder of this training's checkpoints."""
        return inputs.checkpoints / self.identity[:12] if inputs.shared else inputs.checkpoints

    def provenance(
        self, figures: Mapping[str, float], *, epochs: int | None, steps: int | None, **frameworks: str
    ) -> Provenance:
        """Return where a model of this training comes from; `figures` are those of its best epoch."""
        return Provenance(
            recipe=self.recipe.recipe,
            data=self.data.description.hash,
            snapshot=self.settings.snapshot,
            replay=self.replay.description.hash if self.replay else None,
            parent=self.champion.version if self.champion else None,
            seed=self.settings.seed,
            epochs=epochs,
            steps=steps,
            figures=figures,
            versions=versions(**frameworks),
        )


def gathered(
    family: FamilyT, recipe: RecipeT, settings: SettingsT, inputs: Inputs, image: str, scratch: Path
) -> Material[FamilyT, RecipeT, SettingsT]:
    """Open what `inputs` name; label files are imported, and archives unpacked, below `scratch`.

    Raises:
        InputError: data or champion cannot be used.
    """
    examined = not settings.examine
    data = open_data(inputs.data, family, scratch / "data", examined=examined)
    replay = None
    if inputs.replay is not None:
        replay = open_data(inputs.replay, family, scratch / "replay", examined=examined)
    champion = open_champion(inputs.model, family.family, image, scratch)
    return Material(family, recipe, settings, data, replay, champion)
