"""What the processing jobs have in common: how they name a snapshot, their family, and their log."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from config.errors import Problem
from config.family import DetectionFamily, Family, load_any_family
from containers.common.entry import Stop
from containers.common.errors import JobError
from corpus.parallel import Progress

Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


def family_in(config: Path) -> Family:
    """Return the family in the folder `config`, whose file is ``family.yaml``.

    Raises:
        ConfigError: there is none, or it is wrong.
        JobError: it does not read text.
    """
    path = config / "family.yaml"
    family = load_any_family(path)
    if isinstance(family, DetectionFamily):
        found = f"{family.family!r}, a family of detectors"
        expected = "one that reads text: pipelines of detection families are not supported yet"
        remedy = "Train it with `glyphline train paddle`."
        raise JobError(Problem("job.task", found, expected, remedy, str(path)))
    return family


def watch(stop: Stop) -> Progress:
    """Return a progress that leaves, by `StoppedError`, once the job was told to."""

    def check(_done: int, _total: int | None) -> None:
        stop.check()

    return check
