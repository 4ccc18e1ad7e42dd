"""A model family: what is read, how an image is shown to the network, and what its data must satisfy."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator

from config.detection import Detection
from config.errors import ConfigError, Problem
from config.gate import GatePolicy
from config.yaml_source import FileName, Settings, load_model, load_named, names_in, path_of

FAMILIES = Path(__file__).parent / "families"

Share = Annotated[float, Field(ge=0.0, le=1.0)]
UnicodeForm = Literal["NFC", "NFD", "NFKC", "NFKD"]
Resize = Literal["stretch", "pad", "keep-ratio"]


class Recognition(Settings):
    """How a text line becomes CTC time steps.

    An image is scaled to `height_px`; `resize` says what becomes of its width: ``stretch`` to exactly
    `width_px`, ``pad`` (keep the ratio, fill up to `width_px`, squeeze what is wider), or
    ``keep-ratio`` (up to `width_px`, squeeze what is wider). The network emits one step for every
    `step_px` pixels of width.
    """

    height_px: Annotated[int, Field(ge=8, le=256)]
    width_px: Annotated[int, Field(ge=8, le=8192)]
    resize: Resize
    step_px: Annotated[int, Field(ge=1, le=32)]
    max_text_length: Annotated[int, Field(ge=1, le=1024)]
    charset: str | None = None
    """Path of a charset file, one character a line, relative to the family's file; none: from the data."""
    unicode_form: UnicodeForm = "NFC"

    @model_validator(mode="after")
    def _has_time_steps(self) -> Recognition:
        if self.width_px < self.step_px:
            raise ValueError(f"width_px {self.width_px} to be at least step_px {self.step_px}")
        return self

    def time_steps(self, width_px: int, height_px: int) -> int:
        """Return the number of CTC steps that an image of this size gives (at least 1)."""
        if self.resize != "keep-ratio":
            return self.width_px // self.step_px
        scaled = -(-width_px * self.height_px // max(height_px, 1))  # rounded up
        return max(1, min(scaled, self.width_px) // self.step_px)


class ExamineThresholds(Settings):
    """From where on the examination complains."""

    min_ceiling: Share = 0.99
    """The least exact match that a perfect model must be able to reach on each split."""
    max_faulty_share: Share = 0.01
    """Of each split: how many samples one fault may spoil; beyond it, the fault is an error."""
    min_samples_per_character: Annotated[int, Field(ge=0)] = 5
    """In train; a character below it is named."""
    min_samples_per_label: Annotated[int, Field(ge=0)] = 5
    """In train; a class label below it is named."""
    min_samples_per_split: Annotated[int, Field(ge=0)] = 20
    max_rejected_share: Share = 0.01
    """Of all labels that were imported: how many may have been rejected."""
    max_image_megapixels: Annotated[float, Field(gt=0)] = 50.0
    min_image_side_px: Annotated[int, Field(ge=1)] = 4
    max_aspect_ratio: Annotated[float, Field(gt=1)] = 60.0
    near_duplicate_bits: Annotated[int, Field(ge=0, le=16)] = 3
    """Two images with the same text whose 64-bit perceptual hashes differ in at most this many bits."""
    max_duplicate_share: Share = 0.05
    """Of the samples in val, and of those held out: how many may be, exactly or nearly, in train."""
    max_split_divergence: Share = 0.10
    """Jensen-Shannon divergence (base 2, 0 to 1) of train and val: characters, lengths or sizes."""


class Training(Settings):
    """Which container image trains the family, and by which of its recipes."""

    image: Literal["paddle"] = "paddle"
    recipe: str = "crnn-lite"
    """A name that the image knows, or the path of a YAML file, relative to the family's file."""
    hyperparameters: dict[str, str | int | float] = Field(default_factory=dict)
    """What a pipeline says to the image beside the family: names and values that the image knows."""
    replay_share: Share = 1.0
    """Of what the champion has learnt: how much a pipeline keeps at hand to be replayed."""

    @property
    def recipe_file(self) -> str | None:
        """The path of the recipe's file; None where `recipe` is a name."""
        return self.recipe if self.recipe.endswith((".yaml", ".yml")) or "/" in self.recipe else None


class Family(Settings):
    """One file of `config/families/`."""

    family: FileName
    description: str
    task: Literal["recognition"]
    recognition: Recognition
    training: Training = Training()
    examine: ExamineThresholds = ExamineThresholds()
    gate: GatePolicy = GatePolicy()


class DetectionFamily(Settings):
    """One file of `config/families/` whose model finds text on pages instead of reading it."""

    family: FileName
    description: str
    task: Literal["detection"]
    detection: Detection = Detection()
    training: Training = Training(recipe="db-mobile")


class _Head(Settings):
    """What tells one kind of family from the other; None: let the whole file be complained of."""

    model_config = ConfigDict(extra="ignore")

    task: Literal["recognition", "detection"] | None = None


def load_family(name_or_path: str | Path) -> Family:
    """Return a family that reads text, by its name in `config/families/` or from any YAML file's path.

    Raises:
        ConfigError: no such family, its file is wrong (with file, line, key and the nearest name), or its
            task is another.
    """
    family = load_any_family(name_or_path)
    if isinstance(family, Family):
        return family
    found = f"the family {family.family!r}, whose task is {family.task}"
    readers = [name for name in family_names() if isinstance(load_any_family(name), Family)]
    remedy = f"Use one of: {', '.join(readers)}."
    raise ConfigError(Problem("config.task", found, "one whose task is recognition", remedy))


def load_any_family(name_or_path: str | Path) -> Family | DetectionFamily:
    """Return a family of either kind, by its name in `config/families/` or from any YAML file's path.

    Raises:
        ConfigError: no such family, or its file is wrong (with file, line, key and the nearest name).
    """
    path = path_of(name_or_path, FAMILIES)
    if load_model(path, _Head).task == "detection":
        return load_named(name_or_path, FAMILIES, DetectionFamily, "family")
    family = load_named(name_or_path, FAMILIES, Family, "family")
    recognition, training = family.recognition, family.training
    if recognition.charset is not None:
        beside = path.parent / recognition.charset
        recognition = recognition.model_copy(update={"charset": str(beside.resolve())})
    if training.recipe_file is not None:
        beside = (path.parent / training.recipe_file).resolve()
        if not beside.is_file():
            found, remedy = (
                f"training.recipe {training.recipe}: no such file",
                f"Check the folder {path.parent}.",
            )
            raise ConfigError(Problem("config.recipe", found, "a recipe's file", remedy, str(path)))
        training = training.model_copy(update={"recipe": str(beside)})
    return family.model_copy(update={"recognition": recognition, "training": training})


def family_names() -> list[str]:
    """Return the names of the families that `config/families/` holds."""
    return names_in(FAMILIES)
