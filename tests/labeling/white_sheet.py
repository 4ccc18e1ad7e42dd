"""Images to label: a white sheet with a red mark, as PNG or as JPEG that EXIF turns."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw

SIZE = (400, 200)
MARK = (20, 30, 120, 60)
RED = (200, 0, 0)


def sheet(*, kind: str = "PNG", exif_orientation: int = 1, size: tuple[int, int] = SIZE) -> bytes:
    """Return a sheet of `size` with the red rectangle MARK; all as stored, whatever EXIF says of it."""
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).rectangle(MARK, fill=RED)
    exif = Image.Exif()
    exif[0x0112] = exif_orientation
    buffer = io.BytesIO()
    image.save(buffer, kind, exif=exif)
    return buffer.getvalue()
