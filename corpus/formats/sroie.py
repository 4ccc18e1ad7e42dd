"""ICDAR 2019 SROIE receipts: a text file of quadrilaterals beside each scan.

Source: the ICDAR 2019 competition's task 1 and 3 (rrc.cvc.uab.es, ch=13): ``x1,y1,…,x4,y4,text``, clockwise
from the top left; the text is what is left of the line, commas included.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from upath import UPath

from config.errors import Problem
from corpus.errors import FormatError
from corpus.formats.geometry import polygon_of
from corpus.formats.lines import EntryError, Line, read_json, read_lines
from corpus.formats.source import IMAGE_SUFFIXES, files_below, image_finder, once, or_page, outside
from corpus.records import Format, Record

_LABEL_SUFFIXES = ("csv", "txt")


def read(source: UPath) -> Iterator[Record | Problem]:
    """Yield a record for each line of each receipt; the receipt's key fields are ``meta["entities"]``.

    A receipt with an empty label file is a record too, without a polygon.

    Raises:
        FormatError: there is no label file in ``box/``.
    """
    names, problems = files_below(source)
    labels = [name for name in names if _is_in(name, "box", _LABEL_SUFFIXES)]
    if not labels:
        found, expected = "no box/*.csv or box/*.txt", "one for each receipt, beside img/ and key/"
        raise FormatError(
            Problem("format.no-labels", found, expected, "Check the format's name.", str(source))
        )
    yield from problems
    images = {_stem(name): name for name in names if _is_in(name, "img", tuple(IMAGE_SUFFIXES))}
    for stem in sorted(images.keys() - {_stem(name) for name in labels}):
        found, remedy = f"no labels for {images[stem]}", f"Add box/{stem}.csv, or delete the image."
        yield Problem("format.no-labels", found, "a file in box/", remedy, str(source), severity="warning")
    keys = {_stem(name): source / name for name in names if _is_in(name, "key", ("json", "txt"))}
    yield from once(_records(source, labels, images, keys))


def _records(
    source: UPath, labels: list[str], images: dict[str, str], keys: dict[str, UPath]
) -> Iterator[Record | Problem]:
    find = image_finder(source)
    for name in labels:
        stem, file = _stem(name), str(source / name)
        image_name = images.get(stem, f"img/{stem}.jpg")
        path = find(image_name)
        if path is None:
            yield outside(image_name, file, None)
            continue
        meta: dict[str, Any] = {}
        if stem in keys:
            try:
                content, problems = read_json(keys[stem])
            except FormatError as error:
                problems = [error.problem]
            else:
                meta = {"entities": content}
            yield from problems
        page = Record(stem, path, image_name, None, file, meta=meta)
        yield from or_page(_lines(source / name, page), page)


def _lines(path: UPath, page: Record) -> Iterator[Record | Problem]:
    for line in read_lines(path):
        yield line if isinstance(line, Problem) else _record(line, page)


def _record(line: Line, page: Record) -> Record | Problem:
    *corners, text = line.text.split(",", 8)
    try:
        polygon = polygon_of([corners[i : i + 2] for i in range(0, 8, 2)])
    except EntryError as error:
        found, expected = f"{line.text[:80]!r}: {error}", "x1,y1,…,x4,y4,text"
        return Problem(
            "format.fields", found, expected, "Mend the line or delete it.", page.file, line.number
        )
    return replace(page, key=f"{page.key}#{line.number}", text=text, line=line.number, polygon=polygon)


def _is_in(name: str, folder: str, suffixes: tuple[str, ...]) -> bool:
    return name.startswith(f"{folder}/") and name.rpartition(".")[2].lower() in suffixes


def _stem(name: str) -> str:
    return name.partition("/")[2].rpartition(".")[0]


FORMAT = Format(
    name="sroie",
    summary="ICDAR 2019 SROIE receipts: scans with a quadrilateral and a text for each line.",
    layout="box/000.csv      x1,y1,x2,y2,x3,y3,x4,y4,text\nimg/000.jpg\nkey/000.json     company, date, …",
    read=read,
)
