"""What the processing jobs have in common: how they name a snapshot, their task, and their log."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from config.family import Family
from config.protocol import FAMILY_FILE
from config.tasks import load_family
from containers.common.entry import Stop
from corpus.parallel import Progress

Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


def family_in(config: Path) -> Family:
    """Return the family in the folder `config`.

    Raises:
        ConfigError: there is none, or it is wrong.
    """
    return load_family(config / FAMILY_FILE)


def watch(stop: Stop) -> Progress:
    """Return a progress that leaves, by `StoppedError`, once the job was told to."""

    def check(_done: int, _total: int | None) -> None:
        stop.check()

    return check
