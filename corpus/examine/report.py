"""An examination as one HTML file that needs nothing else: for an approver, in two minutes."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

from PIL import Image
from upath import UPath

from corpus.crops import crop
from corpus.errors import ImageError
from corpus.examine import charts
from corpus.examine.examination import Examination, Finding, Obstacle, Occurrence, Picture
from corpus.examine.facts import as_posix
from corpus.examine.summary import place_of
from corpus.images import open_image, to_8_bit
from corpus.paths import inside, write_whole
from corpus.text import percent

SHOWN = 12
"""Places of a finding that are shown; the JSON has all."""

_LARGEST_PX = (640, 96)  # twice the size on the page, for screens with two pixels a point
_REASONS: dict[Obstacle, str] = {
    "image": "the image does not decode",
    "no-text": "there is no text",
    "charset": "a character is not in the charset",
    "too-long": "the label is longer than max_text_length",
    "too-few-steps": "the image gives CTC too few time steps",
    "conflict": "the same image has another label more often",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A place as the report shows it; pictures are data URIs, None where there is none to show."""

    occurrence: Occurrence
    place: str
    picture: str | None
    other: str | None


def write_html(examination: Examination, out: UPath) -> None:
    """Write `examination` to `out` as one file: no network, no scripts, pictures and drawings inside."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    show = _shower(examination.folder)
    html = environment.get_template("report.html").render(
        examination=examination,
        findings=[(finding, _places(finding, show)) for finding in examination.findings],
        slices={ceiling.split: charts.ceiling_slices(ceiling) for ceiling in examination.ceilings},
        reasons=_REASONS,
        bars=charts.character_bars(examination),
        columns=charts.length_columns(examination),
        charts=charts,
        shown=SHOWN,
        percent=percent,
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    write_whole(out, html.encode())


def _places(finding: Finding, show: Callable[[Picture | None], str | None]) -> list[Shown]:
    return [
        Shown(one, place_of(one).removesuffix(": "), show(one.picture), show(one.other))
        for one in finding.occurrences[:SHOWN]
    ]


def _shower(folder: UPath) -> Callable[[Picture | None], str | None]:
    """Return a function from a picture to its data URI; the last pages are kept, they come in a row."""
    open_page = lru_cache(maxsize=4)(partial(_open, folder))

    def show(picture: Picture | None) -> str | None:
        if picture is None or (page := open_page(picture.image)) is None:
            return None
        try:
            return _data_uri(page if picture.polygon is None else _part(page, picture))
        except ValueError:  # the region is not on the page: that is a finding of its own
            return None

    return show


def _open(folder: UPath, image: str) -> Image.Image | None:
    path = inside(folder, as_posix(image))
    if path is None:
        return None
    try:
        return to_8_bit(open_image(path.read_bytes(), image))
    except (OSError, ImageError):  # that is a finding of its own
        return None


def _part(page: Image.Image, picture: Picture) -> Image.Image:
    return crop(page, picture.polygon or (), turnable=picture.turnable)[0]


def _data_uri(picture: Image.Image) -> str:
    small = picture.copy()
    small.thumbnail(_LARGEST_PX)
    buffer = io.BytesIO()
    small.save(buffer, "WEBP", quality=80)
    return f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode()}"
