"""Whether the command line takes a command, without running it: its tree, and Click's own parser."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import typer
import typer.main

from cli.main import app
from config.errors import did_you_mean

UsageError: type[Exception] = next(
    one for one in typer.BadParameter.__mro__ if one.__name__ == "UsageError"
)  # Typer has a Click of its own, and does not export this one
_STANDS_FOR = re.compile(r"[A-Z][A-Z0-9_]*(…)?|.*….*|\$.*")
"""FOLDER, N, `…`, a variable of the shell: what the reader puts in its place is not known."""
_ASIDE = frozenset({"--help", "--install-completion", "--show-completion"})


def tree() -> Any:
    """Return the root of all commands."""
    return typer.main.get_command(app)


def leaves(command: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every command that can be run, by its full name; none that is hidden."""
    children = getattr(command, "commands", {})
    for child_name, child in children.items():
        if not child.hidden:
            yield from leaves(child, f"{name} {child_name}".strip())
    if not children:
        yield name, command


def leaf(root: Any, words: Sequence[str]) -> str:
    """Return the full name of the command that `words` begin with; empty where it is none."""
    command, said = root, []
    for word in words:
        children = getattr(command, "commands", {})
        if word not in children:
            break
        command = children[word]
        said.append(word)
    return " ".join(said) if not getattr(command, "commands", {}) else ""


def complaint(root: Any, words: Sequence[str], *, whole: bool) -> str | None:
    """Say what the command line would refuse; None where it would not.

    What is `whole` is to be pasted, so nothing may be missing; prose may name a command alone.
    """
    command, rest, said = root, list(words), "glyphline"
    while children := getattr(command, "commands", {}):
        if not rest:
            return f"{said} is no command, but a group of them" if whole else None
        if _STANDS_FOR.fullmatch(rest[0]):
            return None
        if rest[0].startswith("-"):
            return None if rest[0] in _ASIDE else _unknown(command, rest[0], said)
        if rest[0] not in children:
            kind = "command" if command is root else f"command of {said}"
            return f"there is no {kind} {rest[0]!r}. {did_you_mean(rest[0], children)}"
        command, said = children[rest[0]], f"{said} {rest[0]}"
        rest = rest[1:]
    if "--help" in rest or (not whole and not rest):
        return None
    return _refusal(command, rest, said)


def _refusal(command: Any, words: Sequence[str], said: str) -> str | None:
    """Return what Click says of the arguments of a command that exists."""
    open_ended = any(_STANDS_FOR.fullmatch(one) for one in words)
    try:
        command.make_context(said, list(words))
    except UsageError as error:
        kind = type(error).__name__
        if kind == "NoSuchOption":
            return _unknown(command, str(getattr(error, "option_name", "")), said)
        if "…" in words and kind in ("MissingParameter", "UsageError"):  # it stands for any number of them
            return None
        if open_ended and kind == "BadParameter":  # N is no number, and stands for one
            return None
        return f"{said}: {getattr(error, 'message', '') or error}"
    return None


def _unknown(command: Any, option: str, said: str) -> str:
    known = {one for parameter in command.params for one in (*parameter.opts, *parameter.secondary_opts)}
    return f"{said} has no option {option}. {did_you_mean(option, [one for one in known if one[0] == '-'])}"
