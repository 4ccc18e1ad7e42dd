"""What whoever runs a classifier must know of how it was trained."""

from __future__ import annotations

from config.yaml_source import Settings


class Contract(Settings):
    """The classes, in the order of the network's outputs."""

    classes: tuple[str, ...]
