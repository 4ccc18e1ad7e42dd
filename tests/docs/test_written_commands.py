"""Every command is on a page, and whatever a page or a `--help` says about a command is true of it."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from grammar import complaint, leaf, leaves, tree
from manual import ROOT, SHELLS, Piece, codes, fences, named, pages
from shell_lines import commands, lines

ROOT_COMMAND = tree()


@dataclass(frozen=True, slots=True)
class Written:
    """A command as it is written somewhere."""

    place: str
    words: list[str]
    whole: bool


def taken(piece: Piece, text: str, *, whole: bool) -> Iterator[Written]:
    for words in commands(text):
        yield Written(f"{piece.file}:{piece.line}", words, whole)


def of_page(path: Path) -> Iterator[Written]:
    for fence in fences(path):
        if fence.language in SHELLS or not fence.language:
            for line in lines(fence.text, prompts=fence.language == "console"):
                place = Piece(fence.file, fence.line + line.number, "")
                if "glyphline" in line.text:
                    yield from taken(place, line.text, whole=True)
    for code in codes(path):
        if code.text.split(maxsplit=1)[:1] != []:
            yield from taken(code, code.text, whole=False)


def of_help() -> Iterator[Written]:
    """The examples of each `--help`, where they stand in the code."""
    for _, command in leaves(ROOT_COMMAND):
        function = inspect.unwrap(command.callback)
        source, first = inspect.getsourcelines(function)
        for number, line in enumerate(source, first):
            if "Example:" in line:
                piece = Piece(named(Path(function.__code__.co_filename)), number, "")
                yield from taken(piece, line.partition("`")[2].rpartition("`")[0], whole=True)


WRITTEN = [*(one for path in pages() for one in of_page(path)), *of_help()]


def said_of(written: Iterator[Written] | list[Written], root: Any) -> list[str]:
    return [
        f"{one.place}: {said}"
        for one in written
        if (said := complaint(root, one.words, whole=one.whole)) is not None
    ]


def test_whatever_is_written_about_a_command_is_true() -> None:
    said = said_of(WRITTEN, ROOT_COMMAND)
    assert not said, "\n" + "\n".join(said)


def test_every_command_is_on_a_page() -> None:
    on_pages = {leaf(ROOT_COMMAND, one.words) for one in WRITTEN if one.place.split(":")[0].endswith(".md")}
    missing = sorted({name for name, _ in leaves(ROOT_COMMAND)} - on_pages)
    assert not missing, f"neither README.md nor docs/ shows: {', '.join(missing)}"


def test_every_help_has_its_examples_read() -> None:
    assert {leaf(ROOT_COMMAND, one.words) for one in of_help()} == {name for name, _ in leaves(ROOT_COMMAND)}


def renamed(root: Any, group: str, name: str, old: str, new: str) -> Any:
    """The same tree, in which an option of one command is called otherwise."""
    command = copy(root.commands[group].commands[name])
    command.params = [copy(one) for one in command.params]
    (option,) = (one for one in command.params if old in one.opts)
    option.opts = [new]
    inner, outer = copy(root.commands[group]), copy(root)
    inner.commands = {**inner.commands, name: command}
    outer.commands = {**outer.commands, group: inner}
    return outer


def test_an_option_that_is_renamed_is_missed_on_every_page_that_has_it() -> None:
    said = said_of(WRITTEN, renamed(ROOT_COMMAND, "corpus", "examine", "--family", "--families"))
    wanted = "glyphline corpus examine has no option --family. Did you mean '--families'?"
    assert {one.split(":")[0] for one in said} >= {"README.md", "docs/examine.md", "cli/corpus.py"}
    for one in said:
        file, line, rest = one.split(":", 2)
        assert rest.strip() == wanted
        assert "examine" in (ROOT / file).read_text(encoding="utf-8").splitlines()[int(line) - 1]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("glyphline corpus shew x", "there is no command of glyphline corpus 'shew'. Did you mean 'show'?"),
        ("glyphline evaluat x", "there is no command 'evaluat'. Did you mean 'evaluate'?"),
        ("glyphline corpus", "glyphline corpus is no command, but a group of them"),
        ("glyphline corpus show", "glyphline corpus show: Missing parameter: snapshot"),
        ("glyphline corpus show a b", "glyphline corpus show: Got unexpected extra argument(s) (b)"),
        ("glyphline --jsn corpus show a", "glyphline has no option --jsn."),
        ("true && glyphline corpus show --jsn a > out; true", "glyphline corpus show has no option --jsn."),
        ("x=1 bin/glyphline config show a b", "glyphline config show: Got unexpected extra argument(s) (b)"),
        ("glyphline corpus show \\\n  --jsn", "glyphline corpus show has no option --jsn."),
        ("glyphline corpus recipes|formts", "there is no command of glyphline corpus 'formts'."),
    ],
)
def test_what_is_wrong_is_said(text: str, wanted: str) -> None:
    (line,) = lines(text)
    said = [complaint(ROOT_COMMAND, words, whole=True) for words in commands(line.text)]
    assert wanted in str(said[-1])


@pytest.mark.parametrize(
    "text",
    [
        "glyphline corpus synth RECIPE --count N --seed S --out DIR",
        "glyphline pipeline show …",
        "glyphline pipeline runs --family pid-rec | head -n 1 > runs.txt  # don't ask",
        "glyphline COMMAND --help",
        'glyphline registry approve "$version" --reason "…" 2>&1',
        "glyphline pipeline runs|show|logs|stop …",
        "docker run glyphline-paddle:0.1.0-cpu serve",
        "glyphline corpus show --help",
    ],
)
def test_what_stands_for_something_is_let_pass(text: str) -> None:
    assert [complaint(ROOT_COMMAND, words, whole=True) for words in commands(text)] in (
        [],
        [None],
        [None] * 4,
    )
