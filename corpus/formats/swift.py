"""ms-swift's ``query``, ``response``, ``images`` as JSON Lines.

Source: ms-swift, docs/source_en/Customization/Custom-dataset.md (the query-response format).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from upath import UPath

from config.errors import Problem
from corpus.formats.conversations import Turn, image_of, meta_of, read_turns, write_turns
from corpus.formats.lines import EntryError
from corpus.records import Format, Record
from corpus.snapshot import Snapshot


def read(source: UPath) -> Iterator[Record | Problem]:
    """Yield a record for each line; a query that is not ours is ``meta["prompt"]``.

    Raises:
        FormatError: there is no ``*.jsonl``.
    """
    yield from read_turns(source, _turn)


def write(snapshot: Snapshot, out: UPath) -> None:
    """Write ``SPLIT.jsonl`` and ``SPLIT/0000001.png``.

    Raises:
        FormatError: a sample without text or with a polygon.
        StateError: something is at `out` already.
    """
    write_turns(snapshot, out, FORMAT.name, _line)


def _turn(content: dict[str, Any]) -> Turn:
    if content.get("history") or content.get("system"):
        raise EntryError("a conversation of several turns ('history' or 'system')")
    query, response = content.get("query"), content.get("response")
    if not isinstance(query, str) or not isinstance(response, str):
        raise EntryError("no text under 'query' or 'response'")
    used = ("query", "response", "images", "history", "system")
    return Turn(query, response, image_of(content), meta_of(content, used))


def _line(turn: Turn) -> dict[str, Any]:
    return {"query": turn.prompt, "response": turn.answer, "images": [turn.image], "meta": turn.meta}


FORMAT = Format(
    name="swift",
    summary="ms-swift's query, response, images as JSON Lines.",
    layout='train.jsonl     {"query": "<image>OCR: ", "response": "text", "images": ["train/0000001.png"]}\n'
    "train/0000001.png",
    read=read,
    write=write,
)
