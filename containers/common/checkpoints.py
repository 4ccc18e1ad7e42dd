"""Checkpoints that are whole or absent: one file each, written under a temporary name, then renamed.

SageMaker copies `/opt/ml/checkpoints` to S3 file by file, so what belongs together is in one file. It is a
NumPy archive: a truncated one has no directory, a damaged one fails its CRC, and neither can run code.
"""

from __future__ import annotations

import itertools
import json
import os
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from config.errors import Problem, StateError
from corpus.paths import LOCK, locked

_NAME = "step-{:09d}.npz"
_PATTERN = "step-*.npz"
_STATE = "state.json"
_KEPT = 2
"""The one before the last stays, in case the last is damaged on its way through S3."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where training stood: named arrays, and whatever else JSON can say."""

    step: int
    arrays: Mapping[str, NDArray[Any]]
    state: Mapping[str, Any]


def save(folder: Path, checkpoint: Checkpoint) -> Path:
    """Write `checkpoint` into `folder` and drop all but the last two; return its file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / _NAME.format(checkpoint.step)
    partial = path.with_suffix(".partial")
    state = np.frombuffer(json.dumps(checkpoint.state).encode(), np.uint8)
    try:
        with open(partial, "wb") as file:
            np.savez(file, allow_pickle=False, **{_STATE: state}, **checkpoint.arrays)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    for old in sorted(folder.glob(_PATTERN))[:-_KEPT]:
        old.unlink()
    return path


def newest(folder: Path) -> tuple[Checkpoint | None, list[Problem]]:
    """Return the newest whole checkpoint in `folder`, if any, and what is wrong with the newer ones."""
    problems: list[Problem] = []
    for path in sorted(folder.glob(_PATTERN), reverse=True):
        try:
            return _load(path), problems
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            remedy = "Nothing: an older one is taken, or training begins anew."
            found = f"a damaged checkpoint ({error})"
            problems.append(Problem("checkpoint.damaged", found, "a whole one", remedy, str(path)))
    return None, problems


def numbered(folder: Path, number: int) -> Path:
    """Return the `number`-th folder of the trainings that share the name: FOLDER, FOLDER.2, FOLDER.3, …"""
    return folder if number == 1 else folder.with_name(f"{folder.name}.{number}")


@contextmanager
def claimed(folder: Path, *, shared: bool) -> Iterator[int]:
    """Keep a folder for checkpoints to this process meanwhile; give its number, see `numbered`.

    Where the name is `shared`, the first one that is free is taken, else there is `folder` alone.

    Raises:
        StateError: another training writes there.
    """
    busy = f"Another training writes its checkpoints to {folder}. Wait, or name another folder."
    with ExitStack() as held:
        for number in itertools.count(1):
            place = numbered(folder, number)
            place.mkdir(parents=True, exist_ok=True)
            try:
                held.enter_context(locked(place, busy))
            except StateError:
                if not shared:
                    raise
            else:
                yield number
                return


def clear(folder: Path) -> None:
    """Remove the checkpoints in `folder`, and the folder itself if nothing else is in it."""
    for path in (*folder.glob(_PATTERN), *folder.glob("step-*.partial"), folder / LOCK):
        path.unlink(missing_ok=True)
    if folder.is_dir() and next(folder.iterdir(), None) is None:
        folder.rmdir()


def _load(path: Path) -> Checkpoint:
    # NumPy would leave the file open where it is no archive
    with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files if name != _STATE}
        state = json.loads(archive[_STATE].tobytes())
    return Checkpoint(int(path.stem.removeprefix("step-")), arrays, state)
