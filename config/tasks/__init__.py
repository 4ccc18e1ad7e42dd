"""Every task that a family may have, and how to read a family or a recipe of any task.

A new task takes one module beside this one and one line in `TASKS`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pydantic import ConfigDict

from config.errors import ConfigError, Problem, did_you_mean
from config.family import FAMILIES, Family
from config.recipe import RECIPES, Recipe
from config.tasks.detection import DetectionFamily
from config.tasks.recognition import RecognitionFamily
from config.yaml_source import Settings, line_of, load_model, load_named, names_in, path_of

TASKS: dict[str, type[Family]] = {
    "detection": DetectionFamily,
    "recognition": RecognitionFamily,
}


class _Head(Settings):
    """What distinguishes one kind of family from another."""

    model_config = ConfigDict(extra="ignore")

    task: str


def load_family(name_or_path: str | Path) -> Family:
    """Return a family of any task, by its name in `config/families/` or from the path of any YAML file.

    Raises:
        ConfigError: no such family, or its file is wrong (with file, line, key and the closest name).
    """
    path = path_of(name_or_path, FAMILIES)
    task = load_model(path, _Head).task
    if task not in TASKS:
        expected, remedy = " or ".join(map(repr, TASKS)), did_you_mean(task, TASKS)
        line = line_of(path, "task")
        raise ConfigError(Problem("config.task", f"task is {task!r}", expected, remedy, str(path), line))
    family = load_named(name_or_path, FAMILIES, TASKS[task], "family")
    _check_image(family, path)
    family = family.resolved(path)
    try:
        load_recipe(family)
    except ConfigError as error:
        if error.problem.file is not None:
            raise
        line = line_of(path, "training.recipe")
        raise ConfigError(replace(error.problem, file=str(path), line=line)) from error
    return family


def any_family(task: str) -> Family:
    """Return a family of `task` about which nothing else is known.

    Raises:
        ConfigError: there is no such task.
    """
    if task not in TASKS:
        found, remedy = f"the task {task!r}", did_you_mean(task, TASKS)
        raise ConfigError(Problem("config.task", found, " or ".join(map(repr, TASKS)), remedy))
    kind = TASKS[task]
    return kind.model_validate({"family": f"any-{task}", "description": "", "task": task, **kind.sketch})


def family_names() -> list[str]:
    """Return the names of the families that `config/families/` holds."""
    return names_in(FAMILIES)


def load_recipe(family: Family, name_or_path: str | None = None) -> Recipe:
    """Return the recipe of `family`, or the one named instead.

    Raises:
        ConfigError: there is no such recipe, it is wrong, or the family's image does not support it.
    """
    named, folder = name_or_path or family.training.recipe, RECIPES / family.task
    path = path_of(named, folder)
    if path.parent == folder and not path.exists():
        known = names_in(folder)
        other = next((task for task in TASKS if named in names_in(RECIPES / task)), None)
        found = f"no recipe {named!r}" if other is None else f"the recipe {named!r}, which is for {other}"
        expected, remedy = f"one for {family.task}", did_you_mean(named, known)
        raise ConfigError(Problem("config.missing", found, expected, remedy))
    recipe = load_named(named, folder, family.recipe_kind, "recipe")
    if family.training.image not in recipe.images:
        found = f"the recipe {recipe.recipe!r}, which is for the image {' and '.join(recipe.images)}"
        fit = [one for one in names_in(folder) if family.training.image in _images_of(folder / f"{one}.yaml")]
        remedy = f"Use one of: {', '.join(fit)}." if fit else "Name another image in training.image."
        raise ConfigError(
            Problem("recipe.image", found, f"one for the image {family.training.image!r}", remedy)
        )
    return recipe


def recipes_of(task: str) -> list[Recipe]:
    """Return every recipe of `config/recipes/<task>/`.

    Raises:
        ConfigError: one of them is wrong (with file, line and key).
    """
    folder = RECIPES / task
    return [load_named(name, folder, TASKS[task].recipe_kind, "recipe") for name in names_in(folder)]


class _Images(Settings):
    model_config = ConfigDict(extra="ignore")

    images: tuple[str, ...]


def _images_of(path: Path) -> tuple[str, ...]:
    return load_model(path, _Images).images


def _check_image(family: Family, path: Path) -> None:
    """Refuse an image that does not offer the family's task.

    Raises:
        ConfigError: it does not, or there is no such image.
    """
    image = family.training.image
    if image not in family.images:
        found = f"training.image is {image!r}, which does not offer the task {family.task!r}"
        expected, remedy = f"one of: {', '.join(family.images)}", did_you_mean(image, family.images)
        line = line_of(path, "training.image")
        raise ConfigError(Problem("config.image", found, expected, remedy, str(path), line))
