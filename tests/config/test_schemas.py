"""JSON schemas: as the settings are, and every file names its own and fits it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml
from typer.testing import CliRunner

from cli.main import app
from config.schemas import NAMES, as_text, file_of, schema

CONFIG = Path("config")
FILES = [
    path for folder in ("environments", "families", "recipes") for path in (CONFIG / folder).rglob("*.yaml")
]
HEAD = re.compile(r"# yaml-language-server: \$schema=(\S+)\n")


def faults(name: str, text: str) -> list[str]:
    validator = jsonschema.Draft202012Validator(schema(name))
    return [one.message for one in validator.iter_errors(yaml.safe_load(text))]


@pytest.mark.parametrize("name", NAMES)
def test_the_file_is_what_the_settings_give(name: str) -> None:
    assert file_of(name).read_text(encoding="utf-8") == as_text(schema(name)), "python -m config.schemas"
    jsonschema.Draft202012Validator.check_schema(schema(name))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_names_its_schema_and_fits_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    named = HEAD.match(text)
    assert named is not None
    name = (
        "recipe"
        if path.is_relative_to(CONFIG / "recipes")
        else {"families": "family"}.get(path.parent.name, "environment")
    )
    assert (path.parent / named[1]).resolve() == file_of(name)
    assert faults(name, text) == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("recognition:\n", "recognitions:\n", "'recognitions' was unexpected"),
        ("task: recognition", "task: reading", "'reading' is not one of ['detection', 'recognition']"),
        ("family: thai-rec", "family: Thai", "'Thai' does not match"),
        ("max_cer: 0.10", "max_cer: 10", "10 is greater than the maximum of 1.0"),
        ("max_cer: 0.10", "max_error: 10", "10 is greater than the maximum of 1.0"),
        ("family: thai-rec", "serving: {kind: batch}", "{'kind': 'batch'} is not valid"),
    ],
)
def test_a_fault_is_seen(old: str, new: str, told: str) -> None:
    text = (CONFIG / "families/thai-rec.yaml").read_text(encoding="utf-8")
    assert any(told in one for one in faults("family", text.replace(old, new)))


def test_a_key_carries_the_sentence_below_it_and_its_other_name() -> None:
    keys = schema("family")["$defs"]["RecognitionGate"]["properties"]
    assert keys["max_error"]["description"].startswith("The highest character error rate")
    assert keys["max_cer"]["description"] == "Same as max_error."
    assert keys["max_regression"]["description"].startswith("By how much"), "of what every task has"


def test_the_command_prints_one_document_and_lists_names() -> None:
    ask = CliRunner().invoke
    assert ask(app, ["config", "schema"]).stdout.split() == ["environment", "family", "recipe", "synthesis"]
    assert json.loads(ask(app, ["config", "schema", "recipe"]).stdout) == schema("recipe")
    assert "spacing_em" in ask(app, ["config", "schema", "synthesis"]).stdout
    assert "Did you mean 'family'?" in str(ask(app, ["config", "schema", "famly"]).exception)


def test_an_editor_is_told_the_form_of_a_text() -> None:
    form = schema("environment")["properties"]["region"]
    assert re.match(form["pattern"], "eu-central-1")
    assert not re.match(form["pattern"], "Frankfurt")
    assert form["patternErrorMessage"] == "Expected a region, such as eu-central-1."
