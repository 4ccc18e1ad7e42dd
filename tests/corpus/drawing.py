"""Small images and records for tests."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image
from upath import UPath

from corpus.records import Record


def png(shade: int, size: tuple[int, int] = (20, 8)) -> bytes:
    """Return a PNG of one shade: another shade, another content."""
    buffer = io.BytesIO()
    Image.new("RGB", size, (shade % 256, shade // 256 % 256, 7)).save(buffer, "PNG")
    return buffer.getvalue()


def records(folder: Path, texts: list[str], *, start: int = 0, group: str | None = None) -> list[Record]:
    """Write one image for each text and return the records; image i is the same for the same i."""
    folder.mkdir(exist_ok=True, parents=True)
    made = []
    for number, text in enumerate(texts, start=start):
        image = folder / f"{number}.png"
        image.write_bytes(png(number))
        made.append(
            Record(f"{number}.png", UPath(image), image.name, text, "labels.txt", number + 1, group=group)
        )
    return made
