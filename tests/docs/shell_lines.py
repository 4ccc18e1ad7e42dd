"""Shell text taken apart: what a reader would paste, line by line, and the `glyphline` commands in it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

_ENDS = frozenset({"&&", "||", "|", ";", "&", "(", ")", "do", "then", "{", "}"})
_ASSIGNED = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
_REDIRECTED = re.compile(r"\d?(>>?|<)(&?.*)")
_PROMPT = "$ "
_EXIT_CODE = re.compile(r"#.*\bexit code (\d+)")


@dataclass(frozen=True, slots=True)
class Line:
    """A whole line of shell: its continuations are part of it."""

    number: int
    """In the text, from 0."""
    text: str

    @property
    def exit_code(self) -> int:
        """Return the exit code that its comment promises; without one, 0."""
        promised = _EXIT_CODE.search(self.text)
        return int(promised[1]) if promised else 0


def lines(text: str, *, prompts: bool = False) -> Iterator[Line]:
    """Yield the lines to paste; where there are prompts, what has none is output."""
    begun: list[str] = []
    start = 0
    for number, raw in enumerate(text.splitlines()):
        line = raw
        if not begun:
            if prompts and not line.startswith(_PROMPT):
                continue
            start, line = number, line.removeprefix(_PROMPT) if prompts else line
        begun.append(line)
        if not line.endswith("\\"):
            yield Line(start, "\n".join(begun))
            begun = []
    if begun:
        yield Line(start, "\n".join(begun))


def commands(text: str) -> Iterator[list[str]]:
    """Yield the arguments of every `glyphline` command in a line, one for each of `a|b`.

    Raises:
        ValueError: a quotation does not end.
    """
    if not re.search(r"(?<![\w./-])(?:[\w./]*/)?glyphline\s", text + " "):
        return
    for words in _simple(shlex.split(text.replace("\\\n", " "), comments=True)):
        while words and _ASSIGNED.match(words[0]):
            del words[0]
        if words and words[0].rsplit("/", 1)[-1] == "glyphline":
            yield from _spelt_out(words[1:])


def _simple(words: list[str]) -> Iterator[list[str]]:
    """Yield the commands between `&&`, `|`, `;` and their like, without what is redirected."""
    begun: list[str] = []
    skip = False
    for word in words:
        redirected = _REDIRECTED.fullmatch(word)
        if skip:
            skip = False
        elif redirected:
            skip = not redirected[2]
        elif word in _ENDS:
            yield begun
            begun = []
        elif word.endswith(";"):
            yield [*begun, word[:-1]]
            begun = []
        else:
            begun.append(word)
    yield begun


def _spelt_out(words: list[str]) -> Iterator[list[str]]:
    """Yield `a b` and `a c` for `a b|c`, as prose has it; options and values have no choice."""
    for place, word in enumerate(words):
        if re.fullmatch(r"[a-z]+(\|[a-z]+)+", word):
            for one in word.split("|"):
                yield from _spelt_out([*words[:place], one, *words[place + 1 :]])
            return
    yield words
