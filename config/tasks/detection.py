"""Families that find text on pages: `task: detection`."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from config.family import Accepts, Family, Share, Training, Unit
from config.gate import GatePolicy, SliceName
from config.recipe import NetworkRecipe, Recipe
from config.yaml_source import Settings

STRIDE_PX = 32
"""How much coarser than the page a detector's deepest features are: tiles are multiples of it."""


class Detection(Settings):
    """How a page is cut into tiles, and when a spot on it is text. All sizes in pixels of the page.

    Each text is learnt as its own core: a polygon shrunk with `shrink_ratio`, so that neighbours stay
    apart (Liao et al., Real-time Scene Text Detection with Differentiable Binarization, 2020, section 3.4).
    """

    tile_px: Annotated[int, Field(ge=2 * STRIDE_PX, le=4096, multiple_of=STRIDE_PX)] = 640
    """Side of the square tiles that the network sees, in training and in use."""
    overlap_px: Annotated[int, Field(ge=0)] = 128
    """What neighbouring tiles share; half of it is the context that the network sees around its answer."""
    shrink_ratio: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.4
    binarise: Share = 0.3
    """The minimum probability of a pixel that belongs to a text."""
    min_score: Share = 0.6
    """The minimum mean probability over a text."""
    min_side_px: Annotated[float, Field(ge=0.0)] = 3.0
    """The minimum height and width of a text."""

    @model_validator(mode="after")
    def _tiles_move_on(self) -> Detection:
        if 2 * self.overlap_px > self.tile_px:
            raise ValueError(f"overlap_px {self.overlap_px} to be at most half of tile_px {self.tile_px}")
        return self


class DetectionRecipe(NetworkRecipe):
    """A detector's network and how it is trained on random crops of pages."""

    task: Literal["detection"]


class DetectionGate(GatePolicy):
    """The limits of a detector; its error is one minus the harmonic mean of precision and recall."""

    max_error: Share = 0.30
    guarded_slices: tuple[SliceName, ...] = ("age=old",)
    """A set of pages is small: its golden pages alone are often too few to tell two models apart."""
    max_regression: Share = 0.02


class DetectionTraining(Training):
    """The image and recipe that train a detector."""

    recipe: str = "db-mobile"


class DetectionFamily(Family):
    """A family that finds text on pages instead of reading it."""

    headline: ClassVar[str] = "hmean"
    images: ClassVar[tuple[str, ...]] = ("paddle",)
    accepts: ClassVar[Accepts] = Accepts(
        ("image",), ("image/png", "image/jpeg"), max_pixels=100_000_000, max_batch=4
    )
    unit: ClassVar[Unit] = "image"
    noun: ClassVar[str] = "page"
    judged: ClassVar[str] = "text"
    recipe_kind: ClassVar[type[Recipe]] = DetectionRecipe

    task: Literal["detection"]
    detection: Detection = Detection()
    training: DetectionTraining = DetectionTraining()
    gate: DetectionGate = DetectionGate()
