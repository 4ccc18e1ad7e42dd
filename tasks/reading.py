"""Read answers from a file; what is wrong is named with its line.

.jsonl  one JSON object a line, as its task writes it; of text lines as anybody writes it: id, reference,
        prediction; optional confidence, group, image, meta
.csv    of text lines: the same columns with a header; meta as JSON, or one column for each key: meta.split
.txt    of text lines: one prediction a line, and --references with one reference a line
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import replace
from typing import Any

import orjson
from upath import UPath

from config.errors import InputError, Problem, did_you_mean
from evaluation.errors import PredictionError
from tasks.answers import Answers
from tasks.base import AnswerT, Task
from tasks.recognition.records import COLUMNS

_ENDINGS = (".jsonl", ".ndjson", ".csv", ".txt")
_OF_ANYBODY = "recognition"
"""The task whose answers may come from anywhere; of others only what `glyphline predict` writes is read."""
_META = "meta."
# 007 is no number but somebody's id
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]+)?")
_Row = tuple[int, Mapping[str, Any]]
"""A line's number, and its record."""


def read_answers(
    path: UPath, task: Task[Any, AnswerT], *, references: UPath | None = None
) -> Answers[AnswerT]:
    """Return the answers in `path`, as `task` understands them; its ending says how they are written.

    Args:
        path: the file.
        task: whose records they are; those of other tasks than recognition are JSON Lines alone.
        references: for a text file, the text file with one reference a line; for others None.

    Raises:
        InputError: no such file, an ending that is not known, no line, or a line that cannot be used (with
            file, line, what was found and what was expected).
    """
    lines: dict[str, int] = {}
    pairs = []
    for line, record in _rows(path, task.family.task, references):
        _refuse_bare(record, path, line)
        try:
            item, answer = task.parsed(record)
        except InputError as error:
            raise type(error)(replace(error.problem, file=str(path), line=line)) from error
        if (first := lines.setdefault(item.id, line)) != line:
            found = f"id {item.id!r} stands twice (first on line {first})"
            raise _error("id", found, "it once", "Give every line an id of its own.", path, line)
        pairs.append((item, answer))
    items, answers = zip(*pairs, strict=True) if pairs else ((), ())
    return Answers(path.name, items, answers)


def _rows(path: UPath, task: str, references: UPath | None) -> Iterator[_Row]:
    ending = path.suffix.lower()
    known = _ENDINGS if task == _OF_ANYBODY else _ENDINGS[:2]
    if ending not in known:
        remedy = "Rename or convert it." if task == _OF_ANYBODY else f"Of {task}, only {known[0]} is read."
        raise _error("ending", f"the ending {ending!r}", " or ".join(known), remedy, path)
    if (ending == ".txt") != (references is not None):
        found = "text without references" if references is None else f"references beside a {ending} file"
        expected = "references for a .txt file, and only there"
        raise _error("references", found, expected, "Give --references with a .txt file.", path)
    if references is not None:
        return _text_lines(path, references)
    return (_csv if ending == ".csv" else _json_lines)(path, _content(path))


def _refuse_bare(record: Mapping[str, Any], path: UPath, line: int) -> None:
    """Refuse an answer about an image of which nobody said what is in it: nothing is right or wrong there."""
    if isinstance(record, Mapping) and "answer" in record and "samples" not in record:
        found, expected = "an answer about an image without labels", "samples"
        raise _error("unlabelled", found, expected, "Predict a snapshot: it has labels.", path, line)


def _json_lines(path: UPath, content: str) -> Iterator[_Row]:
    for number, line in enumerate(content.split("\n"), 1):
        if not line.strip():
            continue
        try:
            content_of_line = orjson.loads(line)
            _refuse_repeated_keys(line, path, number)
        except orjson.JSONDecodeError as error:
            hint = " (NaN and Infinity are not JSON)" if "NaN" in line or "Infinity" in line else ""
            found = f"not JSON: {error.msg} at column {error.colno}{hint}"
            raise _error("json", found, "one JSON object a line", "Mend the line.", path, number) from error
        yield number, content_of_line


def _refuse_repeated_keys(line: str, path: UPath, number: int) -> None:
    def once(pairs: list[tuple[str, object]]) -> None:
        keys = [key for key, _ in pairs]
        if len(set(keys)) < len(keys):
            found = f"the key {next(key for key in keys if keys.count(key) > 1)!r} stands twice"
            raise _error("repeated-key", found, "it once", "Delete one.", path, number)

    # orjson keeps the last value and says nothing; numbers need no second look
    json.loads(line, object_pairs_hook=once, parse_int=str, parse_float=str)


def _csv(path: UPath, content: str) -> Iterator[_Row]:
    table = list(_cells(path, content))
    names = table[0][1] if table else ()
    numbers = frozenset(name for name in names if name.startswith(_META) and _is_numeric(name, table))
    for line, cells in table:
        try:
            record = _row_of(cells, numbers)
        except orjson.JSONDecodeError as error:
            found, expected = f"meta {cells['meta']!r}", "a JSON object"
            raise _error("meta", found, expected, "Mend the cell.", path, line) from error
        yield line, record


def _is_numeric(name: str, table: Sequence[tuple[int, dict[str, str]]]) -> bool:
    return all(_NUMBER.fullmatch(cells[name]) for _, cells in table if cells[name])


def _cells(path: UPath, content: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield every row with its line."""
    reader = csv.DictReader(io.StringIO(content, newline=""), strict=True)
    end = 1
    try:
        _check_columns(reader.fieldnames or (), path)
        for cells in reader:
            start, end = end + 1, reader.line_num  # a quoted cell may span lines
            if None in cells or None in cells.values():
                found = "more cells than columns" if None in cells else "fewer cells than columns"
                expected = f"{len(reader.fieldnames or ())} cells"
                raise _error("cells", found, expected, "Quote commas.", path, start)
            yield start, cells
    except csv.Error as error:
        raise _error("csv", f"not CSV: {error}", "CSV", "Mend it.", path, end + 1) from error


def _check_columns(names: Sequence[str], path: UPath) -> None:
    for place, name in enumerate(names):
        if name in names[:place]:
            found = f"the column {name!r} stands twice"
            raise _error("repeated-column", found, "it once", "Delete one.", path, 1)
        if name not in COLUMNS and not name.startswith(_META):
            found, expected = f"the column {name!r}", ", ".join((*COLUMNS, "meta.…"))
            raise _error("column", found, expected, did_you_mean(name, COLUMNS), path, 1)


def _row_of(cells: dict[str, str], numbers: Set[str]) -> dict[str, object]:
    texts = {name: cells[name] for name in COLUMNS[:3] if name in cells}
    optional = {name: cells[name] for name in COLUMNS[3:6] if cells.get(name)}
    meta = orjson.loads(cells["meta"]) if cells.get("meta") else {}
    more = {
        name.removeprefix(_META): orjson.loads(cell) if name in numbers else cell
        for name, cell in cells.items()
        if name.startswith(_META) and cell
    }
    return {**texts, **optional, "meta": {**meta, **more} if isinstance(meta, dict) else meta}


def _text_lines(path: UPath, references: UPath) -> Iterator[_Row]:
    read, true = (_text(place) for place in (path, references))
    if len(read) != len(true):
        found, expected = f"{len(read):,} lines", f"{len(true):,}, as in {references}"
        raise _error("lines", found, expected, "Write one line for each image, also an empty one.", path)
    for number, (prediction, reference) in enumerate(zip(read, true, strict=True), 1):
        yield number, {"id": str(number), "reference": reference, "prediction": prediction}


def _text(path: UPath) -> list[str]:
    # str.splitlines would also cut at characters that a label may hold, such as U+2028
    lines = _content(path).split("\n")
    return [line.removesuffix("\r") for line in (lines[:-1] if lines[-1] == "" else lines)]


def _content(path: UPath) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
        raise _error("missing", "no such file", "predictions", "Check the path.", path) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        found = f"not UTF-8 ({error.reason})"
        raise _error("encoding", found, "UTF-8", "Save it as UTF-8.", path, line) from error


def _error(
    rule: str, found: str, expected: str, remedy: str, path: UPath, line: int | None = None
) -> PredictionError:
    return PredictionError(Problem(f"predictions.{rule}", found, expected, remedy, str(path), line))
