"""An examination as one HTML file that needs nothing else: for an approver, in two minutes."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

from PIL import Image
from upath import UPath

from corpus.crops import crop
from corpus.errors import ImageError
from corpus.examine import charts
from corpus.examine.examination import Ceiling, Examination, Finding, Occurrence, Picture
from corpus.examine.facts import as_posix
from corpus.examine.summary import place_of
from corpus.images import open_image, to_8_bit
from corpus.paths import inside, write_whole
from corpus.text import percent

SHOWN = 12
"""Places of a finding that are shown; the JSON has all."""

_LARGEST_PX = (640, 96)  # twice the size on the page, for screens with two pixels a point
_COLOURS = 6
"""Of reasons why something is out of reach; beyond, they begin again."""


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
        ceilings=_by_figure(examination),
        colours=_COLOURS,
        bars=charts.character_bars(examination),
        columns=charts.length_columns(examination),
        charts=charts,
        shown=SHOWN,
        percent=percent,
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    write_whole(out, html.encode())


@dataclass(frozen=True, slots=True)
class Bars:
    """The ceilings of one figure, the last of them over all splits, and the colour of each reason."""

    ceilings: tuple[Ceiling, ...]
    colours: Mapping[str, str]

    def slices(self, ceiling: Ceiling) -> list[tuple[charts.Slice, str]]:
        """Return the parts of a split's bar, each with its colour."""
        parts = charts.ceiling_slices(ceiling)
        return [(one, "good" if one.obstacle is None else self.colours[one.obstacle]) for one in parts]


def _by_figure(examination: Examination) -> list[Bars]:
    bars = []
    for figure in dict.fromkeys(ceiling.figure for ceiling in examination.ceilings):
        chosen = tuple(ceiling for ceiling in examination.ceilings if ceiling.figure == figure)
        # all reasons that the task knows, so that a reason has one colour in every report
        known = dict.fromkeys(key for one in chosen for key in (*one.reasons, *one.lost))
        bars.append(Bars(chosen, {key: f"lost-{k % _COLOURS}" for k, key in enumerate(known)}))
    return bars


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
