"""Recipes: by name or file, for the family's task and image only."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.errors import ConfigError
from config.family import FAMILIES
from config.recipe import RECIPES
from config.tasks import TASKS, load_family, load_recipe, recipes_of
from config.tasks.detection import DetectionRecipe
from config.tasks.recognition import RecognitionRecipe
from config.yaml_source import names_in

READS = (FAMILIES / "thai-rec.yaml").read_text(encoding="utf-8")
FINDS = (FAMILIES / "pid-det.yaml").read_text(encoding="utf-8")
MOBILE = (RECIPES / "detection/db-mobile.yaml").read_text(encoding="utf-8")
LITE = (RECIPES / "recognition/crnn-lite.yaml").read_text(encoding="utf-8")


@pytest.fixture
def family(tmp_path: Path) -> Path:
    path = tmp_path / "thai-rec.yaml"
    path.write_text(READS.replace("recipe: crnn-lite", "recipe: mine.yaml"), encoding="utf-8")
    return path


@pytest.mark.parametrize("task", TASKS)
def test_every_recipe_is_of_its_folders_task(task: str) -> None:
    assert [one.recipe for one in recipes_of(task)] == names_in(RECIPES / task) != []
    assert {type(one) for one in recipes_of(task)} == {TASKS[task].recipe_kind}
    assert {one.task for one in recipes_of(task)} == {task}


def test_a_family_knows_the_recipe_of_its_task() -> None:
    assert isinstance(load_recipe(load_family("pid-det")), DetectionRecipe)
    assert isinstance(load_recipe(load_family("pid-rec")), RecognitionRecipe)
    assert load_recipe(load_family("pid-rec"), "svtr-lcnet").recipe == "svtr-lcnet"


def test_a_file_beside_a_family_of_any_task_is_found(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(MOBILE, encoding="utf-8")
    (tmp_path / "own.yaml").write_text(f"{FINDS}training: {{recipe: mine.yaml}}\n", encoding="utf-8")
    family = load_family(tmp_path / "own.yaml")
    assert family.training.recipe == str(tmp_path / "mine.yaml")
    assert load_recipe(family).recipe == "db-mobile"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("crnn-lit", "no recipe 'crnn-lit'; expected one for recognition. Did you mean 'crnn-lite'?"),
        ("db-mobile", "the recipe 'db-mobile', which is for detection; expected one for recognition. "),
    ],
)
def test_a_name_that_is_none_is_refused_at_its_line(family: Path, name: str, told: str) -> None:
    family.write_text(READS.replace("recipe: crnn-lite", f"recipe: {name}"), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_family(family)
    assert str(caught.value).startswith(f"{family}:13: {told}")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (
            None,
            "thai-rec.yaml:13: training.recipe mine.yaml: no such file; expected a file. Check the folder",
        ),
        (MOBILE, "mine.yaml:4: task is 'detection'; expected 'recognition'"),
        (LITE.replace("epochs: 30", "epoch: 30"), "mine.yaml:9: unknown key 'optimisation.epoch'"),
        (
            LITE.replace("[paddle]", "[torch]"),
            "thai-rec.yaml:13: the recipe 'crnn-lite', which is for the image torch; expected one for the "
            "image 'paddle'. Use one of: crnn-lite, ",
        ),
    ],
)
def test_a_file_that_does_not_fit_is_refused(family: Path, content: str | None, told: str) -> None:
    if content is not None:
        (family.parent / "mine.yaml").write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_family(family)
    assert str(caught.value).startswith(f"{family.parent}/{told}")
