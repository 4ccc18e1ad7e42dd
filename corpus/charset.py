"""The characters a recogniser can emit, one entry per code point, and the charset files of other tools."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from upath import UPath

from config.errors import Problem
from corpus.errors import CorpusError
from corpus.text import describe_characters, quoted


@dataclass(frozen=True, slots=True)
class Charset:
    """An ordered list of entries; only entries of exactly one code point can ever be emitted."""

    entries: tuple[str, ...]

    @property
    def encodable(self) -> frozenset[str]:
        """The characters that a label may hold."""
        return frozenset(entry for entry in self.entries if len(entry) == 1)

    @property
    def hash(self) -> str:
        """SHA-256 over the entries in order, the name under which a model carries its charset."""
        return hashlib.sha256("\n".join(self.entries).encode()).hexdigest()

    def to_bytes(self) -> bytes:
        """Return the charset as a file: UTF-8, one entry a line (a space is a line with one space)."""
        return "".join(f"{entry}\n" for entry in self.entries).encode()


def derive(texts: Iterable[str]) -> Charset:
    """Return the charset of `texts`: every code point that occurs, in code point order."""
    return Charset(tuple(sorted(set().union(*texts))))


def read_charset(path: UPath) -> tuple[Charset, list[Problem]]:
    """Read a charset file (UTF-8, one entry a line), and name every entry that no label can use.

    Raises:
        CorpusError: the file is missing, unreadable, empty or not UTF-8.
    """
    try:
        data = path.read_bytes()
        text = data.decode("utf-8")
    except FileNotFoundError as error:
        raise CorpusError(
            Problem("charset.missing", "no such charset file", "one", "Check the path.", str(path))
        ) from error
    except OSError as error:
        found = f"it cannot be read ({error.strerror or error})"
        remedy = "Name the file, not its folder, and check its permissions."
        raise CorpusError(
            Problem("charset.unreadable", found, "a readable file", remedy, str(path))
        ) from error
    except UnicodeDecodeError as error:
        found = f"not UTF-8 at byte {error.start}"
        raise CorpusError(
            Problem("charset.encoding", found, "UTF-8", "Save it as UTF-8.", str(path))
        ) from error
    if not text.strip("\r\n"):
        raise CorpusError(Problem("charset.empty", "no entry", "one character a line", "Fill it.", str(path)))
    lines = text.removesuffix("\n").split("\n")
    problems = []
    if text.startswith("\ufeff"):
        problems.append(_problem("charset.bom", "a byte-order mark", "none", "Save it without BOM.", path, 1))
        lines[0] = lines[0].removeprefix("\ufeff")
    if any(line.endswith("\r") for line in lines):
        found = "Windows line ends (CRLF)"
        problems.append(_problem("charset.crlf", found, "LF", "Convert the file to LF.", path, None))
        lines = [line.removesuffix("\r") for line in lines]
    return Charset(tuple(lines)), problems + _entry_problems(lines, path)


def _entry_problems(entries: list[str], path: UPath) -> list[Problem]:
    problems = []
    seen: Counter[str] = Counter()
    one = "one code point"
    for number, entry in enumerate(entries, start=1):
        seen[entry] += 1
        if len(entry) > 1:
            found = f"the entry {quoted(entry)} has {len(entry)} code points ({describe_characters(entry)})"
            remedy = (
                "Labels are encoded one code point at a time, so this entry never matches: list each alone."
            )
            problems.append(_problem("charset.several-code-points", found, one, remedy, path, number))
        elif not entry:
            problems.append(
                _problem("charset.empty-entry", "an empty entry", one, "Delete the line.", path, number)
            )
        if entry and seen[entry] == 2:
            found = f"the entry {quoted(entry)} a second time"
            problems.append(_problem("charset.doubled", found, "it once", "Delete one.", path, number))
    return problems


def _problem(rule: str, found: str, expected: str, remedy: str, path: UPath, line: int | None) -> Problem:
    return Problem(rule, found, expected, remedy, str(path), line)
