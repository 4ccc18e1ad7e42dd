"""FUNSD forms: a JSON file of entities beside each scan; each line of an entity becomes a region.

Source: guillaumejaume.github.io/FUNSD (Jaume et al. 2019): ``form`` is a list of entities with ``id``,
``text``, ``box``, ``label``, ``linking`` and ``words``. An entity may span several lines, and only words have
a box of their own; a recogniser reads lines, so the words of an entity are put together to lines again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from upath import UPath

from config.errors import Problem
from corpus.errors import FormatError
from corpus.formats.geometry import rectangle
from corpus.formats.lines import EntryError, read_json
from corpus.formats.source import files_below, image_finder, once, outside, split_of_name
from corpus.records import Format, Record
from corpus.sample import Polygon

_FOLDER = "annotations"


def read(source: UPath) -> Iterator[Record | Problem]:
    """Yield a record for each line of each entity: the label is the entity's, links are in ``meta``.

    A form without entities is a record too, without a polygon.

    Raises:
        FormatError: there is no ``annotations/*.json``.
    """
    names, problems = files_below(source)
    labels = [name for name in names if name.endswith(".json") and _FOLDER in name.split("/")[-2:-1]]
    if not labels:
        found, expected = f"no {_FOLDER}/*.json", "one for each form, beside images/"
        raise FormatError(
            Problem("format.no-labels", found, expected, "Check the format's name.", str(source))
        )
    yield from problems
    find = image_finder(source)
    for name in labels:
        above, stem = name.rpartition(f"{_FOLDER}/")[0], name.rpartition("/")[2].removesuffix(".json")
        image_name = f"{above}images/{stem}.png"
        image = find(image_name)
        if image is None:
            yield outside(image_name, str(source / name), None)
            continue
        split = split_of_name(above.rstrip("/").rpartition("/")[2])
        page = Record(f"{above}{stem}", image, image_name, None, str(source / name), split=split)
        yield from once(_form(source / name, page))


def _form(path: UPath, page: Record) -> Iterator[Record | Problem]:
    try:
        content, problems = read_json(path)
    except FormatError as error:
        yield error.problem
        return
    yield from problems
    form = content.get("form") if isinstance(content, dict) else None
    if not isinstance(form, list):
        remedy = "Restore the file."
        yield Problem("format.json", "no list under 'form'", '{"form": [entity, …]}', remedy, str(path))
        return
    if not form:
        yield page
    for number, entity in enumerate(form, start=1):
        try:
            yield from _lines(entity, page)
        except EntryError as error:
            found, remedy = f"entity {number}: {error}", "Mend the entity or delete it."
            expected = '{"id", "label", "linking", "words": [{"text", "box"}, …]}'
            yield Problem("format.entity", found, expected, remedy, str(path))


def _lines(entity: Any, page: Record) -> Iterator[Record]:
    """Yield a record for each line of `entity`, whose words are in reading order."""
    if not isinstance(entity, dict) or not isinstance(entity.get("words"), list):
        raise EntryError("no list under 'words'")
    label, number = entity.get("label"), entity.get("id")
    if not isinstance(label, str) or not isinstance(number, int):
        raise EntryError("no 'label' or no number under 'id'")
    lines: list[list[tuple[str, Polygon]]] = []
    for word in entity["words"]:
        if not isinstance(word, dict) or not isinstance(word.get("text"), str):
            raise EntryError("a word without 'text'")
        if not word["text"].strip():
            continue  # FUNSD has words of nothing
        box = rectangle(word.get("box"))
        if lines and _on_one_line(lines[-1][-1][1], box):
            lines[-1].append((word["text"], box))
        else:
            lines.append([(word["text"], box)])
    if not lines:
        raise EntryError(f"no text in the {label} {number}")
    for n, line in enumerate(lines, start=1):
        yield replace(
            page,
            key=f"{page.key}#{number}.{n}",
            text=" ".join(text for text, _ in line),
            label=label,
            polygon=_around([box for _, box in line]),
            meta={
                "entity": number,
                "linking": entity.get("linking", []),
                "words": [{"text": text, "box": [*box[0], *box[2]]} for text, box in line],
            },
        )


def _on_one_line(before: Polygon, box: Polygon) -> bool:
    """Tell whether `box` goes on where `before` ended: further right, its middle at the same height."""
    middle = (box[0][1] + box[2][1]) / 2
    return box[0][0] >= before[0][0] and before[0][1] <= middle <= before[2][1]


def _around(boxes: list[Polygon]) -> Polygon:
    points = [point for box in boxes for point in box]
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return rectangle([min(xs), min(ys), max(xs), max(ys)])


FORMAT = Format(
    name="funsd",
    summary="FUNSD forms: scans with entities and words; each line of an entity is a region.",
    layout='training_data/annotations/0.json      {"form": [entity, …]}\n'
    "training_data/images/0.png\ntesting_data/…",
    read=read,
)
