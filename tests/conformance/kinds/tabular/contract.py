"""What whoever runs such a model must know."""

from __future__ import annotations

from config.yaml_source import Settings


class Contract(Settings):
    """The columns, in the order of the model's inputs."""

    columns: tuple[str, ...]
