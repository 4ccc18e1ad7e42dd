"""PaddleOCR's detection labels: one ``path<TAB>JSON list of regions`` a line, a file for each split.

Source: PaddleOCR, doc/doc_en/dataset/ocr_datasets_en.md: ``transcription`` and ``points``, clockwise from the
text's top left; ``###`` marks a region that nobody could read and that training skips. An empty list is
a page without text.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
from upath import UPath

from config.errors import Problem
from corpus.formats.carry import SIDECAR, bad_meta, carry, keys_of, read_sidecar, sidecar_line, unpack
from corpus.formats.export import accepted, by_split, copy_images, image_name
from corpus.formats.geometry import polygon_of, written
from corpus.formats.lines import EntryError
from corpus.formats.paddle import Entry, read_entries
from corpus.formats.source import image_finder, once, outside
from corpus.ingest import new_folder
from corpus.items import Item, items_of
from corpus.paths import write_whole
from corpus.records import Format, Record
from corpus.sample import Sample
from corpus.snapshot import Snapshot

UNREADABLE = "###"


def read(source: UPath) -> Iterator[Record | Problem]:
    """Yield a record for each region; one that is unreadable has no text and ``meta["unreadable"]``.

    A page without regions is a record too, without a polygon.

    Raises:
        FormatError: there is no label file.
    """
    root, entries = read_entries(source)
    yield from once(_records(root, entries))


def _records(root: UPath, entries: Iterator[Entry | Problem]) -> Iterator[Record | Problem]:
    find = image_finder(root)
    carried, problems = read_sidecar(root)
    yield from problems
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
        if entry.image in carried:
            yield from _carried_page(entry, path, carried[entry.image], str(root / SIDECAR))
            if regions == []:
                continue
        yield from regions_of(entry, path, regions)


def _carried_page(entry: Entry, path: UPath, meta: object, sidecar: str) -> Iterator[Record | Problem]:
    try:
        yield unpack(page_of(entry, path), meta)
    except EntryError as error:
        yield bad_meta(error, sidecar, None)


def page_of(entry: Entry, path: UPath) -> Record:
    """Return the record that stands for the page of a line, and no region of it."""
    return Record(entry.image, path, entry.image, None, entry.file, entry.line, split=entry.split)


def regions_of(entry: Entry, path: UPath, regions: object) -> Iterator[Record | Problem]:
    """Yield a record for each of the `regions` of the page at `path`; of an empty page, one for itself."""
    if not isinstance(regions, list):
        found, remedy = f"a JSON {type(regions).__name__}", "Put the regions into [ ]."
        yield Problem("format.json", found, "a list of regions", remedy, entry.file, entry.line)
        return
    if not regions:
        yield page_of(entry, path)
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

    What a page without a region carries stands in ``glyphline.jsonl``.

    Raises:
        FormatError: a sample without polygon that is no page, without text that is not marked unreadable, or
            with the text ``###``, which would be read as a mark.
        StateError: something is at `out` already.
    """
    samples = accepted(snapshot, FORMAT.name, _refusal)
    key = keys_of(snapshot)
    with new_folder(out) as folder:
        beside: list[bytes] = []
        for split, part in by_split(samples).items():
            pages = [page for item in items_of(part, "image") for page in _pages(item)]
            named = [
                (page[0], image_name(page[0], number, split)) for number, page in enumerate(pages, start=1)
            ]
            copy_images(snapshot, named, folder)
            lines = []
            for (_, name), page in zip(named, pages, strict=True):
                regions = [_region(one, key(one)) for one in page if one.polygon is not None]
                lines.append(f"{name}\t".encode() + orjson.dumps(regions, option=orjson.OPT_APPEND_NEWLINE))
                beside += [sidecar_line(name, carry(one, key(one))) for one in page if one.is_page]
            write_whole(folder / f"{split}.txt", b"".join(lines))
        if beside:
            write_whole(folder / SIDECAR, b"".join(beside))


def _pages(item: Item) -> Iterator[tuple[Sample, ...]]:
    """Yield what goes on one line: the regions of a page and the page itself; alone where it stands twice."""
    bare = [one for one in item.samples if one.is_page]
    yield (*item.regions, *bare[:1])
    yield from ((one,) for one in bare[1:])


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
    if sample.is_page:
        return None
    if sample.polygon is None:
        return "no polygon: the format has pages and regions of them only"
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
