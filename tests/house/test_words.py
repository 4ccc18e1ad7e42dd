"""Words that two sides of a process boundary share stand once, in `config/protocol.py`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from config import protocol
from containers.common.jobs.decision import Outcome

ROOT = Path(__file__).parents[2]
PACKAGES = sorted(
    {path.parent for path in ROOT.glob("*/__init__.py")} - {ROOT / "tests", ROOT / "benchmarks"}
)
FUNCTIONS = ROOT / "infra" / "functions"
PROTOCOL = ROOT / "config" / "protocol.py"
KINDS = ("_FILE", "_VARIABLE", "_ANSWERS")
WORDS = {name: word for name, word in vars(protocol).items() if name.endswith(KINDS)}
NOT_THE_WORD = {("corpus/examine/report.py", "report.html")}
"""A template of Jinja that is called so."""


def texts(path: Path) -> Iterator[tuple[str, int]]:
    """Yield each text of a module, and of a longer path its last part, with its line."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value.rpartition("/")[2], node.lineno


def constants(path: Path) -> Iterator[tuple[str, str, int]]:
    """Yield the texts that a module names on its first level."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(text))):
                yield name, text, node.lineno


def test_each_word_stands_once() -> None:
    repeated = [
        f"{path.relative_to(ROOT)}:{line}: {text!r}"
        for package in PACKAGES
        for path in package.rglob("*.py")
        if not path.is_relative_to(FUNCTIONS) and path != PROTOCOL
        for text, line in texts(path)
        if text in WORDS.values() and (path.relative_to(ROOT).as_posix(), text) not in NOT_THE_WORD
    ]
    assert not repeated, "take from config.protocol:\n" + "\n".join(repeated)
    assert len(set(WORDS.values())) == len(WORDS)


def test_evaluate_says_what_the_pipeline_asks_for() -> None:
    assert tuple(field.name for field in fields(Outcome)) == protocol.DECISION_KEYS
    assert set(protocol.REGISTERED_KEYS) < set(protocol.DECISION_KEYS)


def test_functions_repeat_a_word_under_its_own_name() -> None:
    """They import nothing of ours: see the import rules."""
    for path in FUNCTIONS.rglob("*.py"):
        named = {line: (name, text) for name, text, line in constants(path)}
        for name, text in named.values():
            assert WORDS.get(name, text) == text, f"{path.relative_to(ROOT)}: {name}"
        for text, line in texts(path):
            if text in WORDS.values():
                name, _ = named.get(line, ("", ""))
                assert WORDS.get(name) == text, f"{path.relative_to(ROOT)}:{line}: {text!r} without its name"
