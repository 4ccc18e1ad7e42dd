"""What whoever runs such a model must know."""

from __future__ import annotations

from config.yaml_source import Settings


class Contract(Settings):
    """The prompt that it was trained with."""

    prompt: str
