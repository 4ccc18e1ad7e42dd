"""A dataset that grew, its family and a champion, and jobs that run on them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import digits
import growing
import pytest
import sheets
from servers import GLYPHLINE

from config.protocol import ML_ROOT_VARIABLE
from containers.common.artifact import Artifact, complete
from containers.common.dispatch import main
from corpus.snapshot import Snapshot

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Home:
    """A dataset that grew, the family, and a champion that has learnt from its first snapshot."""

    folder: Path
    first: Snapshot
    second: Snapshot
    champion: Path

    def inputs(self, **others: Path | None) -> dict[str, Path | None]:
        return {"data": self.folder / "data", "config": self.folder / "config", **others}


def make_home(folder: Path, tiny: Artifact) -> Home:
    (folder / "config").mkdir()
    digits.write_family(folder / "config")
    first = growing.write_first(folder, "0123", 240)
    second = growing.write_more(folder, "0456", 120)
    return Home(folder, first, second, model_of(tiny, folder / "champion", first.description.hash))


def write_unsplit_pages(folder: Path, count: int) -> Path:
    """Draw pages whose labels name no split; return their folder."""
    labels = sheets.write_pages(folder, count)
    (labels / "label.txt").write_text((labels / "train.txt").read_text() + (labels / "val.txt").read_text())
    for split in ("train", "val"):
        (labels / f"{split}.txt").unlink()
    return labels


def model_of(made: Artifact, folder: Path, snapshot: str | None, family: str = "digits") -> Path:
    """Copy an artifact as if a training on `snapshot` had made it; return its folder."""
    shutil.copytree(made.folder, folder)
    origin = made.description.provenance.model_copy(update={"snapshot": snapshot})
    complete(folder, made.description.model_copy(update={"family": family, "provenance": origin}))
    return folder


def run(monkeypatch: pytest.MonkeyPatch, root: Path, *words: str) -> tuple[int, str]:
    """Return the exit code of a job and its message."""
    monkeypatch.setenv(ML_ROOT_VARIABLE, str(root))
    code = main("paddle", words)
    message = root / "output/message"
    return code, message.read_text() if message.exists() else ""


def process(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a job as the container does."""
    environment = {**os.environ, ML_ROOT_VARIABLE: str(root)}
    command = [sys.executable, "-m", "containers.paddle", *words]
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)


def glyphline(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the command line."""
    command = [GLYPHLINE, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)
