"""PaddleOCR's detection labels: one ``path<TAB>JSON list of regions`` a line, a file for each split.

Source: PaddleOCR, doc/doc_en/dataset/ocr_datasets_en.md: ``transcription`` and ``points``, clockwise from the
text's top left; ``###`` marks a region that nobody could read and that training skips.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
from upath import UPath

from config.errors import Problem
from corpus.formats.carry import carry, keys_of, unpack
from corpus.formats.export import accepted, by_split, copy_images, image_name
from corpus.formats.geometry import polygon_of, written
from corpus.formats.lines import EntryError
from corpus.formats.paddle import Entry, read_entries
from corpus.formats.source import image_finder, once, outside
from corpus.ingest import new_folder
from corpus.paths import write_whole
from corpus.records import Format, Record
from corpus.sample import Sample
from corpus.snapshot import Snapshot

UNREADABLE = "###"


def read(source: UPath) -> Iterator[Record | Problem]:
    """Yield a record for each region; one that is unreadable has no text and ``meta["unreadable"]``.

    Raises:
        FormatError: there is no label file.
    """
    root, entries = read_entries(source)
    yield from once(_records(root, entries))


def _records(root: UPath, entries: Iterator[Entry | Problem]) -> Iterator[Record | Problem]:
    find = image_finder(root)
    for entry in entries:
        if isinstance(entry, Problem):
            yield entry
            continue
        path = find(entry.image)
        if path is None:
            yield outside(entry.image, entry.file, entry.line)
            continue
        try:
            regions = orjson.loads(entry.rest)
        except orjson.JSONDecodeError as error:
            found, remedy = f"not JSON after the tab: {error}", "Restore the line, or delete it."
            yield Problem("format.json", found, "a JSON list of regions", remedy, entry.file, entry.line)
            continue
        yield from regions_of(entry, path, regions)


def regions_of(entry: Entry, path: UPath, regions: object) -> Iterator[Record | Problem]:
    """Yield a record for each of the `regions` that a line gives for the page at `path`."""
    if not isinstance(regions, list):
        found, remedy = f"a JSON {type(regions).__name__}", "Put the regions into [ ]."
        yield Problem("format.json", found, "a list of regions", remedy, entry.file, entry.line)
        return
    if not regions:
        found, remedy = f"the page {entry.image} without a region", "Nothing, if there is no text on it."
        yield Problem(
            "format.no-regions", found, "regions", remedy, entry.file, entry.line, severity="warning"
        )
    for number, region in enumerate(regions, start=1):
        try:
            yield _record(entry, path, number, region)
        except EntryError as error:
            found, remedy = f"region {number} of {entry.image}: {error}", "Mend the region or delete it."
            expected = '{"transcription": text, "points": [[x, y], …]}'
            yield Problem("format.region", found, expected, remedy, entry.file, entry.line)


def _record(entry: Entry, path: UPath, number: int, region: Any) -> Record:
    if not isinstance(region, dict) or not isinstance(region.get("transcription"), str):
        raise EntryError("no text under 'transcription'")
    readable = region["transcription"] != UNREADABLE
    others = {key: value for key, value in region.items() if key not in ("transcription", "points", "meta")}
    record = Record(
        key=f"{entry.image}#{number}",
        image=path,
        image_name=entry.image,
        text=region["transcription"] if readable else None,
        file=entry.file,
        line=entry.line,
        polygon=polygon_of(region.get("points")),
        split=entry.split,
        meta=others if readable else {**others, "unreadable": True},
    )
    return unpack(record, region["meta"]) if "meta" in region else record


def write(snapshot: Snapshot, out: UPath) -> None:
    """Write ``SPLIT.txt`` and ``SPLIT/0000001.jpg``, each page once; each region carries its ``meta``.

    Raises:
        FormatError: a sample without polygon, without text that is not marked unreadable, or with the text
            ``###``, which would be read as a mark.
        StateError: something is at `out` already.
    """
    samples = accepted(snapshot, FORMAT.name, _refusal)
    key = keys_of(snapshot)
    with new_folder(out) as folder:
        for split, part in by_split(samples).items():
            pages: dict[str, list[Sample]] = {}
            for sample in part:
                pages.setdefault(sample.image, []).append(sample)
            named = [
                (page[0], image_name(page[0], number, split))
                for number, page in enumerate(pages.values(), start=1)
            ]
            copy_images(snapshot, named, folder)
            lines = [
                f"{name}\t".encode() + orjson.dumps([_region(sample, key(sample)) for sample in page]) + b"\n"
                for (_, name), page in zip(named, pages.values(), strict=True)
            ]
            write_whole(folder / f"{split}.txt", b"".join(lines))


def _region(sample: Sample, key: str) -> dict[str, Any]:
    meta = carry(sample, key)
    if sample.text is None:
        del meta["unreadable"]  # the mark says it
    return {
        "transcription": UNREADABLE if sample.text is None else sample.text,
        "points": written(sample.polygon or ()),
        "meta": meta,
    }


def _refusal(sample: Sample) -> str | None:
    if sample.polygon is None:
        return "no polygon: the format has regions of pages only"
    if sample.text is None and sample.meta.get("unreadable") is not True:
        return "no text (and not marked unreadable)"
    return f"the text {UNREADABLE}, which marks the unreadable" if sample.text == UNREADABLE else None


FORMAT = Format(
    name="paddle-det",
    summary="PaddleOCR text detection: label files of path, tab, JSON list of regions.",
    layout='train.txt      train/0000001.jpg<TAB>[{"transcription": "text", "points": [[x, y], …]}]\n'
    "val.txt        …\ntrain/0000001.jpg",
    read=read,
    write=write,
)
