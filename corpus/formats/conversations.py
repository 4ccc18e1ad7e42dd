"""What the JSON Lines formats for vision-language models share: a prompt, an answer and an image a line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import orjson
from upath import UPath

from config.errors import Problem
from corpus.formats.carry import carry, keys_of, unpack
from corpus.formats.export import accepted, by_split, copy_images, image_name, no_text
from corpus.formats.lines import EntryError, object_of, read_lines
from corpus.formats.source import image_finder, label_files, once, outside
from corpus.ingest import new_folder
from corpus.paths import write_whole
from corpus.records import Record
from corpus.snapshot import Snapshot

PROMPT = "<image>OCR: "
"""The prompt where a sample has no other in ``meta["prompt"]``."""


class Turn(NamedTuple):
    """One line: what is asked of an image, and the transcription."""

    prompt: str
    answer: str
    image: str
    meta: dict[str, Any]


def read_turns(source: UPath, turn_of: Callable[[dict[str, Any]], Turn]) -> Iterator[Record | Problem]:
    """Yield a record for each line that `turn_of` understands (it raises `EntryError` for the others).

    Raises:
        FormatError: there is no ``*.jsonl``.
    """
    root, files = label_files(source, ".jsonl")
    yield from once(_records(root, files, turn_of))


def _records(
    root: UPath, files: Any, turn_of: Callable[[dict[str, Any]], Turn]
) -> Iterator[Record | Problem]:
    find = image_finder(root)
    for path, split in files:
        file = str(path)
        for line in read_lines(path):
            if isinstance(line, Problem):
                yield line
                continue
            try:
                turn = turn_of(object_of(line))
                image = find(turn.image)
                if image is None:
                    yield outside(turn.image, file, line.number)
                    continue
                meta = {} if turn.prompt == PROMPT else {"prompt": turn.prompt}
                record = Record(
                    turn.image, image, turn.image, turn.answer, file, line.number, split=split, meta=meta
                )
                yield unpack(record, turn.meta)
            except EntryError as error:
                remedy = "Mend the line or delete it."
                yield Problem("format.line", str(error), _EXPECTED, remedy, file, line.number)


_EXPECTED = "a JSON object with one question, one answer and one image"


def image_of(content: dict[str, Any]) -> str:
    """Return the path of the one image of a line.

    Raises:
        EntryError: there is none, there are several, or it is not a path.
    """
    images = content.get("images")
    if not isinstance(images, list) or len(images) != 1:
        count = len(images) if isinstance(images, list) else 0
        raise EntryError(f"{count} images under 'images'")
    if not isinstance(images[0], str):
        raise EntryError(f"an image that is a {type(images[0]).__name__}, not a path")
    return images[0]


def meta_of(content: dict[str, Any], used: tuple[str, ...]) -> dict[str, Any]:
    """Return ``meta`` and every entry of the line that is not in `used`.

    Raises:
        EntryError: ``meta`` is not an object.
    """
    meta = content.get("meta", {})
    if not isinstance(meta, dict):
        raise EntryError(f"meta is a {type(meta).__name__}, not an object")
    return {**{key: value for key, value in content.items() if key not in (*used, "meta")}, **meta}


def write_turns(
    snapshot: Snapshot, out: UPath, format_name: str, line_of: Callable[[Turn], dict[str, Any]]
) -> None:
    """Write ``SPLIT.jsonl`` and ``SPLIT/0000001.png``.

    Raises:
        FormatError: a sample without text or with a polygon.
        StateError: something is at `out` already.
    """
    samples = accepted(snapshot, format_name, no_text)
    key = keys_of(snapshot)
    with new_folder(out) as folder:
        for split, part in by_split(samples).items():
            named = [(sample, image_name(sample, n, split)) for n, sample in enumerate(part, start=1)]
            copy_images(snapshot, named, folder)
            lines = []
            for sample, name in named:
                meta = carry(sample, key(sample))
                own = meta.get("prompt")
                prompt = meta.pop("prompt") if isinstance(own, str) and own != PROMPT else PROMPT
                lines.append(line_of(Turn(prompt, sample.text or "", name, meta)))
            data = b"".join(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE) for line in lines)
            write_whole(folder / f"{split}.jsonl", data)
