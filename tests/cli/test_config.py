"""`glyphline config`: what there is, and a family to begin with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from config.environment import environment_names
from config.errors import GlyphlineError, InputError, StateError
from config.tasks import TASKS, any_family, family_names, load_family


def says(*words: object) -> Result:
    result = CliRunner().invoke(app, ["config", *map(str, words)])
    if isinstance(result.exception, GlyphlineError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result


def test_everything_is_listed_with_task_and_image(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = json.loads(says("list", "--json").stdout)
    assert [one["family"] for one in listed["families"]] == family_names()
    assert [one["environment"] for one in listed["environments"]] == environment_names()
    monkeypatch.setenv("COLUMNS", "80")
    table = says("list").stdout
    assert all(len(line) <= 80 for line in table.splitlines())
    for one in listed["families"]:
        assert (one["task"], one["image"]) == (load_family(one["family"]).task, "paddle")
        row = next(line for line in table.splitlines() if line.startswith(one["family"]))
        assert one["task"] in row


@pytest.mark.parametrize("task", TASKS)
def test_a_new_family_is_one_of_its_task_and_keeps_the_defaults(task: str, tmp_path: Path) -> None:
    file = tmp_path / "meter-rec.yaml"
    told = says("new", file, "--task", task)
    assert f"glyphline config show {file}" in told.stderr
    made, sketch = load_family(file), any_family(task)
    assert (made.family, made.task) == ("meter-rec", task)
    assert getattr(made, task) == getattr(sketch, task)
    assert (made.gate, made.training.recipe) == (sketch.gate, sketch.training.recipe)
    keys = [line for line in file.read_text().splitlines() if ":" in line]
    assert [line for line in keys if " # " in line or line.startswith("#")], "comments to go by"


@pytest.mark.parametrize("task", TASKS)
def test_every_comment_of_a_new_family_may_be_taken_as_it_is(task: str, tmp_path: Path) -> None:
    """Each key that stands as a comment holds its default: without the # nothing changes."""
    file = tmp_path / "meter-rec.yaml"
    says("new", file, "--task", task)
    before = load_family(file)
    lines = file.read_text().splitlines()
    begin, end = lines.index(f"task: {task}"), lines.index("training:")
    section = [
        line.replace("# ", "", 1) if line.lstrip().startswith("#") else line for line in lines[begin:end]
    ]
    file.write_text("\n".join([*lines[:begin], *section, *lines[end:]]))
    assert load_family(file) == before


def test_nothing_is_written_over_and_nothing_wrong_is_left(tmp_path: Path) -> None:
    there = tmp_path / "mine.yaml"
    there.write_text("precious")
    with pytest.raises(StateError, match="exists already"):
        says("new", there, "--task", "recognition")
    assert there.read_text() == "precious"
    for name, task, told in (
        ("a.yaml", "recogniton", "Did you mean 'recognition'"),
        ("A B.yaml", "recognition", "family is 'A B'"),
        ("family", "recognition", r"Name it family\.yaml"),
    ):
        with pytest.raises(InputError, match=told):
            says("new", tmp_path / name, "--task", task)
    with pytest.raises(InputError, match="one that offers recognition"):
        says("new", tmp_path / "b.yaml", "--task", "recognition", "--image", "vlm")
    with pytest.raises(StateError, match="is not a folder"):
        says("new", tmp_path / "gone" / "b.yaml", "--task", "recognition")
    assert list(tmp_path.iterdir()) == [there]


def test_families_and_environments_are_shown_by_their_names() -> None:
    assert json.loads(says("show", "pid-det").stdout)["family"] == "pid-det"
    assert json.loads(says("show", "dev").stdout)["environment"] == "dev"
    with pytest.raises(InputError, match="Did you mean 'receipt-rec'"):
        says("show", "recipt-rec")
