"""A CSV table of ``image_file`` and ``text``; ``split``, ``group``, ``label`` and ``meta`` as well."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import orjson
from upath import UPath

from config.errors import Problem, did_you_mean
from corpus.errors import FormatError
from corpus.formats.carry import bad_meta, carry, keys_of, unpack
from corpus.formats.export import accepted, by_split, copy_images, image_name, no_text
from corpus.formats.lines import blank_line, crlf, load, not_utf_8
from corpus.formats.source import image_finder, label_files, once, outside
from corpus.ingest import new_folder
from corpus.paths import write_whole
from corpus.records import Format, Record
from corpus.sample import SPLITS, Split
from corpus.snapshot import Snapshot

_REQUIRED = ("image_file", "text")
_KNOWN = (*_REQUIRED, "split", "group", "label", "meta")
_EXPECTED = "the columns image_file,text"


class _Row(NamedTuple):
    line: int
    cells: list[str]


def read(source: UPath) -> Iterator[Record | Problem]:
    """Yield a record for each row; a column of another name becomes an entry of ``meta``.

    Raises:
        FormatError: there is no table, or one without the columns.
    """
    root, files = label_files(source, ".csv")
    find = image_finder(root)
    tables = (_table(path, split, find) for path, split in files)
    yield from once(item for table in tables for item in table)


def _table(
    path: UPath, split: Split | None, find: Callable[[str], UPath | None]
) -> Iterator[Record | Problem]:
    columns: list[str] = []
    for row in _rows(path):
        if isinstance(row, Problem):
            yield row
        elif not columns:
            columns = row.cells
            yield from _check_header(row, path)
        elif len(row.cells) != len(columns):
            found = f"{len(row.cells)} cells in a table of {len(columns)} columns"
            remedy = "Put a text that has a comma into double quotes."
            yield Problem("format.fields", found, f"{len(columns)}", remedy, str(path), row.line)
        else:
            yield _record(dict(zip(columns, row.cells, strict=True)), split, find, str(path), row.line)
    if not columns:
        raise FormatError(
            Problem("format.no-labels", "an empty file", _EXPECTED, "Check the file.", str(path))
        )


def _check_header(row: _Row, path: UPath) -> Iterator[Problem]:
    header = ",".join(row.cells)
    for column in _REQUIRED:
        if column in row.cells:
            continue
        if len(row.cells) == 1 and any(separator in header for separator in ";\t|"):
            found, remedy = f"the header {header!r}, which has no comma", "Save the table with commas."
            raise FormatError(Problem("format.separator", found, _EXPECTED, remedy, str(path), row.line))
        found = f"no column {column!r} among {header!r}"
        remedy = f"Rename the column. {_nearest(column, row.cells)}"
        raise FormatError(Problem("format.columns", found, _EXPECTED, remedy, str(path), row.line))
    for column in row.cells:
        if row.cells.count(column) > 1:
            found = f"the column {column!r} twice"
            raise FormatError(Problem("format.columns", found, "it once", "Rename one.", str(path), row.line))
        if column not in _KNOWN:
            found = f"a column {column!r}, which is kept in meta"
            remedy = f"Nothing, if that is meant. {did_you_mean(column, _KNOWN)}"
            expected = f"one of {', '.join(_KNOWN)}"
            yield Problem("format.columns", found, expected, remedy, str(path), row.line, "warning")


def _nearest(column: str, cells: list[str]) -> str:
    candidates = [cell for cell in cells if cell and cell not in _KNOWN]
    return f"{did_you_mean(column, candidates)}" if candidates else ""


def _rows(path: UPath) -> Iterator[_Row | Problem]:
    """Yield the rows of a table with the line that each begins on; go on after one that is broken."""
    data, problems = load(path)
    yield from problems
    if (windows := crlf(data[: data.find(b"\n") + 1], path)) is not None:
        yield windows
    lines = data.decode(errors="surrogateescape").split("\n")
    ended = [f"{line}\n" for line in lines[:-1]] + [line for line in lines[-1:] if line]
    begin = 0
    while begin < len(ended):
        reader = csv.reader((ended[i] for i in range(begin, len(ended))), strict=True)
        line = begin + 1
        try:
            for cells in reader:
                yield _decoded(cells, path, line) if cells else blank_line(path, line)
                line = begin + reader.line_num + 1
        except csv.Error as error:
            found = f"a row that is not CSV: {error}"
            remedy = "Close the quotes, and double each quote inside a text."
            yield Problem("format.quotes", found, "a row of cells", remedy, str(path), line)
            begin = line
        else:
            return


def _decoded(cells: list[str], path: UPath, line: int) -> _Row | Problem:
    try:
        "\n".join(cells).encode(errors="surrogateescape").decode()
    except UnicodeDecodeError as error:
        return not_utf_8(path, line, error)
    return _Row(line, cells)


def _record(
    cells: dict[str, str], split: Split | None, find: Callable[[str], UPath | None], file: str, line: int
) -> Record | Problem:
    name = cells["image_file"]
    path = find(name)
    if path is None:
        return outside(name, file, line)
    if cells.get("split"):
        if cells["split"] not in SPLITS:
            found, remedy = f"the split {cells['split']!r}", did_you_mean(cells["split"], SPLITS)
            return Problem("format.split", found, f"one of {', '.join(SPLITS)}", remedy, file, line)
        split = cells["split"]
    record = Record(
        key=name,
        image=path,
        image_name=name,
        text=cells["text"],
        file=file,
        line=line,
        label=cells.get("label") or None,
        group=cells.get("group") or None,
        split=split,
        meta={column: cell for column, cell in cells.items() if column not in _KNOWN},
    )
    if not cells.get("meta"):
        return record
    try:
        meta: Any = orjson.loads(cells["meta"])
        return unpack(record, meta)
    except ValueError as error:
        return bad_meta(error, file, line)


def write(snapshot: Snapshot, out: UPath) -> None:
    """Write ``labels.csv`` and ``SPLIT/0000001.png``; keys, groups and labels travel in ``meta``.

    Raises:
        FormatError: a sample without text or with a polygon.
        StateError: something is at `out` already.
    """
    samples = accepted(snapshot, FORMAT.name, no_text)
    key = keys_of(snapshot)
    table = io.StringIO()
    table.write(",".join([*_REQUIRED, "split", "meta"]) + "\n")
    # by itself the writer would leave a lone CR unquoted, which ends a row for every reader
    writer = csv.writer(table, quoting=csv.QUOTE_ALL, lineterminator="\n")
    with new_folder(out) as folder:
        for split, part in by_split(samples).items():
            named = [(sample, image_name(sample, n, split)) for n, sample in enumerate(part, start=1)]
            copy_images(snapshot, named, folder)
            for sample, name in named:
                meta = orjson.dumps(carry(sample, key(sample))).decode()
                writer.writerow([name, sample.text, split, meta])
        write_whole(folder / "labels.csv", table.getvalue().encode())


FORMAT = Format(
    name="csv",
    summary="A CSV table of image_file and text.",
    layout="labels.csv      image_file,text[,split][,group][,label][,meta]\ntrain/0000001.png",
    read=read,
    write=write,
)
