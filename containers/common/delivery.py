"""Hand over what a job made: whole or not at all, also into a folder that SageMaker mounts."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from upath import UPath

from config.protocol import NOTHING_FILE
from corpus.paths import write_whole

_PARTIAL = ".partial-"


@contextmanager
def delivered(folder: Path, *, last: str) -> Iterator[Path]:
    """Give a folder to fill; when all went well its files move to `folder`, else they go.

    `folder` may be there already (SageMaker mounts it). The file `last`, which says that all is there, moves
    last, so nobody ever finds a half.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(f"{_PARTIAL}*"):  # by a run that was killed
        shutil.rmtree(left)
    staging = Path(tempfile.mkdtemp(prefix=_PARTIAL, dir=folder))
    try:
        yield staging
        for path in sorted(staging.iterdir(), key=lambda one: one.name == last):
            path.replace(folder / path.name)
    finally:
        shutil.rmtree(staging)


def write_nothing(folder: Path, reason: str) -> None:
    """Let `folder` say that there is none, and tell people why."""
    write_whole(UPath(folder / NOTHING_FILE), json.dumps({"reason": reason}).encode() + b"\n")
