"""What whoever runs a detector must know of how it was trained: part of its artifact."""

from __future__ import annotations

from config.tasks.detection import Detection
from config.yaml_source import Settings


class PagePreprocessing(Detection):
    """How a page is cut into tiles, shown to a network, and its maps become boxes."""

    grayscale: bool


class Contract(Settings):
    """The contract between whoever trains a detector and whoever runs it."""

    pages: PagePreprocessing
