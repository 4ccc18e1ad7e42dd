"""`glyphline registry` on both registries: what it prints, and what it refuses."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
from pathlib import Path
from typing import Any

import orjson
import pytest
from registering import GROUP, new
from typer.testing import CliRunner

from cli.main import app
from config.errors import GlyphlineError
from config.home import HOME_VARIABLE, in_store
from config.tasks import any_family
from corpus.sample import Sample
from registry.errors import ComparisonError, DecisionError, UnknownVersionError
from registry.mlflow import MlflowRegistry, local_registry
from registry.sagemaker import SagemakerRegistry
from registry.versions import Version
from tasks import task_of
from tasks.answers import Answers, encode
from tasks.base import Task
from tasks.detection.answer import Boxes

pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")


@pytest.fixture
def here(blank: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MlflowRegistry:
    """The registry of this machine, with two versions, the first of them approved."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    shutil.copy(blank, tmp_path / "mlflow.db")
    registry = local_registry()
    registry.register(new("r1"))
    registry.register(new("r2", parent="model-r1", error=0.005))
    registry.decide("pid-rec/1", "Approved", who="ada", reason="the first [of many]")
    return registry


def told(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["registry", *arguments])
    if isinstance(result.exception, GlyphlineError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


def rows(*arguments: str) -> list[str]:
    """The rows of what is told, without the lines between cells."""
    return [" ".join(re.sub("[│┃]", " ", line).split()) for line in told(*arguments).splitlines()]


def starts(lines: list[str], beginning: str) -> bool:
    return any(one.startswith(beginning) for one in lines)


def document(*arguments: str) -> Any:
    return json.loads(told(*arguments, "--json"))


def read(version: Version, name: str, lines: dict[str, tuple[str, str]]) -> None:
    """Leave what the run of a version read: (reference, prediction) by id."""
    assert version.evaluation_uri is not None
    folder = in_store(version.evaluation_uri).parent
    folder.mkdir(parents=True, exist_ok=True)
    rows = [
        {"id": one, "reference": reference, "prediction": prediction, "group": one}
        for one, (reference, prediction) in lines.items()
    ]
    (folder / name).write_bytes(b"\n".join(map(orjson.dumps, rows)))


@pytest.mark.usefixtures("here")
def test_the_versions_are_listed_and_shown() -> None:
    listed = told("list")
    assert "★ 1" in listed
    assert starts(rows("list"), "2 0.50 % CER pending 5af0")
    assert "ada" in listed
    assert "by ada: the first [of many]" in told("show", "pid-rec/1")
    shown = told("show", "pid-rec/latest")
    for part in ("PendingManualApproval", "s3://glyphline/runs/r2/model.tar.gz", "pid-rec/1", "run r1"):
        assert part in shown
    assert "pid-rec/1 approved" in shown[shown.index("lineage of pid-rec/2") :]


@pytest.mark.usefixtures("here")
def test_json_is_one_document() -> None:
    first, second = document("list", GROUP)
    assert (first["reference"], first["champion"], second["champion"]) == ("pid-rec/1", True, False)
    shown = document("show", "pid-rec/2")
    assert (shown["ancestors"], shown["metadata"]["error"]) == (["pid-rec/1"], "0.005")


def test_an_approval_says_who_is_champion_now(here: MlflowRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "grace")
    assert "pid-rec/2 is champion" in told("approve", "pid-rec/2", "--reason", "halves the errors")
    approval = here.version("pid-rec/2").approval
    assert approval is not None
    assert (approval.who, approval.reason) == ("grace", "halves the errors")
    rejected = told("reject", "pid-rec/champion", "--reason", "slow", "--who", "ada")
    assert "pid-rec/2 rejected" in rejected
    assert "pid-rec/1 is champion" in rejected


@pytest.mark.usefixtures("here")
def test_what_is_refused_is_an_error_of_ours() -> None:
    with pytest.raises(UnknownVersionError, match="Did you mean 'pid-rec'"):
        told("list", "pid-re")
    with pytest.raises(DecisionError, match="reason"):
        told("approve", "pid-rec/2", "--reason", "")


def test_two_versions_are_compared_on_what_both_have_read(here: MlflowRegistry, tmp_path: Path) -> None:
    read(here.version("pid-rec/1"), "candidate.jsonl", {"a": ("PT-1", "PT-1"), "b": ("PT-2", "PT-2")})
    fresh = {"b": ("PT-2", "PI-2"), "c": ("PT-3", "PT-3"), "a": ("relabelled", "PT-1")}
    read(here.version("pid-rec/2"), "candidate.jsonl", fresh)
    result = document("compare", "pid-rec/1", "pid-rec/2", "--report", str(tmp_path / "report.html"))
    assert result["samples"] == 1
    both = {one["name"]: one for one in result["evaluation"]["comparison"]["figures"]}
    assert (both["exact_match"]["candidate"], both["exact_match"]["champion"]) == (0.0, 1.0)
    assert "pid-rec/2" in (tmp_path / "report.html").read_text()

    # the first was the second's champion: its run measured both on all of them
    read(here.version("pid-rec/2"), "champion.jsonl", {**fresh, "c": ("PT-3", "PT-8")})
    assert document("compare", "pid-rec/1", "pid-rec/2")["samples"] == 3
    table = told("compare", "pid-rec/2", "pid-rec/1")
    assert table.index("pid-rec/1") < table.index("pid-rec/2")
    assert "exact match" in table


def test_without_predictions_the_registered_figures_stand_side_by_side(here: MlflowRegistry) -> None:
    assert here
    table = told("compare", "pid-rec/1", "pid-rec/2")
    assert "as registered" in table
    assert "error (CER) 0.50 % 1.23 %" in rows("compare", "pid-rec/1", "pid-rec/2")
    assert document("compare", "pid-rec/1", "pid-rec/2")["stored"] == {"error": {"a": 0.0123, "b": 0.005}}


def test_versions_from_before_there_were_tasks_are_listed_shown_and_compared(here: MlflowRegistry) -> None:
    here.register(new("r3", before=True, cer=0.25))
    assert starts(rows("list"), "3 25.00 % CER pending")
    shown = told("show", "pid-rec/3")
    assert "charset_hash" in shown
    table = rows("compare", "pid-rec/3", "pid-rec/2")
    assert "error (CER) 0.50 % 25.00 %" in table
    assert "exact match 95.00 %" in table
    lines = dict.fromkeys("abc", ("PT-1", "PT-1"))
    read(here.version("pid-rec/3"), "candidate.jsonl", {**lines, "b": ("PT-1", "PI-1")})
    read(here.version("pid-rec/2"), "candidate.jsonl", lines)
    result = document("compare", "pid-rec/3", "pid-rec/2")
    assert (result["samples"], result["evaluation"]["headline"], result["evaluation"]["error"]) == (
        3,
        "cer",
        0,
    )
    assert result["stored"]["error"] == {"a": 0.25, "b": 0.005}


CORNERS = (
    ((1.0, 1.0), (9.0, 1.0), (9.0, 5.0), (1.0, 5.0)),
    ((20.0, 20.0), (40.0, 20.0), (40.0, 30.0), (20.0, 30.0)),
)


def found(version: Version, task: Task[Any, Boxes], count: int) -> None:
    """Leave what the run of a version found on six pages of two texts: `count` of them."""
    assert version.evaluation_uri is not None
    folder = in_store(version.evaluation_uri).parent
    folder.mkdir(parents=True, exist_ok=True)
    samples = [
        Sample(
            id=f"{page}/{n}",
            image=f"images/{page}.png",
            sha256="0" * 64,
            width=64,
            height=64,
            text="PT-1",
            polygon=polygon,
            group=f"drawing {page}",
            source="made-up",
            split="test",
        )
        for page in range(6)
        for n, polygon in enumerate(CORNERS)
    ]
    items = task.items(samples)
    answer = Boxes(CORNERS[:count], (0.9,) * count)
    (folder / "candidate.jsonl").write_bytes(encode(task, Answers("x", tuple(items), (answer,) * len(items))))


def test_two_detectors_are_compared_by_their_own_figures(here: MlflowRegistry, tmp_path: Path) -> None:
    task = task_of(any_family("detection"))
    of = {"family": "pid-det", "task": "detection", "headline": "hmean", "vocabulary_hash": "none"}
    for number, (run, error) in enumerate((("d1", 1 / 3), ("d2", 0.0)), 1):
        group = dataclasses.replace(new(run, **of, error=error), group="pid-det")
        found(here.register(group), task, number)
    assert starts(rows("list", "pid-det"), "1 33.33 % hmean (IoU 0.5) pending")
    assert "vocabulary_hash none" in rows("show", "pid-det/1")
    result = document("compare", "pid-det/1", "pid-det/2", "--report", str(tmp_path / "report.html"))
    assert (result["samples"], result["evaluation"]["task"]) == (6, "detection")
    both = {one["name"]: one for one in result["evaluation"]["comparison"]["figures"]}
    assert both["hmean"]["candidate"] == 1.0
    assert both["hmean"]["champion"] == pytest.approx(2 / 3)
    assert result["evaluation"]["comparison"]["items_better"] == 6
    assert (tmp_path / "report.html").stat().st_size > 1000
    assert starts(rows("compare", "pid-det/1", "pid-det/2"), "hmean (IoU 0.5) 100.00 % 66.67 %")
    with pytest.raises(ComparisonError, match="pid-rec/1 is for recognition, pid-det/1 for detection"):
        told("compare", "pid-rec/1", "pid-det/1")


def test_an_environment_means_the_account(
    account: SagemakerRegistry, monkeypatch: pytest.MonkeyPatch, here: MlflowRegistry
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    account.register(dataclasses.replace(new("r9"), group="in-the-account"))
    assert {row["group"] for row in document("list", "--environment", "dev")} == {"in-the-account"}
    approved = document("approve", "in-the-account/1", "--reason", "good", "--environment", "dev")
    assert approved["approval"]["who"].startswith("arn:aws:sts::")
    assert approved["champion"] is True
    assert here.groups() == (GROUP,)
