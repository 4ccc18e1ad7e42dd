"""Small datasets of other tools for tests."""

from __future__ import annotations

from pathlib import Path

from upath import UPath

from config.errors import Problem
from corpus import formats
from corpus.records import Record

PAGE = (60, 40)


def put(tmp_path: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return tmp_path


def records(name: str, source: Path, **options: bool) -> list[Record]:
    items = list(formats.read(name, UPath(source), **options))
    assert [item for item in items if isinstance(item, Problem)] == []
    return [item for item in items if isinstance(item, Record)]


def box(x1: float, y1: float, x2: float, y2: float) -> tuple[tuple[float, float], ...]:
    return (x1, y1), (x2, y1), (x2, y2), (x1, y2)
