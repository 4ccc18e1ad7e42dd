"""A model family: what every kind of model declares about its data, training, gate and resources.

Each task adds its own section in `config/tasks/`; `config.tasks.load_family` reads a family of any task.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field

from config.environment import Jobs, Serving, TrainingJobs
from config.errors import ConfigError, Problem
from config.gate import GatePolicy
from config.recipe import Recipe
from config.yaml_source import FileName, Settings, line_of
from config.yaml_source import Share as Share

FAMILIES = Path(__file__).parent / "families"

UnicodeForm = Literal["NFC", "NFD", "NFKC", "NFKD"]
Unit = Literal["sample", "image"]
"""What a model answers at once: one sample (a line, an event), or an image with all its samples."""


class ExamineThresholds(Settings):
    """The thresholds above which the examination complains."""

    min_ceiling: Share = 0.99
    """The minimum of a figure that a perfect model must be able to reach on each split."""
    max_faulty_share: Share = 0.01
    """Per split: the share of samples that one fault may spoil; beyond it, the fault is an error."""
    min_samples_per_character: Annotated[int, Field(ge=0)] = 5
    """In train; a character that is rarer is reported."""
    min_samples_per_label: Annotated[int, Field(ge=0)] = 5
    """In train; a class label that is rarer is reported."""
    min_samples_per_split: Annotated[int, Field(ge=0)] = 20
    max_rejected_share: Share = 0.01
    """Share of all imported labels that may have been rejected."""
    max_image_megapixels: Annotated[float, Field(gt=0)] = 50.0
    min_image_side_px: Annotated[int, Field(ge=1)] = 4
    max_aspect_ratio: Annotated[float, Field(gt=1)] = 60.0
    near_duplicate_bits: Annotated[int, Field(ge=0, le=16)] = 3
    """Two images with the same label whose 64-bit perceptual hashes differ in at most this many bits."""
    max_duplicate_share: Share = 0.05
    """Share of the items in val, and of those held out, that may be in train, exactly or nearly."""
    max_split_divergence: Share = 0.10
    """Jensen-Shannon divergence (base 2, 0 to 1) between train and val: characters, lengths or sizes."""


class Training(Settings):
    """Which container image trains the family, and with which recipe of its task."""

    image: str = "paddle"
    recipe: str
    """A name in `config/recipes/<task>/`, or the path of a YAML file, relative to the family's file."""
    hyperparameters: dict[str, str | bool | int | float] = Field(default_factory=dict)
    """What a pipeline passes to the image besides the family: names and values that the image knows."""
    replay_share: Share = 1.0
    """Share of what the champion has learnt that a pipeline keeps available for replay."""


class FamilyResources(Settings):
    """The instances for the family's jobs, where the environment's `pipelines:` does not suit it."""

    processing: Jobs | None = None
    training: TrainingJobs | None = None


@dataclass(frozen=True, slots=True)
class Accepts:
    """What a request to a served model may hold.

    `keys` of a JSON request: ``image`` (base64, or ``s3_uri`` in its place), ``prompt``, ``table``.
    `content_types` are those of a body that is the image itself; if there are any, the image alone is
    enough and other keys are optional. `max_pixels` (of one image) and `max_batch` (at once) are the server's
    defaults when its environment sets none.
    """

    keys: tuple[str, ...]
    content_types: tuple[str, ...] = ()
    max_pixels: int = 20_000_000
    max_batch: int = 32


class Family(Settings):
    """One file of `config/families/`, as far as it does not depend on the task."""

    headline: ClassVar[str]
    """The figure by which models of this kind are judged first."""
    images: ClassVar[tuple[str, ...]]
    """The container images that offer the task."""
    accepts: ClassVar[Accepts]
    unit: ClassVar[Unit] = "sample"
    noun: ClassVar[str] = "item"
    """The word for one item: ``line``, ``page``."""
    judged: ClassVar[str] = "item"
    """The word for what is right or wrong in it: the item itself, or each ``text`` of a page."""
    recipe_kind: ClassVar[type[Recipe]]
    sketch: ClassVar[dict[str, Any]] = {}
    """Defaults of the mandatory sections: for judging answers of an unknown family."""
    files: ClassVar[dict[str, str]] = {"training.recipe": "recipe.yaml"}
    """Keys whose value may name a file beside the family's, and the name of that file in a job."""

    family: FileName
    description: str
    task: str
    training: Training
    examine: ExamineThresholds = ExamineThresholds()
    gate: GatePolicy
    resources: FamilyResources = FamilyResources()
    """What is not set here comes from the environment."""
    serving: Serving | None = None
    """None: as the environment serves."""

    @property
    def unicode_form(self) -> UnicodeForm:
        """The Unicode normal form of its texts."""
        return "NFC"

    @property
    def charset_file(self) -> str | None:
        """The path of its declared charset; None: it has none, or none is declared."""
        return None

    def named_files(self) -> dict[str, str]:
        """Return the files that this family names: key to path."""
        said = {key: _at(self, key) for key in self.files}
        return {key: path for key, path in said.items() if path is not None and is_file(key, path)}

    def resolved(self, file: Path) -> Self:
        """Return the family of `file` with its paths made absolute.

        Raises:
            ConfigError: a file that it names does not exist.
        """
        family = self
        for key, said in self.named_files().items():
            path = (file.parent / said).resolve()
            if not path.is_file():
                found, remedy = f"{key} {said}: no such file", f"Check the folder {path.parent}."
                line = line_of(file, key)
                raise ConfigError(Problem("config.file", found, "a file", remedy, str(file), line))
            family = with_value(family, key, str(path))
        return family


def is_file(key: str, said: str) -> bool:
    """Tell whether the value of a key names a file: a recipe may also be one of `config/recipes/`."""
    return key != "training.recipe" or said.endswith((".yaml", ".yml")) or "/" in said


def with_value(settings: Any, key: str, value: object) -> Any:
    """Return `settings` with another value for a key such as ``training.recipe``."""
    name, _, rest = key.partition(".")
    inner = value if not rest else with_value(getattr(settings, name), rest, value)
    return settings.model_copy(update={name: inner})


def _at(settings: Any, key: str) -> Any:
    for name in key.split("."):
        settings = getattr(settings, name)
    return settings
