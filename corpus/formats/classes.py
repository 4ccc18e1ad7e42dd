"""Class folders of two levels: ``group/class/*.png``, or ``group/class.png`` for a class of one image."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from upath import UPath

from config.errors import Problem
from corpus.formats.carry import SIDECAR, bad_meta, carry, keys_of, read_sidecar, sidecar_line, unpack
from corpus.formats.export import accepted, copy_images, suffix_of
from corpus.formats.lines import EntryError
from corpus.formats.source import IMAGE_SUFFIXES, files_below, once
from corpus.ingest import new_folder
from corpus.paths import write_whole
from corpus.records import Format, Record
from corpus.sample import Sample
from corpus.snapshot import Snapshot

_LEVELS = "group/class/image.png or group/class.png"


def read(source: UPath, *, normalise_names: bool = False) -> Iterator[Record | Problem]:
    """Yield a record for each image, its label ``group/class``.

    With `normalise_names` its key is ``group/class/class_N.ext``, N counting from 1 by sorted name, and the
    name it had is ``meta["original_name"]``. Numbers move when files are added: use it for a folder that is
    complete.

    Raises:
        FormatError: `source` is no folder.
    """
    yield from once(_records(source, normalise_names))


def _records(source: UPath, normalise_names: bool) -> Iterator[Record | Problem]:
    names, problems = files_below(source)
    carried, sidecar_problems = read_sidecar(source)
    yield from problems + sidecar_problems
    counts = Counter[str]()
    for name in names:
        *folders, file = name.split("/")
        stem, _, suffix = file.rpartition(".")
        if suffix.lower() not in IMAGE_SUFFIXES:
            if file != SIDECAR:
                found, remedy = f"{name}, which is no image", "Move it elsewhere."
                yield Problem("format.not-read", found, _LEVELS, remedy, str(source), severity="warning")
            continue
        if len(folders) not in (1, 2):
            found, remedy = f"the image {name}, {len(folders)} folders down", "Move it into its class."
            yield Problem("format.levels", found, _LEVELS, remedy, str(source / name))
            continue
        path = source / name
        class_name = folders[1] if len(folders) == 2 else stem
        label = f"{folders[0]}/{class_name}"
        record = Record(name, path, name, None, str(path), label=label)
        if normalise_names:
            counts[label] += 1
            key = f"{label}/{class_name}_{counts[label]}.{suffix.lower()}"
            record = replace(record, key=key, meta={"original_name": file})
        try:
            yield unpack(record, carried[name]) if name in carried else record
        except EntryError as error:
            yield bad_meta(error, str(source / SIDECAR), None)


def write(snapshot: Snapshot, out: UPath) -> None:
    """Write ``group/class/class_1.png``, and keys, splits, groups and meta to ``glyphline.jsonl``.

    A label without a slash goes below a folder with the name of the sample's source.

    Raises:
        FormatError: a sample without label, with text or a polygon, or whose label is no pair of file names.
        StateError: something is at `out` already.
    """
    samples = accepted(snapshot, FORMAT.name, _refusal)
    key = keys_of(snapshot)
    counts = Counter[str]()
    named = []
    for sample in samples:
        folder_name = _folder_of(sample)
        counts[folder_name] += 1
        class_name, suffix = folder_name.rpartition("/")[2], suffix_of(sample)
        named.append((sample, f"{folder_name}/{class_name}_{counts[folder_name]}.{suffix}"))
    with new_folder(out) as folder:
        copy_images(snapshot, named, folder)
        lines = [sidecar_line(name, carry(sample, key(sample), with_split=True)) for sample, name in named]
        write_whole(folder / SIDECAR, b"".join(lines))


def _folder_of(sample: Sample) -> str:
    label = sample.label or ""
    return label if "/" in label else f"{sample.source}/{label}"


def _refusal(sample: Sample) -> str | None:
    if not sample.label:
        return "no label"
    if sample.text is not None or sample.polygon is not None:
        return (
            f"a {'text' if sample.text is not None else 'polygon'}: the format has whole images and classes"
        )
    parts = _folder_of(sample).split("/")
    if len(parts) != 2 or not all(_is_file_name(part) for part in parts):
        return f"the label {sample.label!r}, which is no group/class of two file names"
    return None


def _is_file_name(part: str) -> bool:
    short = len(part.encode()) <= 200  # of 255, to leave room for _N.ext
    return bool(part) and short and not part.startswith(".") and not any(c in part for c in "\\\0")


FORMAT = Format(
    name="classes",
    summary="Class folders of two levels, without text: symbols, digits.",
    layout="group/class/image.png\ngroup/class.png         one image of the class",
    read=read,
    write=write,
)

NORMALISED = replace(FORMAT, read=partial(read, normalise_names=True))
