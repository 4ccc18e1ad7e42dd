"""Dataset-P&ID: drawings with ``.npy`` arrays of words, symbols and lines.

Source: Paliwal et al. 2021, "Digitize-PID" (arXiv 2109.03794), and the published folder: for sheet 7
``7/7_words.npy`` (rows of id, box, text, rotation), ``7/7_symbols.npy`` (id, box, class), ``7/7_lines.npy``
(id, ends, pipe, style), ``7/7_linker.npy`` (symbol's id, ids that belong to it), the image ``image_2/7.jpg``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from upath import UPath

from config.errors import Problem
from corpus.errors import FormatError
from corpus.formats.geometry import coordinate, rectangle
from corpus.formats.lines import EntryError
from corpus.formats.npy import read_rows, unwrap
from corpus.formats.source import IMAGE_SUFFIXES, files_below, image_finder, is_utf_8, once, or_page, outside
from corpus.records import Format, Record
from corpus.sample import Polygon

_ARRAY = re.compile(r"^(?P<stem>(?:.*/)?(?P<sheet>[^/]+))_(?P<kind>words|symbols|lines|linker)\.npy$")


def read(source: UPath) -> Iterator[Record | Problem]:
    """Yield a record for each word (a text), symbol (a class) and line (two points).

    A symbol's label is ``symbol/CLASS``, a line's ``line/STYLE``; ``meta`` has the id, and of a symbol the
    ids that the linker gives it. A line has no area: it is a sample only where regions are not cut out.
    A sheet with nothing on it is a record too, without a polygon.

    Raises:
        FormatError: there is no such array.
    """
    names, problems = files_below(source)
    sheets: dict[str, dict[str, UPath]] = {}
    for name in names:
        if (match := _ARRAY.match(name)) is not None:
            sheets.setdefault(match["stem"], {})[match["kind"]] = source / name
    if not sheets:
        found, expected = "no *_words.npy, *_symbols.npy or *_lines.npy", "them in a folder for each sheet"
        raise FormatError(
            Problem("format.no-labels", found, expected, "Check the format's name.", str(source))
        )
    yield from problems
    images: dict[str, list[str]] = {}
    for name in names:
        stem, _, suffix = name.rpartition("/")[2].rpartition(".")
        if suffix.lower() in IMAGE_SUFFIXES:
            images.setdefault(stem, []).append(name)
    yield from once(_records(source, sheets, images))


def _records(
    source: UPath, sheets: dict[str, dict[str, UPath]], images: dict[str, list[str]]
) -> Iterator[Record | Problem]:
    find = image_finder(source)
    for stem, arrays in sheets.items():
        sheet = stem.rpartition("/")[2]
        file = str(next(iter(arrays.values())))
        candidates = images.get(sheet, [f"image_2/{sheet}.jpg"])
        if len(candidates) > 1:
            found, remedy = f"several images of sheet {sheet}: {', '.join(candidates)}", "Keep one."
            yield Problem("format.ambiguous", found, "one", remedy, file)
            continue
        image = find(candidates[0])
        if image is None:
            yield outside(candidates[0], file, None)
            continue
        yield from _sheet(arrays, Record(stem, image, candidates[0], None, file))


def _sheet(arrays: dict[str, UPath], page: Record) -> Iterator[Record | Problem]:
    links: dict[str, list[str]] = {}
    for item in _each(arrays, "linker", page, _link):
        if isinstance(item, Problem):
            yield item
        else:
            links[item.key] = item.meta["links"]
    if arrays.keys() != {"linker"}:
        yield from or_page(_labelled(arrays, page, links), page)


def _labelled(
    arrays: dict[str, UPath], page: Record, links: dict[str, list[str]]
) -> Iterator[Record | Problem]:
    yield from _each(arrays, "words", page, _word)
    for item in _each(arrays, "symbols", page, _symbol):
        if isinstance(item, Record) and (linked := links.get(item.meta["id"])):
            yield replace(item, meta={**item.meta, "links": linked})
        else:
            yield item
    yield from _each(arrays, "lines", page, _line)


def _each(
    arrays: dict[str, UPath], kind: str, page: Record, record: Callable[[list[Any], Record], Record]
) -> Iterator[Record | Problem]:
    if kind not in arrays:
        return
    file = str(arrays[kind])
    try:
        rows = read_rows(arrays[kind])
    except FormatError as error:
        yield error.problem
        return
    for number, row in enumerate(rows, start=1):
        try:
            yield record(_values(row, least=_LEAST[kind]), replace(page, file=file, line=number))
        except ValueError as error:
            found, remedy = f"row {number}: {error}", "Mend the row or delete it."
            yield Problem("format.row", found, _ROWS[kind], remedy, file, number)


_LEAST = {"words": 3, "symbols": 3, "lines": 4, "linker": 2}
_ROWS = {
    "words": "[id, [x1, y1, x2, y2], text, rotation]",
    "symbols": "[id, [x1, y1, x2, y2], class]",
    "lines": "[id, [x1, y1, x2, y2], pipe, style]",
    "linker": "[id, [id, …]]",
}


def _word(row: list[Any], page: Record) -> Record:
    name, box, text, *rest = row
    if not isinstance(text, str):
        raise EntryError(f"the text is a {type(text).__name__}")
    rotation = {"rotation": rest[0]} if rest and isinstance(rest[0], int | float) else {}
    return _on(page, name, _box(box), {"kind": "word", **rotation}, text=text)


def _symbol(row: list[Any], page: Record) -> Record:
    name, box, class_name, *_ = row
    return _on(page, name, _box(box), {"kind": "symbol"}, label=f"symbol/{_name(class_name)}")


def _line(row: list[Any], page: Record) -> Record:
    name, ends, pipe, style, *_ = row
    x1, y1, x2, y2 = (coordinate(value) for value in _numbers(ends))
    meta = {"kind": "line", "pipe": _name(pipe)}
    return _on(page, name, ((x1, y1), (x2, y2)), meta, label=f"line/{_name(style)}")


def _link(row: list[Any], page: Record) -> Record:
    name, linked, *_ = row
    if not isinstance(linked, list):
        raise EntryError("no list of ids")
    return replace(page, key=_name(name), meta={"links": [_name(unwrap(other)) for other in linked]})


def _on(
    page: Record,
    name: Any,
    polygon: Polygon,
    meta: dict[str, Any],
    text: str | None = None,
    label: str | None = None,
) -> Record:
    """Return a record on `page` for the row with the id `name`."""
    row_id = _name(name)
    return replace(
        page, key=f"{page.key}#{row_id}", text=text, label=label, polygon=polygon, meta={"id": row_id, **meta}
    )


def _values(row: Any, *, least: int) -> list[Any]:
    values = unwrap(row)
    if not isinstance(values, list) or len(values) < least:
        raise EntryError(f"not a row of {least} values")
    return [unwrap(value) for value in values]


def _box(value: Any) -> Polygon:
    return rectangle(_numbers(value))


def _numbers(value: Any) -> list[Any]:
    if not isinstance(value, list) or len(value) != 4:
        raise EntryError("no four coordinates")
    return [unwrap(number) for number in value]


def _name(value: Any) -> str:
    if not isinstance(value, str | int) or not is_utf_8(str(value)):
        raise EntryError(f"an id or class that is {value!r}")
    return str(value)


FORMAT = Format(
    name="pid",
    summary="Dataset-P&ID: drawings with .npy arrays of words, symbols and lines.",
    layout="7/7_words.npy      rows of id, box, text, rotation\n"
    "7/7_symbols.npy    rows of id, box, class\n"
    "7/7_lines.npy      rows of id, ends, pipe, style\n"
    "7/7_linker.npy     rows of a symbol's id, ids that belong to it\nimage_2/7.jpg",
    read=read,
)
