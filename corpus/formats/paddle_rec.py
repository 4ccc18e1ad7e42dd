"""PaddleOCR's recognition labels: one ``path<TAB>text`` a line, a file for each split.

Source: PaddleOCR, doc/doc_en/recognition_en.md ("Use your own dataset") and ppocr/data/simple_dataset.py.
"""

from __future__ import annotations

from collections.abc import Iterator

import orjson
from upath import UPath

from config.errors import Problem
from corpus.formats.carry import SIDECAR, bad_meta, carry, keys_of, read_sidecar, sidecar_line, unpack
from corpus.formats.export import accepted, by_split, copy_images, image_name, no_text
from corpus.formats.lines import EntryError
from corpus.formats.paddle import Entry, read_entries
from corpus.formats.source import image_finder, once, outside
from corpus.ingest import new_folder
from corpus.paths import write_whole
from corpus.records import Format, Record
from corpus.sample import Sample
from corpus.snapshot import Snapshot


def read(source: UPath) -> Iterator[Record | Problem]:
    """Yield a record for each image of each line.

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
        if "\t" in entry.rest:
            found = f"{entry.rest.count(chr(9)) + 1} tabs"
            remedy = "Delete the others: PaddleOCR drops what stands after the second."
            yield Problem("format.separator", found, "one tab", remedy, entry.file, entry.line)
            continue
        images = _images(entry.image)
        group = images[0] if len(images) > 1 else None  # views of one text must not straddle a split
        for name in images:
            path = find(name)
            if path is None:
                yield outside(name, entry.file, entry.line)
                continue
            record = Record(
                name, path, name, entry.rest, entry.file, entry.line, group=group, split=entry.split
            )
            try:
                yield unpack(record, carried[name]) if name in carried else record
            except EntryError as error:
                yield bad_meta(error, entry.file, entry.line)


def _images(written: str) -> list[str]:
    """Return the paths of a line: one, or a JSON list of images that share a label."""
    if written.startswith("["):
        try:
            names = orjson.loads(written)
        except orjson.JSONDecodeError:
            return [written]  # a file may begin with a bracket
        if isinstance(names, list) and names and all(isinstance(name, str) for name in names):
            return names
    return [written]


def write(snapshot: Snapshot, out: UPath) -> None:
    """Write ``rec_gt_SPLIT.txt`` and ``SPLIT/0000001.png``; keys, groups and meta to ``glyphline.jsonl``.

    Raises:
        FormatError: a sample without text, with a polygon, or whose text has a tab or a line end.
        StateError: something is at `out` already.
    """
    samples = accepted(snapshot, FORMAT.name, _refusal)
    key = keys_of(snapshot)
    with new_folder(out) as folder:
        beside = b""
        for split, part in by_split(samples).items():
            named = [(sample, image_name(sample, n, split)) for n, sample in enumerate(part, start=1)]
            copy_images(snapshot, named, folder)
            lines = "".join(f"{name}\t{sample.text}\n" for sample, name in named)
            beside += b"".join(sidecar_line(name, carry(sample, key(sample))) for sample, name in named)
            write_whole(folder / f"rec_gt_{split}.txt", lines.encode())
        write_whole(folder / SIDECAR, beside)


def _refusal(sample: Sample) -> str | None:
    text = sample.text or ""
    if any(character in text for character in "\t\n\r"):
        return f"a tab or a line end in its text {text!r}"
    return no_text(sample)


FORMAT = Format(
    name="paddle-rec",
    summary="PaddleOCR text recognition: label files of path, tab, text.",
    layout="rec_gt_train.txt      train/0000001.png<TAB>text\nrec_gt_val.txt        …\ntrain/0000001.png",
    read=read,
    write=write,
)
