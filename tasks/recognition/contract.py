"""What whoever runs a recogniser must know of how it was trained: part of its artifact."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from config.tasks.recognition import Recognition, Resize
from config.yaml_source import Settings

Confidence = Literal["best-path"]


class LinePreprocessing(Settings):
    """How a text line becomes a tensor. Sizes in pixels."""

    height_px: Annotated[int, Field(ge=8)]
    width_px: Annotated[int, Field(ge=8)]
    """The width of every tensor, or with ``keep-ratio`` the largest."""
    resize: Resize
    grayscale: bool
    """The network looks at brightness alone; its input has three equal planes all the same."""

    @property
    def dynamic(self) -> bool:
        """Whether tensors differ in width."""
        return self.resize == "keep-ratio"


class Contract(Settings):
    """The contract between whoever trains a recogniser and whoever runs it."""

    preprocessing: LinePreprocessing
    temperature: Annotated[float, Field(gt=0)] = 1.0
    """What the exported network divides its logits by, so that its confidence is calibrated."""
    confidence: Confidence = "best-path"
    """What its confidence is: the calibrated probability of the best path."""


def preprocessing_of(recognition: Recognition, *, grayscale: bool) -> LinePreprocessing:
    """Return how a family's lines are shown to a network."""
    return LinePreprocessing(
        height_px=recognition.height_px,
        width_px=recognition.width_px,
        resize=recognition.resize,
        grayscale=grayscale,
    )
