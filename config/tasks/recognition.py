"""Families that read text lines: `task: recognition`."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import AliasChoices, Field, model_validator

from config.family import Accepts, Family, Share, Training, UnicodeForm
from config.gate import GatePolicy
from config.recipe import NetworkRecipe, Recipe
from config.yaml_source import Settings

Resize = Literal["stretch", "pad", "keep-ratio"]


class Recognition(Settings):
    """How a text line becomes CTC time steps.

    An image is scaled to `height_px`; `resize` says how its width is handled: ``stretch`` to exactly
    `width_px`, ``pad`` (keep the ratio, pad to `width_px`, squeeze what is wider), or
    ``keep-ratio`` (up to `width_px`, squeeze what is wider). The network emits one step for every
    `step_px` pixels of width.
    """

    height_px: Annotated[int, Field(ge=8, le=256)]
    width_px: Annotated[int, Field(ge=8, le=8192)]
    resize: Resize
    step_px: Annotated[int, Field(ge=1, le=32)]
    max_text_length: Annotated[int, Field(ge=1, le=1024)]
    charset: str | None = None
    """Path of a charset file, one character per line, relative to the family's file; none: from the data."""
    unicode_form: UnicodeForm = "NFC"

    @model_validator(mode="after")
    def _has_time_steps(self) -> Recognition:
        if self.width_px < self.step_px:
            raise ValueError(f"width_px {self.width_px} to be at least step_px {self.step_px}")
        return self

    def time_steps(self, width_px: int, height_px: int) -> int:
        """Return the number of CTC steps for an image of this size (at least 1)."""
        if self.resize != "keep-ratio":
            return self.width_px // self.step_px
        scaled = -(-width_px * self.height_px // max(height_px, 1))  # rounded up
        return max(1, min(scaled, self.width_px) // self.step_px)


class Augmentation(Settings):
    """How strongly training images are changed at random; 0 leaves a property as it is."""

    from_epoch: Annotated[int, Field(ge=0)] = 0
    """Earlier epochs see the images unchanged: a CTC network leaves its all-blank plateau sooner."""
    join: Share = 0.0
    """Share of lines that are joined with another, each at half its width (family: ``stretch``)."""
    shift: Share = 0.04
    """As a share of the height; also along the line."""
    stretch: Share = 0.1
    shear: Share = 0.08
    """Pixels along the line per pixel of height."""
    slope: Share = 0.03
    """Pixels of height per pixel along the line."""
    stroke: Share = 0.15
    """Share of images whose strokes are made thicker or thinner."""
    blur: Share = 0.1
    """Share of images that are blurred."""
    contrast: Share = 0.2
    brightness: Share = 0.08
    noisy: Share = 0.3
    """Share of images with noise."""
    noise: Share = 0.04
    """Its largest standard deviation, as a share of the range from black to white."""


class RecognitionRecipe(NetworkRecipe):
    """A recogniser's network and how it is trained."""

    task: Literal["recognition"]
    augmentation: Augmentation | None = None


class RecognitionGate(GatePolicy):
    """The limits of a recogniser; its error is the character error rate."""

    max_error: Share = Field(default=0.10, validation_alias=AliasChoices("max_error", "max_cer"))
    """The highest character error rate over all lines; `max_cer` is an alias."""
    max_new_loops: Annotated[int, Field(ge=0)] | None = 0
    """Lines on which the candidate loops and the champion does not."""


class RecognitionTraining(Training):
    """The image and recipe that train a recogniser."""

    recipe: str = "crnn-lite"


class RecognitionFamily(Family):
    """A family that reads text lines."""

    headline: ClassVar[str] = "cer"
    images: ClassVar[tuple[str, ...]] = ("paddle",)
    accepts: ClassVar[Accepts] = Accepts(("image",), ("image/png", "image/jpeg"))
    noun: ClassVar[str] = "line"
    judged: ClassVar[str] = "line"
    recipe_kind: ClassVar[type[Recipe]] = RecognitionRecipe
    sketch: ClassVar[dict[str, Any]] = {
        "recognition": {
            "height_px": 32,
            "width_px": 640,
            "resize": "keep-ratio",
            "step_px": 4,
            "max_text_length": 1024,
        }
    }
    files: ClassVar[dict[str, str]] = {**Family.files, "recognition.charset": "charset.txt"}

    task: Literal["recognition"]
    recognition: Recognition
    training: RecognitionTraining = RecognitionTraining()
    gate: RecognitionGate = RecognitionGate()

    @property
    def unicode_form(self) -> UnicodeForm:
        """The Unicode normal form of its texts."""
        return self.recognition.unicode_form

    @property
    def charset_file(self) -> str | None:
        """The path of its declared charset; None: the charset comes from the data."""
        return self.recognition.charset
