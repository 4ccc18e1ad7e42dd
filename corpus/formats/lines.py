"""Read label files, and name each line that cannot be used instead of stopping at it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson
from upath import UPath

from config.errors import Problem
from corpus.errors import FormatError

_BOM = b"\xef\xbb\xbf"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_SAVE_AS_UTF_8 = "Save it as UTF-8."
_RESTORE = "Restore the file from where it came from."


class EntryError(ValueError):
    """One entry of a label file cannot be used; the message says what was found."""


class Line(NamedTuple):
    """One line of a label file, without its line end. `number` counts from 1."""

    number: int
    text: str


def read_lines(path: UPath) -> Iterator[Line | Problem]:
    """Yield the lines of a UTF-8 file, and a problem for each that is blank or not UTF-8.

    Only a line feed ends a line: a text may hold U+2028 and the like, at which ``str.splitlines`` breaks.
    """
    try:
        data, problems = load(path)
    except FormatError as error:
        yield error.problem
        return
    yield from problems
    windows = crlf(data, path)
    if windows is not None:
        yield windows
    lines = data.split(b"\n")
    if not lines[-1]:
        lines.pop()  # the file ends with a line feed
    for number, raw in enumerate(lines, start=1):
        if windows is not None:
            raw = raw.removesuffix(b"\r")
        if not raw.strip():
            yield blank_line(path, number)
            continue
        try:
            yield Line(number, raw.decode())
        except UnicodeDecodeError as error:
            yield not_utf_8(path, number, error)


def load(path: UPath) -> tuple[bytes, list[Problem]]:
    """Return the bytes of a label file without its byte-order mark, and a warning where it had one.

    Raises:
        FormatError: the file cannot be read, or is UTF-16.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        found = f"a label file that cannot be read: {error.strerror or error}"
        remedy = "Check that it exists and its permissions."
        raise FormatError(
            Problem("format.unreadable", found, "a readable file", remedy, str(path))
        ) from error
    if data.startswith(_UTF_16):
        raise FormatError(Problem("format.encoding", "UTF-16", "UTF-8", _SAVE_AS_UTF_8, str(path), 1))
    if not data.startswith(_BOM):
        return data, []
    remedy = "It was read all the same; save it without BOM for tools that trip over it."
    warning = Problem("format.bom", "a byte-order mark", "plain UTF-8", remedy, str(path), 1, "warning")
    return data[len(_BOM) :], [warning]


def crlf(data: bytes, path: UPath) -> Problem | None:
    """Return a warning with the first line that ends as on Windows, or None."""
    end = data.find(b"\r\n")
    if end < 0:
        return None
    line = data.count(b"\n", 0, end) + 1
    remedy = "It was read all the same; convert it to LF for tools that keep the CR in the label."
    return Problem("format.crlf", "Windows line ends (CRLF)", "LF", remedy, str(path), line, "warning")


def blank_line(path: UPath, line: int) -> Problem:
    """Return the warning that a line says nothing."""
    return Problem(
        "format.blank-line", "a blank line", "a label", "Delete the line.", str(path), line, "warning"
    )


def not_utf_8(path: UPath, line: int, error: UnicodeDecodeError) -> Problem:
    """Return the problem that a line cannot be decoded."""
    found = (
        f"byte 0x{error.object[error.start]:02X} after {error.start} bytes of the line, which is not UTF-8"
    )
    return Problem("format.encoding", found, "UTF-8", _SAVE_AS_UTF_8, str(path), line)


def object_of(line: Line) -> dict[str, Any]:
    """Return the JSON object that a line of JSON Lines is.

    Raises:
        EntryError: it is something else.
    """
    try:
        content = orjson.loads(line.text)
    except orjson.JSONDecodeError as error:
        raise EntryError(f"not JSON: {error}") from error
    if not isinstance(content, dict):
        raise EntryError(f"a JSON {type(content).__name__}")
    return content


def read_json(path: UPath, *, pairs: bool = False) -> tuple[Any, list[Problem]]:
    """Return the content of a JSON file, and a warning where it had a byte-order mark.

    `pairs`: objects as tuples of pairs, so that a repeated key is seen.

    Raises:
        FormatError: the file cannot be read or is not JSON (with the line).
    """
    data, problems = load(path)
    try:
        if pairs:
            return json.loads(data.decode(), object_pairs_hook=tuple), problems
        return orjson.loads(data), problems
    except UnicodeDecodeError as error:
        start = data.rfind(b"\n", 0, error.start) + 1
        in_line = UnicodeDecodeError(
            "utf-8", data[start:], error.start - start, error.end - start, error.reason
        )
        raise FormatError(not_utf_8(path, data.count(b"\n", 0, start) + 1, in_line)) from error
    except json.JSONDecodeError as error:
        found, line = f"not JSON: {error.msg}", error.lineno
        raise FormatError(Problem("format.json", found, "JSON", _RESTORE, str(path), line)) from error
    except RecursionError as error:
        found = "JSON nested too deeply"
        raise FormatError(Problem("format.json", found, "JSON", _RESTORE, str(path))) from error
