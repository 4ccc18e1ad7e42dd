"""Lists that name packages one by one: each has all that there are, or all that an image's Python imports."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import grimp
import pytest

from config.images import IMAGES
from pipelines.code import FOLDERS

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
NOT_INSTALLED = {"tests", "benchmarks"}
PACKAGES = {path.parent.name for path in ROOT.glob("*/__init__.py")} - NOT_INSTALLED
EVERY_IMAGE = {
    *("cli", "config", "corpus", "evaluation", "tasks"),
    *("containers/common", "containers/runtime"),
}
"""The command line is the entry point of processing jobs that are no step of a pipeline."""

LISTS: dict[str, Callable[[dict[str, Any]], list[str]]] = {
    "hatch": lambda tool: tool["hatch"]["build"]["targets"]["wheel"]["packages"],
    "isort": lambda tool: tool["ruff"]["lint"]["isort"]["known-first-party"],
    "mypy": lambda tool: tool["mypy"]["packages"],
    "import-linter": lambda tool: tool["importlinter"]["root_packages"],
}


def folder_of(module: str) -> str:
    """``containers.paddle.train`` lies in ``containers/paddle``, all else in the first of its names."""
    parts = module.split(".")
    return "/".join(parts[: 2 if parts[0] == "containers" else 1])


@cache
def needed(image: str) -> set[str]:
    """Return the folders that an image must have: every image's, and whatever its Python imports."""
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    modules = graph.find_upstream_modules(IMAGES[image], as_package=True)
    imported = {folder_of(module) for module in modules if module != "containers"}
    return EVERY_IMAGE | imported | {folder_of(IMAGES[image])}


def tops(folders: Iterable[str]) -> set[str]:
    return {folder.partition("/")[0] for folder in folders}


def differences(where: str, there: Iterable[str], wanted: set[str]) -> list[str]:
    """Return in words what a list lacks, and what it has too much."""
    has = set(there)
    lacks = [f"{where} lacks {one}" for one in sorted(wanted - has)]
    return lacks + [f"{where} has {one}, which nothing there needs" for one in sorted(has - wanted)]


def copied(image: str) -> set[str]:
    """Return the packages that an image's Dockerfile copies from this checkout."""
    text = (ROOT / "containers" / image / "Dockerfile").read_text(encoding="utf-8")
    return set(re.findall(r"(?m)^COPY ([a-z][a-z/]*) \1$", text))


@pytest.mark.parametrize("name", LISTS)
def test_a_list_of_pyproject_has_every_package(name: str) -> None:
    assert differences(f"pyproject.toml, {name}", LISTS[name](PROJECT["tool"]), PACKAGES) == []


def test_every_folder_with_a_dockerfile_is_an_image() -> None:
    folders = {path.parent.name for path in ROOT.glob("containers/*/Dockerfile")}
    assert differences("config/images.py", IMAGES, folders) == []
    assert [name for name, module in IMAGES.items() if module != f"containers.{name}"] == []


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_has_what_its_python_imports_and_nothing_else(image: str) -> None:
    assert differences(f"containers/{image}/Dockerfile", copied(image), needed(image)) == []
    assert {folder for folder in copied(image) if not (ROOT / folder / "__init__.py").exists()} == set()


def test_the_build_sees_every_package_of_every_image() -> None:
    seen = set(re.findall(r"(?m)^!([a-z]+)$", (ROOT / ".dockerignore").read_text(encoding="utf-8")))
    assert differences(".dockerignore", seen, tops(chain.from_iterable(map(needed, IMAGES)))) == []


def test_the_digest_of_the_code_covers_what_jobs_run() -> None:
    wanted = tops(chain.from_iterable(map(needed, IMAGES))) - {"cli"}
    assert differences("pipelines/code.py", FOLDERS, wanted) == []
