"""What a sample has and a format has no place for: it travels in ``meta``, so that nothing is lost.

``meta`` is the sample's own, with one reserved entry, ``glyphline``: key, group and where need be label and
split. A format with a place for such an object in each entry carries it there; one without, in a file beside
the labels, ``glyphline.jsonl``, one ``{"image", "meta"}`` a line. Other tools ignore both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson
from pydantic import ValidationError
from upath import UPath

from config.errors import Problem
from config.yaml_source import Settings
from corpus.formats.lines import EntryError, read_lines
from corpus.records import Record
from corpus.sample import Sample, Split
from corpus.snapshot import Snapshot

SIDECAR = "glyphline.jsonl"
RESERVED = "glyphline"


class Carried(Settings):
    """The reserved entry of ``meta``."""

    key: str
    group: str
    label: str | None = None
    split: Split | None = None


def keys_of(snapshot: Snapshot) -> Callable[[Sample], str]:
    """Return a function from a sample to its key: its id, less the source's name if there is only one.

    So an export that is imported again under the same source name has the same ids.
    """
    sources = snapshot.description.sources
    if len(sources) != 1:
        return lambda sample: sample.id
    prefix = f"{next(iter(sources))}/"
    return lambda sample: sample.id.removeprefix(prefix)


def carry(sample: Sample, key: str, *, with_split: bool = False) -> dict[str, Any]:
    """Return the ``meta`` under which `sample` travels."""
    carried = Carried(
        key=key, group=sample.group, label=sample.label, split=sample.split if with_split else None
    )
    return {**sample.meta, RESERVED: carried.model_dump(exclude_none=True)}


def unpack(record: Record, meta: object) -> Record:
    """Return `record` with what `meta` carries.

    Raises:
        EntryError: `meta` is not an object, or its reserved entry is not what `carry` writes.
    """
    if not isinstance(meta, dict):
        raise EntryError(f"meta is {type(meta).__name__}, not an object")
    own = {**record.meta, **{name: value for name, value in meta.items() if name != RESERVED}}
    if RESERVED not in meta:
        return replace(record, meta=own)
    try:
        carried = Carried.model_validate(meta[RESERVED])
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        where = ".".join(map(str, ("meta", RESERVED, *detail["loc"])))
        raise EntryError(f"{where}: {detail['msg']}") from error
    return replace(
        record,
        key=carried.key,
        group=carried.group,
        label=carried.label,
        split=carried.split or record.split,
        meta=own,
    )


def sidecar_line(image: str, meta: dict[str, Any]) -> bytes:
    """Return one line of the file beside the labels."""
    return orjson.dumps({"image": image, "meta": meta}, option=orjson.OPT_APPEND_NEWLINE)


def read_sidecar(root: UPath) -> tuple[dict[str, object], list[Problem]]:
    """Return the ``meta`` of each image named in the file beside the labels; nothing where there is none."""
    path = root / SIDECAR
    found: dict[str, object] = {}
    problems: list[Problem] = []
    if not path.exists():
        return found, problems
    for line in read_lines(path):
        if isinstance(line, Problem):
            problems.append(line)
            continue
        try:
            content = orjson.loads(line.text)
            found[str(content["image"])] = content["meta"]
        except (ValueError, TypeError, KeyError) as error:
            problems.append(bad_meta(error, str(path), line.number))
    return found, problems


def bad_meta(error: Exception, file: str, line: int | None) -> Problem:
    """Return the problem that what was carried cannot be read."""
    remedy = "Restore the line from the export, or delete it."
    return Problem(
        "format.meta", f"{error}", "an object as `glyphline corpus export` writes", remedy, file, line
    )
