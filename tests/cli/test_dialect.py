"""One language over all commands: what each option means, what each help says, and what it costs to ask."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer._click.exceptions import ClickException

from cli.main import app

HEAVY = (
    *("numpy", "PIL", "orjson", "upath", "yaml", "matplotlib", "cv2", "onnxruntime", "paddle"),
    *("boto3", "botocore", "sagemaker", "aws_cdk", "mlflow", "sqlalchemy"),
)
"""pydantic is not among them: Typer itself asks it how to show a type."""
SUMMARY_WIDTH = 66
"""What is left of 80 columns beside the longest name."""


def walk(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Every command and group with its full name."""
    yield name, command
    for child_name, child in getattr(command, "commands", {}).items():
        yield from walk(child, f"{name} {child_name}")


TREE = dict(walk(typer.main.get_command(app), "glyphline"))
COMMANDS = {name: one for name, one in TREE.items() if not hasattr(one, "commands")}
OPTIONS = [
    (name, option)
    for name, command in COMMANDS.items()
    for option in command.params
    if option.param_type_name == "option"
]


def example_of(command: Any) -> str:
    (example,) = re.findall(r"^Example: `(.*)`$", command.help, re.MULTILINE)
    return str(example)


def test_the_tree_is_what_people_learn() -> None:
    for name, command in TREE.items():
        assert name.count(" ") <= 2, "no third level"
        assert hasattr(command, "commands") or command.help


@pytest.mark.parametrize("name", COMMANDS)
def test_every_example_can_be_typed(name: str) -> None:
    words = shlex.split(example_of(COMMANDS[name]).partition(" > ")[0])
    assert words[: name.count(" ") + 1] == name.split()
    try:
        COMMANDS[name].make_context(name, words[name.count(" ") + 1 :])
    except ClickException as error:
        pytest.fail(f"{shlex.join(words)}: {error.format_message()}")


@pytest.mark.parametrize("name", TREE)
def test_a_summary_is_one_line(name: str) -> None:
    summary = (TREE[name].help or "").split("\n\n")[0].replace("\n", " ")
    assert len(summary.replace("`", "")) <= SUMMARY_WIDTH or name == "glyphline", summary
    assert summary.endswith(".")


def test_the_help_groups_what_there_is() -> None:
    told = subprocess.check_output(
        [sys.executable, "-c", "from cli.main import main; main()", "--help"],
        text=True,
        env={"COLUMNS": "80"},
    )
    daily, nouns, around = (told.index(title) for title in ("Every day", "Things, and", "Around it"))
    assert daily < told.index(" train ") < nouns < told.index(" corpus ") < around < told.index(" doctor ")
    assert all(len(line) <= 80 for line in told.splitlines())


ONE_MEANING: dict[str, dict[str, Any]] = {
    "--family": {"kind": str},
    "--environment": {"kind": str},
    "--data": {"kind": str},
    "--champion": {"kind": str},
    "--format": {"kind": str, "required": False},
    "--json": {"kind": bool, "is_flag": True},
    "--report": {"kind": Path, "required": False},
    "--seed": {"kind": int},
    "--count": {"kind": int},
    "--workers": {"kind": int, "default": 0},
    "--reason": {"kind": str, "required": True},
    "--set": {"kind": list[str], "opts": ["--set", "-s"]},
    "--parameter": {"kind": list[str], "opts": ["--parameter", "-p"]},
    "--local": {"hidden": True},
    "--account": {"hidden": True},
}


@pytest.mark.parametrize("option_name", ONE_MEANING)
def test_an_option_means_the_same_everywhere(option_name: str) -> None:
    found = [(name, one) for name, one in OPTIONS if option_name in one.opts]
    assert found
    for name, option in found:
        for what, expected in ONE_MEANING[option_name].items():
            actual = option.type_descriptor.annotation if what == "kind" else getattr(option, what)
            assert actual == expected, f"{name}: {what}"


def test_short_options_belong_to_one_meaning() -> None:
    short: dict[str, set[str]] = {}
    for _name, option in OPTIONS:
        for one in option.opts:
            if not one.startswith("--"):
                short.setdefault(one, set()).update(other for other in option.opts if other.startswith("--"))
    assert short == {"-s": {"--set"}, "-p": {"--parameter"}}


@pytest.mark.parametrize("option_name", ["--family", "--environment", "--format", "--champion"])
def test_names_are_completed_wherever_they_are_asked(option_name: str) -> None:
    asked = [(name, one) for name, one in OPTIONS if option_name in one.opts and not one.hidden]
    assert [name for name, one in asked if one._custom_shell_complete is None] == []


def test_each_help_imports_nothing_heavy() -> None:
    script = (
        "import sys, contextlib, io\n"
        "from cli.main import app\n"
        "for words in sys.stdin.read().splitlines():\n"
        "    with contextlib.redirect_stdout(io.StringIO()) as told, contextlib.suppress(SystemExit):\n"
        "        app([*words.split()[1:], '--help'])\n"
        "    assert 'Usage' in told.getvalue(), words\n"
        "print(*sys.modules)\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", script], input="\n".join(TREE), capture_output=True, text=True, check=True
    )
    assert set(told.stdout.split()).isdisjoint(HEAVY), set(told.stdout.split()) & set(HEAVY)
