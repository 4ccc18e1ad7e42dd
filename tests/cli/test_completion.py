"""What Tab offers, and that it costs next to nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from drawing import png

from cli import completion
from config.environment import environment_names
from config.home import HOME_VARIABLE
from config.images import IMAGES
from config.protocol import ARTIFACT_FILE, NONE
from config.schemas import NAMES
from config.tasks import TASKS, family_names, load_family, recipes_of
from corpus import formats
from corpus.ingest import Options, add_records, import_records
from corpus.paths import as_path
from corpus.snapshot import Snapshot
from corpus.splits import SplitPolicy
from corpus.synthesis import recipe_names
from pipelines.local import state
from registry.database import ensure
from registry.mlflow import DATABASE, local_registry
from registry.versions import NewVersion

pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")
GLYPHLINE = str(Path(sys.executable).parent / "glyphline")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


def tabbed(line: str) -> list[str]:
    """What bash is offered for a line that is being typed."""
    words = line.split(" ")
    environment = {
        **os.environ,
        "_GLYPHLINE_COMPLETE": "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
    }
    told = subprocess.run([GLYPHLINE], env=environment, capture_output=True, text=True, check=False)
    assert told.stderr == ""
    return told.stdout.split()


def test_what_config_and_corpus_hold_is_offered() -> None:
    assert completion.families("") == family_names()
    assert completion.environments("") == environment_names()
    assert completion.formats("") == formats.names()
    assert completion.drawings("") == recipe_names()
    assert completion.images("") == sorted(IMAGES)
    assert set(completion.tasks("")) == set(TASKS)
    assert set(completion.recipes("")) == {one.recipe for task in TASKS for one in recipes_of(task)}
    assert set(NAMES) <= set(completion.schemas(""))
    for task in TASKS:
        of_it = [name for name in family_names() if load_family(name).task == task]
        assert completion.families_of(task) == of_it


def test_the_shell_completes_a_family() -> None:
    assert tabbed("glyphline train --family thai") == ["thai-rec"]
    assert tabbed("glyphline corpus import x --format pad") == ["paddle-det", "paddle-rec"]


def test_registered_versions_are_offered_as_the_registry_knows_them(here: Path) -> None:
    assert completion.versions("") == []
    ensure(here.parent / "home" / DATABASE, lambda _: None)
    registry = local_registry()
    for run in ("r1", "r2"):
        metadata = {"family": "pid-rec", "version": run, "snapshot": "5af0", "parent": NONE, "run": run}
        registry.register(NewVersion("pid-rec", f"s3://x/{run}", "image:1", f"s3://x/{run}.json", metadata))
    every = ["pid-rec", "pid-rec/1", "pid-rec/2", "pid-rec/champion", "pid-rec/latest"]
    assert completion.versions("pid") == every
    assert completion.versions("pid-rec/c") == ["pid-rec/champion"]
    assert tabbed("glyphline registry show pid-rec/") == every[1:]


def test_snapshots_and_their_hashes_are_offered(here: Path) -> None:
    snapshot = _snapshot(here / "data" / "tags")
    shutil.copytree(here / "data" / "tags", here / "tags-2")
    (here / "other").mkdir()
    assert completion.snapshots("") == ["data/", "tags-2"]
    assert completion.snapshots("data/t") == ["data/tags"]
    assert completion.snapshots(f"{here}/t") == [f"{here}/tags-2"]
    old, new = snapshot.description.parents[0][:12], snapshot.description.hash[:12]
    assert set(completion.snapshots("data/tags@")) == {f"data/tags@{old}", f"data/tags@{new}"}
    assert completion.snapshots("nowhere/x") == completion.snapshots("s3://bucket/x") == []


def test_models_and_runs_are_offered(here: Path) -> None:
    (here / "model").mkdir()
    (here / "model" / ARTIFACT_FILE).write_text("{}")
    assert completion.models("mo") == ["model"]
    run = here.parent / "home" / "runs" / "pid-rec-20261121-031500-ab12"
    run.mkdir(parents=True)
    (run / state.RUN).write_text("{}")
    assert completion.runs("") == [run.name, "pid-rec"]


def test_another_programs_database_offers_nothing(here: Path) -> None:
    (here.parent / "home" / DATABASE).write_text("no database")
    assert completion.versions("") == []


def test_nothing_heavy_is_imported() -> None:
    script = (
        "import sys; from cli import completion as c\n"
        "for one in (c.families, c.environments, c.versions, c.models, c.snapshots, c.runs, c.recipes):\n"
        "    one('')\n"
        "print(*sys.modules)"
    )
    modules = set(subprocess.check_output([sys.executable, "-c", script], text=True).split())
    assert not modules & {"pydantic", "yaml", "numpy", "mlflow", "sqlalchemy", "upath", "PIL"}


def _snapshot(folder: Path) -> Snapshot:
    """A snapshot that has grown once."""
    folder.parent.mkdir(parents=True)
    source = folder.parent.parent.parent / "source"
    source.mkdir()
    snapshot = None
    for number in range(2):
        (source / f"{number}.png").write_bytes(png(number * 9, (64, 32)))
        with (source / "rec_gt_train.txt").open("a") as file:
            file.write(f"{number}.png\tPT-{number}\n")
        records, options = formats.read("paddle-rec", as_path(source)), Options("tags", SplitPolicy())
        if snapshot is None:
            snapshot = import_records(records, as_path(folder), options).snapshot
        else:
            snapshot = add_records(snapshot, records, options).snapshot
    assert snapshot is not None
    return snapshot
