"""The pages that people read, and what stands on them: fences, inline code, links, headings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt  # rich brings it
from markdown_it.token import Token

ROOT = Path(__file__).parents[2]
SHELLS = frozenset({"sh", "console", "shell", "bash"})
MARKS = ("run", "slow", "elsewhere")
"""Run by `make test`; run by `make readme`; never run here, since it takes an account, an engine, a GPU."""


@dataclass(frozen=True, slots=True)
class Fence:
    """A block of code."""

    file: str
    line: int
    """Of its first line of code."""
    language: str
    marks: tuple[str, ...]
    text: str

    @property
    def mark(self) -> str | None:
        """Say who runs it; None where it does not say so, or more than one thing."""
        return self.marks[0] if len(self.marks) == 1 and self.marks[0] in MARKS else None


@dataclass(frozen=True, slots=True)
class Piece:
    """Something within a line: code, or the target of a link."""

    file: str
    line: int
    text: str


def pages() -> list[Path]:
    """Return the pages that are held to all of this; decisions and the changelog say what was."""
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def named(path: Path) -> str:
    """Return how messages name a file."""
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name


@cache
def _tokens(path: Path) -> tuple[Token, ...]:
    text = path.read_text(encoding="utf-8")
    return tuple(MarkdownIt("commonmark").enable("table").parse(text))


def fences(path: Path) -> list[Fence]:
    """Return every block of code of a page; one that is only indented has neither language nor mark."""
    found = []
    for token in _tokens(path):
        if token.type in ("fence", "code_block"):
            start = (token.map or [0])[0] + (2 if token.type == "fence" else 1)
            language, *marks = token.info.split() or [""]
            found.append(Fence(named(path), start, language, tuple(marks), token.content))
    return found


def codes(path: Path) -> list[Piece]:
    """Return every inline code of a page."""
    return [Piece(named(path), line, token.content) for line, token in _inline(path, "code_inline")]


def links(path: Path) -> list[Piece]:
    """Return the targets of every link and picture of a page."""
    return [
        Piece(named(path), line, str(token.attrs.get("href") or token.attrs.get("src") or ""))
        for line, token in _inline(path, "link_open", "image")
    ]


def anchors(path: Path) -> set[str]:
    """Return what a link may name behind a `#`: each heading, as GitHub names it."""
    tokens = _tokens(path)
    titles = [tokens[i + 1].content for i, token in enumerate(tokens) if token.type == "heading_open"]
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def _inline(path: Path, *kinds: str) -> Iterator[tuple[int, Token]]:
    source = path.read_text(encoding="utf-8").splitlines()
    for token in _tokens(path):
        line = (token.map or [0])[0]
        for child in token.children or ():
            if child.type in kinds:
                yield _line_of(child, source, line) + 1, child
            line += child.type in ("softbreak", "hardbreak")


def _line_of(token: Token, source: list[str], line: int) -> int:
    """Return the line a token begins on: one of code that wraps shifts what follows it on."""
    word = token.content.split()[0] if token.content.split() else ""
    return next((n for n in range(line, min(line + 6, len(source))) if word in source[n]), line)
