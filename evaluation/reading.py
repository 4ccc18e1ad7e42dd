"""Read anybody's predictions: JSON Lines, CSV, or two text files; what is wrong is named with its line."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import orjson
from pydantic import BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from config.errors import Problem, did_you_mean
from config.family import UnicodeForm
from corpus.text import DEFAULT_FORM
from evaluation.errors import PredictionError
from evaluation.predictions import Prediction, Predictions, collect

LAYOUT = """\
.jsonl  one JSON object a line: id, reference, prediction; optional confidence, group, image, meta
.csv    the same columns with a header; meta as JSON, or one column for each key: meta.split
.txt    one prediction a line, and --references with one reference a line
"""

COLUMNS = ("id", "reference", "prediction", "confidence", "group", "image", "meta")
_META = "meta."
# 007 is no number but somebody's id
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]+)?")


def _number_as_text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _no_truth_value(value: object) -> object:
    if isinstance(value, bool):  # pydantic would take true for 1.0
        raise ValueError("not a number")  # noqa: TRY004 - what pydantic turns into a ValidationError
    return value


@dataclass(frozen=True, slots=True)
class _Row:
    """A `Prediction` as it comes from outside."""

    id: Annotated[str, BeforeValidator(_number_as_text), Field(min_length=1)]
    reference: str
    prediction: str
    confidence: (
        Annotated[float, BeforeValidator(_no_truth_value), Field(ge=0.0, le=1.0, allow_inf_nan=False)] | None
    ) = None
    group: Annotated[str, BeforeValidator(_number_as_text), Field(min_length=1)] | None = None
    image: Annotated[str, Field(min_length=1)] | None = None
    meta: Mapping[str, Any] | None = None

    __pydantic_config__ = ConfigDict(extra="forbid")


_ROW: TypeAdapter[_Row] = TypeAdapter(_Row)

_REMEDIES = {
    "id": "Give every line an id of its own.",
    "reference": "Write what stands in the image; an empty text is allowed.",
    "prediction": 'Write what the model read, and "" where it read nothing.',
    "confidence": "Leave it out where the model has none.",
}
_EXPECTED = {
    "id": "a text that is not empty",
    "reference": "a text",
    "prediction": "a text",
    "confidence": "a number from 0 to 1",
    "group": "a text that is not empty, or no group",
    "image": "a text that is not empty, or no image",
    "meta": "an object",
}


def read_predictions(
    path: Path, *, references: Path | None = None, form: UnicodeForm = DEFAULT_FORM
) -> Predictions:
    """Return the predictions in `path`; its ending says which of `LAYOUT` it is.

    Args:
        path: the file.
        references: for a text file, the text file with one reference a line; for others None.
        form: the Unicode normal form in which texts are compared.

    Raises:
        PredictionError: no such file, an ending that is not known, no line, or a line that cannot be used
            (with file, line, what was found and what was expected).
    """
    ending = path.suffix.lower()
    readers = {".jsonl": _json_lines, ".ndjson": _json_lines, ".csv": _csv}
    if ending not in readers and ending != ".txt":
        remedy = "Rename or convert it."
        raise _error("ending", f"the ending {ending!r}", ".jsonl, .csv or .txt", remedy, path)
    if (ending == ".txt") != (references is not None):
        found = "text without references" if references is None else f"references beside a {ending} file"
        expected = "references for a .txt file, and only there"
        raise _error("references", found, expected, "Give --references with a .txt file.", path)
    if references is not None:
        return collect(path.name, _text_lines(path, references), form)
    rows = readers[ending](path, _content(path))
    return collect(path.name, _unique(rows, path), form)


def _unique(rows: Iterator[tuple[int, _Row]], path: Path) -> Iterator[Prediction]:
    lines: dict[str, int] = {}
    for line, row in rows:
        first = lines.setdefault(row.id, line)
        if first != line:
            found = f"id {row.id!r} stands twice (first on line {first})"
            raise _error("id", found, "it once", _REMEDIES["id"], path, line)
        yield Prediction(
            row.id, row.reference, row.prediction, row.confidence, row.group, row.image, row.meta or {}
        )


def _json_lines(path: Path, content: str) -> Iterator[tuple[int, _Row]]:
    for number, line in enumerate(content.split("\n"), 1):
        if not line.strip():
            continue
        try:
            content_of_line = orjson.loads(line)
            _refuse_repeated_keys(line, path, number)
            yield number, _ROW.validate_python(content_of_line)
        except orjson.JSONDecodeError as error:
            hint = " (NaN and Infinity are not JSON)" if "NaN" in line or "Infinity" in line else ""
            found = f"not JSON: {error.msg} at column {error.colno}{hint}"
            raise _error("json", found, "one JSON object a line", "Mend the line.", path, number) from error
        except ValidationError as error:
            raise _misfit(error, path, number) from error


def _refuse_repeated_keys(line: str, path: Path, number: int) -> None:
    def once(pairs: list[tuple[str, object]]) -> None:
        keys = [key for key, _ in pairs]
        if len(set(keys)) < len(keys):
            found = f"the key {next(key for key in keys if keys.count(key) > 1)!r} stands twice"
            raise _error("repeated-key", found, "it once", "Delete one.", path, number)

    # orjson keeps the last value and says nothing; numbers need no second look
    json.loads(line, object_pairs_hook=once, parse_int=str, parse_float=str)


def _csv(path: Path, content: str) -> Iterator[tuple[int, _Row]]:
    table = list(_cells(path, content))
    names = table[0][1] if table else ()
    numbers = frozenset(name for name in names if name.startswith(_META) and _is_numeric(name, table))
    for line, cells in table:
        try:
            yield line, _ROW.validate_python(_row_of(cells, numbers))
        except orjson.JSONDecodeError as error:
            found, expected = f"meta {cells['meta']!r}", "a JSON object"
            raise _error("meta", found, expected, "Mend the cell.", path, line) from error
        except ValidationError as error:
            raise _misfit(error, path, line) from error


def _is_numeric(name: str, table: Sequence[tuple[int, dict[str, str]]]) -> bool:
    return all(_NUMBER.fullmatch(cells[name]) for _, cells in table if cells[name])


def _cells(path: Path, content: str) -> Iterator[tuple[int, dict[str, str]]]:
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


def _check_columns(names: Sequence[str], path: Path) -> None:
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


def _text_lines(path: Path, references: Path) -> Iterator[Prediction]:
    read, true = (_text(place) for place in (path, references))
    if len(read) != len(true):
        found, expected = f"{len(read):,} lines", f"{len(true):,}, as in {references}"
        raise _error("lines", found, expected, "Write one line for each image, also an empty one.", path)
    for number, (prediction, reference) in enumerate(zip(read, true, strict=True), 1):
        yield Prediction(str(number), reference, prediction)


def _text(path: Path) -> list[str]:
    # str.splitlines would also cut at characters that a label may hold, such as U+2028
    lines = _content(path).split("\n")
    return [line.removesuffix("\r") for line in (lines[:-1] if lines[-1] == "" else lines)]


def _content(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
        raise _error("missing", "no such file", "predictions", "Check the path.", path) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        found = f"not UTF-8 ({error.reason})"
        raise _error("encoding", found, "UTF-8", "Save it as UTF-8.", path, line) from error


def _misfit(error: ValidationError, path: Path, line: int) -> PredictionError:
    detail = error.errors(include_url=False)[0]
    key = str(detail["loc"][0]) if detail["loc"] else ""
    if detail["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
        remedy = f"{did_you_mean(key, COLUMNS)} What is your own goes into meta."
        return _error("key", f"unknown key {key!r}", ", ".join(COLUMNS), remedy, path, line)
    remedy = _REMEDIES.get(key, "Mend the line.")
    if detail["type"] in ("missing", "missing_argument"):
        return _error("key", f"no {key}", "id, reference and prediction on every line", remedy, path, line)
    if not key:
        found, expected = repr(detail["input"]), "a JSON object with id, reference and prediction"
        return _error("row", found, expected, remedy, path, line)
    found = f"{key} is {'null' if detail['input'] is None else repr(detail['input'])}"
    expected = _EXPECTED.get(key, detail["msg"].removeprefix("Input should be "))
    return _error(key, found, expected, remedy, path, line)


def _error(
    rule: str, found: str, expected: str, remedy: str, path: Path, line: int | None = None
) -> PredictionError:
    return PredictionError(Problem(f"predictions.{rule}", found, expected, remedy, str(path), line))
