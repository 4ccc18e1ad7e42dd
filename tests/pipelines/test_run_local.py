"""The whole pipeline by the command line, with real jobs: killed, resumed, registered, approved, grown."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import digits
import growing
import pytest
from typer.testing import CliRunner

from cli.main import app
from config.errors import GlyphlineError
from registry.mlflow import local_registry

pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")  # MLflow on SQLAlchemy 2.1
_COMMAND = str(Path(".venv/bin/glyphline").absolute())
_RUN = "pipeline run --family family.yaml --data data"


@dataclass(frozen=True)
class Laptop:
    """A folder with a family, a growing snapshot and a home of its own."""

    folder: Path

    def begin(self, words: str) -> subprocess.Popen[str]:
        """Start the command as a process, which can be killed."""
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        return subprocess.Popen(
            [_COMMAND, *words.split()],
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def says(self, words: str, code: int = 0) -> str:
        """Run the command in this process, which has paid for its imports; return what it says."""
        result = CliRunner().invoke(app, words.split())
        said = f"{result.output}{result.exception or ''}"
        refused = isinstance(result.exception, GlyphlineError)
        assert (2 if refused else result.exit_code) == code, said
        return said

    @property
    def runs(self) -> list[str]:
        return sorted(path.name for path in (self.folder / ".glyphline/runs").glob("[!.]*"))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Laptop:
    folder = tmp_path_factory.mktemp("laptop")
    (folder / "recipe.yaml").write_text(digits.RECIPE)
    family = digits.FAMILY.replace("RECIPE", str(folder / "recipe.yaml"))
    (folder / "family.yaml").write_text(f"{family}gate: {{max_error: 0.3, max_regression: 0.2}}\n")
    growing.write_first(folder, "0123", 400)
    return Laptop(folder)


@pytest.fixture
def laptop(made: Laptop, monkeypatch: pytest.MonkeyPatch) -> Laptop:
    monkeypatch.chdir(made.folder)
    return made


def test_a_killed_run_is_resumed_and_registered_once(laptop: Laptop) -> None:
    engine = laptop.begin(f"{_RUN} --token monday")
    deadline = time.monotonic() + 120
    while not list((laptop.folder / ".glyphline").glob("store/*/checkpoints/**/step-*.npz")):
        assert engine.poll() is None, engine.communicate()[0]
        assert time.monotonic() < deadline
        time.sleep(0.05)
    engine.send_signal(signal.SIGKILL)
    engine.communicate()
    (run,) = laptop.runs
    assert "Stopped" in laptop.says("pipeline show digits"), "a family's latest run"

    assert "registered: digits/1, pending approval" in laptop.says(f"pipeline resume {run}")
    assert "epoch 5/5" in laptop.says(f"pipeline logs {run} Train")
    assert "has succeeded already" in laptop.says(f"{_RUN} --token monday"), "the same token, the same run"
    assert "Take another token" in laptop.says(f"{_RUN} --token monday -p MaxError=0.2", code=2)
    assert laptop.runs == [run]
    assert len(local_registry().versions("digits")) == 1


def test_new_labels_continue_from_the_approved_champion(laptop: Laptop) -> None:
    laptop.says("registry approve digits/1 --reason first")
    growing.write_more(laptop.folder, "0456", 300)
    said = laptop.says(_RUN)
    assert "registered: digits/2, pending approval" in said
    assert "CER on age=old" in said
    first, second = local_registry().versions("digits")
    assert second.parent == first.metadata["version"]
    assert (first.status, second.status) == ("Approved", "PendingManualApproval")
    assert local_registry().champion("digits") == first
    image = next((laptop.folder / "data" / "images").rglob("*.png"))
    for model, meant in (("digits", first), ("digits/latest", second)):
        assert f"answered by model {meant.metadata['version']}" in laptop.says(f"predict {model} {image}")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("pipeline run --family familiy.yaml --data data", "familiy.yaml"),
        ("pipeline run --family family.yaml --data nowhere", "no snapshot here"),
        (f"{_RUN} --champion digits/latest/7", "no file or folder 'digits/latest/7'"),
        ("pipeline show digit", "Did you mean 'digits'"),
        (f"{_RUN} -p MaxEror=1", "Did you mean 'MaxError'"),
        (f"{_RUN} -p MaxError=little", "MaxError"),
        (f"{_RUN} --champion digits/7", "digits"),
        (f"{_RUN} -p MaxError=50", "0.05 is 5 %"),
        (f"{_RUN} -p TrainingInstance=large", "TrainingInstance"),
        ("pipeline show arn:foo", "execution/ID"),
        (f"{_RUN} --champion nowhere.tar.gz", "no file or folder 'nowhere.tar.gz'; expected"),
        ("pipeline resume nothing", "nothing"),
    ],
)
def test_bad_input_begins_no_run(laptop: Laptop, words: str, sentence: str) -> None:
    before = laptop.runs
    assert sentence in laptop.says(words, code=2)
    assert laptop.runs == before
