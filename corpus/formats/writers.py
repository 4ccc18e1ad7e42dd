"""Writer folders, as UIT-HWDB has them: a folder for each writer, with a ``label.json`` of names and texts.

Source: UIT-HWDB (github.com/hieunghia-pat/UIT-HWDB-dataset): ``train_data/WRITER/label.json``, and
``test_data/…``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from upath import UPath

from config.errors import Problem
from corpus.errors import FormatError
from corpus.formats.lines import read_json
from corpus.formats.source import files_below, image_finder, once, outside, split_of_name
from corpus.records import Format, Record
from corpus.sample import Split

_LABELS = "label.json"
_EXPECTED = '{"image.png": "text", …}'


def read(source: UPath) -> Iterator[Record | Problem]:
    """Yield a record for each image; the writer's folder is its group, so that no writer straddles a split.

    Raises:
        FormatError: there is no ``label.json``.
    """
    names, problems = files_below(source)
    labels = [name for name in names if name.rpartition("/")[2] == _LABELS]
    if not labels:
        found, expected = f"no {_LABELS} in any folder", "one in each writer's folder"
        raise FormatError(
            Problem("format.no-labels", found, expected, "Check the format's name.", str(source))
        )
    yield from problems
    find = image_finder(source)
    yield from once(item for name in labels for item in _writer(source / name, name, find))


def _writer(path: UPath, name: str, find: Callable[[str], UPath | None]) -> Iterator[Record | Problem]:
    writer = name.rpartition("/")[0]
    try:
        content, problems = read_json(path, pairs=True)
    except FormatError as error:
        yield error.problem
        return
    yield from problems
    if not isinstance(content, tuple):
        remedy = "Restore the file."
        yield Problem("format.json", "no JSON object", _EXPECTED, remedy, str(path))
        return
    lines = _lines_of([name for name, _ in content], path)
    split = _split_of(writer)
    for (image, text), line in zip(content, lines, strict=True):
        name = f"{writer}/{image}" if writer else image
        image_path = find(name)
        if image_path is None:
            yield outside(name, str(path), line)
        elif not isinstance(text, str):
            found, remedy = f"{image!r} with a {type(text).__name__}", "Write its text."
            yield Problem("format.json", found, _EXPECTED, remedy, str(path), line)
        else:
            group = writer or path.parent.name
            yield Record(name, image_path, name, text, str(path), line, group=group, split=split)


def _split_of(writer: str) -> Split | None:
    """Return the split that the folders above the writer's tell (``test_data``)."""
    splits = [split for folder in writer.split("/")[:-1] if (split := split_of_name(folder)) is not None]
    return splits[-1] if splits else None


def _lines_of(keys: list[str], path: UPath) -> list[int | None]:
    """Return the line on which each key of a JSON object stands, None where it is written with escapes."""
    text = path.read_bytes().decode("utf-8-sig")
    lines: list[int | None] = []
    at, line = 0, 1
    for key in keys:
        found = text.find(json.dumps(key, ensure_ascii=False), at)
        if found < 0:
            lines.append(None)
            continue
        line += text.count("\n", at, found)
        at = found
        lines.append(line)
    return lines


FORMAT = Format(
    name="writers",
    summary="A folder for each writer with a label.json (UIT-HWDB); a writer never straddles a split.",
    layout='train_data/17/label.json      {"1.png": "text", …}\ntrain_data/17/1.png\ntest_data/…',
    read=read,
)
