"""Chat messages as JSON Lines: what the VLM trainer reads, ms-swift and most others too.

Source: ms-swift, docs/source_en/Customization/Custom-dataset.md (the standard format).
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

_ROLES = ["user", "assistant"]


def read(source: UPath) -> Iterator[Record | Problem]:
    """Yield a record for each line; a prompt that is not ours is ``meta["prompt"]``.

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
    messages = content.get("messages")
    if not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages):
        raise EntryError("no list of messages under 'messages'")
    roles = [message.get("role") for message in messages]
    if roles != _ROLES:
        raise EntryError(f"messages by {', '.join(map(str, roles)) or 'nobody'}")
    prompt, answer = (message.get("content") for message in messages)
    if not isinstance(prompt, str) or not isinstance(answer, str):
        raise EntryError("a message whose content is not a text")
    return Turn(prompt, answer, image_of(content), meta_of(content, ("messages", "images")))


def _line(turn: Turn) -> dict[str, Any]:
    contents = (turn.prompt, turn.answer)
    messages = [{"role": role, "content": text} for role, text in zip(_ROLES, contents, strict=True)]
    return {"messages": messages, "images": [turn.image], "meta": turn.meta}


FORMAT = Format(
    name="messages",
    summary="Chat messages as JSON Lines, one image a line: the VLM trainer's own format.",
    layout='train.jsonl     {"messages": [{"role": "user", "content": "<image>OCR: "},\n'
    '                {"role": "assistant", "content": "text"}],\n'
    '                "images": ["train/0000001.png"], "meta": {}}\n'
    "train/0000001.png",
    read=read,
    write=write,
)
