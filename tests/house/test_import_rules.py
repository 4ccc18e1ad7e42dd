"""The import rules of pyproject.toml: a house of empty rooms keeps them, and each notices who breaks it.

What `make lint` asks of the real house is not asked here again.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from config.images import IMAGES

ROOT = Path(__file__).parents[2]
LINT = Path(sys.executable).with_name("lint-imports")
RULES = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]

LAYERS = "a module imports only from layers below its own"
IMAGE = "no image knows another"
PLAIN = "data, figures, tasks and the contract of jobs are for every image: no AWS, no framework, no OpenCV"
PADDLE = "the Paddle image has one framework, and no AWS"
STORES = "registry and labeling ask a predictor at most: no framework"
BY_STRING = "pipelines and infra name images, tasks and steps by string"
ENGINE = "the local engine interprets JSON: neither the SDK nor AWS nor a registry of one kind"
ALONE = "Lambda functions stand alone: boto3, the standard library and what is bundled beside them"
PARTS = "in infra stacks are made of resources, and resources of functions, never the reverse"
FUNCTIONS = "no Lambda function knows another, only what they share"

OFFENCES = {
    LAYERS: [
        ("config", "corpus.sample"),
        ("corpus", "evaluation.gate"),
        ("evaluation", "tasks"),
        ("tasks", "containers.common.contract"),
        ("containers.common", "containers.runtime"),
        ("containers.runtime", "registry.versions"),
        ("registry", "containers.paddle"),
        ("labeling", "pipelines.place"),
        ("containers.paddle", "pipelines.place"),
        ("containers.vision", "containers.paddle"),
        ("similarity", "containers.paddle"),
        ("pipelines", "infra.stack"),
        ("infra", "cli.main"),
        ("infra", "console"),
    ],
    IMAGE: [("containers.paddle", "containers.vision")],
    PLAIN: [
        ("config", "boto3"),
        ("corpus", "cv2"),
        ("evaluation", "torch"),
        ("tasks", "onnxruntime"),
        ("containers.common", "paddle"),
    ],
    PADDLE: [("containers.paddle", "torch")],
    STORES: [("registry", "paddle"), ("labeling", "torch")],
    BY_STRING: [
        ("pipelines", "containers.common.contract"),
        ("pipelines.local", "registry.mlflow"),
        ("infra", "tasks"),
        ("infra.stacks", "evaluation.gate"),
    ],
    ENGINE: [("pipelines.local", "boto3")],
    ALONE: [("infra.functions.on_labels", "config.protocol"), ("infra.functions.shared", "infra.stacks")],
    PARTS: [("infra.resources", "infra.stacks.alerts"), ("infra.stacks", "infra.application")],
    FUNCTIONS: [("infra.functions.on_labels", "infra.functions.on_approval.notes")],
}


@pytest.fixture(scope="module")
def empty_house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same packages and modules under the same rules; nothing is in them."""
    house = tmp_path_factory.mktemp("house")
    for package in RULES["root_packages"]:
        (house / package).mkdir()
        (house / package / "__init__.py").touch()
        for path in (ROOT / package).rglob("*.py"):
            room = house / path.relative_to(ROOT)
            room.parent.mkdir(parents=True, exist_ok=True)
            room.touch()
    for later in ("console", "similarity", "containers/vision"):
        (house / later).mkdir(exist_ok=True)
        (house / later / "__init__.py").touch()
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    text = text.replace('"registry", "tasks"]', '"registry", "tasks", "console", "similarity"]')
    text = text.replace(
        'modules = ["containers.paddle"]', 'modules = ["containers.paddle", "containers.vision"]'
    )
    (house / "pyproject.toml").write_text(text, encoding="utf-8")
    return house


def lint(house: Path) -> str:
    environment = {**os.environ, "COLUMNS": "300"}
    command = [LINT, "--no-cache", "--no-logo"]
    return subprocess.run(command, cwd=house, env=environment, capture_output=True, text=True).stdout


def test_an_empty_house_keeps_every_rule(empty_house: Path) -> None:
    said = lint(empty_house)
    assert [one["name"] for one in RULES["contracts"] if f"{one['name']} KEPT" not in said] == []
    assert set(OFFENCES) == {one["name"] for one in RULES["contracts"]}, "each is broken once below"


@pytest.mark.parametrize(
    ("rule", "importer", "imported"), [(rule, *one) for rule, some in OFFENCES.items() for one in some]
)
def test_who_breaks_a_rule_is_named(empty_house: Path, rule: str, importer: str, imported: str) -> None:
    offender = empty_house / importer.replace(".", "/") / "offender.py"
    offender.write_text(f"def late():\n    import {imported}\n", encoding="utf-8")
    try:
        said = lint(empty_house)
    finally:
        offender.unlink()
    assert f"{rule} BROKEN" in said
    assert f"{importer}.offender -> {imported} (l.2)" in said


def test_every_package_and_image_is_under_the_rules() -> None:
    layers = next(one["layers"] for one in RULES["contracts"] if one["name"] == LAYERS)
    ruled = {name.strip(" ()") for layer in layers for name in layer.replace("|", ":").split(":")}
    assert set(RULES["root_packages"]) - {"containers"} <= ruled
    assert set(IMAGES.values()) <= ruled
    images = next(one["modules"] for one in RULES["contracts"] if one["name"] == IMAGE)
    assert set(images) == set(IMAGES.values())
