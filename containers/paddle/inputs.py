"""Where a training finds its inputs and leaves its output, in a container or on a laptop."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Inputs:
    """`data` and `replay` are snapshots (``FOLDER`` or ``FOLDER@HASH``) or folders of PaddleOCR label files.

    `model` is the champion's artifact, packed or not; `out` receives the new one. Where `checkpoints` are
    `shared` with other trainings, this one's go into a folder of their own below it, whoever else trains.
    """

    data: str
    out: Path
    checkpoints: Path
    model: Path | None = None
    replay: str | None = None
    shared: bool = False
