"""What is refused before anything is synthesised: one sentence with the file, no traceback, exit code 2."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from config.environment import ENVIRONMENTS, load_environment
from config.errors import ConfigError
from infra.checks import check

FILE = ENVIRONMENTS / "dev.yaml"


def _refused(**changes: object) -> str:
    environment = load_environment("dev").model_copy(update=changes)
    with pytest.raises(ConfigError) as caught:
        check(environment, FILE)
    return str(caught.value).removeprefix(f"{FILE}: ")


def test_what_the_repository_holds_is_there() -> None:
    for name in ("dev", "prod"):
        check(load_environment(name), FILE)


def test_a_region_that_does_not_exist() -> None:
    said = "region is 'eu-centrall-1'; expected a region that the CDK knows. Did you mean 'eu-central-1'?"
    assert _refused(region="eu-centrall-1") == said


def test_a_family_that_does_not_exist() -> None:
    said = "families.1 is 'thai-rek'; expected a family of config/families/. Did you mean 'thai-rec'?"
    assert _refused(families=("pid-rec", "thai-rek")) == said


def test_a_family_without_a_pipeline() -> None:
    assert _refused(families=("pid-det",)).startswith("families.0 is 'pid-det', whose task is detection;")


def test_a_pin_of_an_image_that_no_family_runs_in() -> None:
    said = "images names 'padle'; expected an image that the families run in. Did you mean 'paddle'?"
    assert _refused(images={"padle": f"sha256:{0:064x}"}) == said


def test_the_application_says_one_sentence(tmp_path: Path) -> None:
    text = FILE.read_text(encoding="utf-8").replace("[pid-rec,", "[pid-reck,")
    (tmp_path / "dev.yaml").write_text(text, encoding="utf-8")
    context = {"environment": str(tmp_path / "dev.yaml")}
    told = {"JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20", "CDK_CONTEXT_JSON": json.dumps(context)}
    run = subprocess.run(
        [sys.executable, "app.py"], env=os.environ | told, capture_output=True, text=True, check=False
    )
    assert run.returncode == 2
    assert run.stderr.splitlines() == [
        f"{tmp_path}/dev.yaml: families.0 is 'pid-reck'; expected a family of config/families/. "
        "Did you mean 'pid-rec'?"
    ]
