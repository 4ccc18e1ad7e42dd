"""Find installed fonts and keep those that can draw every character of a text."""

from __future__ import annotations

import os
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from itertools import groupby
from pathlib import Path

from fontTools.ttLib import TTFont, TTLibError
from PIL import ImageFont, features

from config.errors import Problem
from corpus.errors import SynthesisError
from corpus.synthesis.recipe import FontSettings
from corpus.text import describe_characters

FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.local/share/fonts",
    "~/.fonts",
    "/Library/Fonts",
    "~/Library/Fonts",
)
"""Where Debian, its like and macOS keep fonts."""

INSTALL = "scripts/install-system-packages.sh"


@dataclass(frozen=True, slots=True, order=True)
class Face:
    """One font file. Sorted by what it is called, since where it lies differs between machines."""

    family: str
    style: str
    path: str

    @property
    def name(self) -> str:
        """What people call it: ``Noto Sans Thai Bold``."""
        return f"{self.family} {self.style}"


@dataclass(frozen=True, slots=True)
class Covering:
    """A face and which characters of a given alphabet it lacks (most often none)."""

    face: Face
    missing: frozenset[str]


@lru_cache(maxsize=8)
def installed(folders: tuple[str, ...] = FOLDERS) -> tuple[Face, ...]:
    """Return every TrueType and OpenType font below `folders`, sorted by name, each name once.

    Asking FreeType for names takes 0.3 ms a font, so nothing is kept on disk.
    """
    faces: dict[tuple[str, str], Face] = {}
    for path in sorted(_font_files(folders), key=lambda path: (path.name, str(path))):
        try:
            family, style = ImageFont.truetype(path, 16).getname()
        except OSError:  # not a font whatever its name says: nothing of ours depends on it
            continue
        if family:
            faces.setdefault((family, style or "Regular"), Face(family, style or "Regular", str(path)))
    return tuple(sorted(faces.values()))


def _font_files(folders: Iterable[str]) -> Iterable[Path]:
    for folder in folders:
        for parent, _, names in os.walk(Path(folder).expanduser()):
            yield from (Path(parent, name) for name in names if name.lower().endswith((".ttf", ".otf")))


@lru_cache(maxsize=512)
def characters_of(path: str) -> frozenset[str]:
    """Return the characters that the font at `path` maps to a glyph (its best Unicode ``cmap``)."""
    try:
        with TTFont(path, lazy=True) as font:
            return frozenset(map(chr, font.getBestCmap() or ()))
    except TTLibError:
        return frozenset()


def choose(
    settings: FontSettings, alphabet: Iterable[str], folders: tuple[str, ...] = FOLDERS
) -> tuple[Covering, ...]:
    """Return the installed faces that `settings` name, with what each lacks of `alphabet`.

    At least one covers all of `alphabet`, so that there is a font for any text.

    Raises:
        SynthesisError: none does (which characters, what was searched, what to run), or Pillow has no raqm.
    """
    require_shaping()
    wanted = frozenset(alphabet)
    matching = [face for face in installed(folders) if _matches(face, settings)]
    found = tuple(Covering(face, wanted - characters_of(face.path)) for face in matching)
    if not any(not covering.missing for covering in found):
        raise SynthesisError(_no_font(settings, wanted, found, folders))
    return found


def pick(faces: Sequence[Covering], text: str, rng: random.Random) -> Face:
    """Draw a family that covers `text`, then one of its styles; `faces` are sorted by family."""
    able = [covering.face for covering in faces if covering.missing.isdisjoint(text)]
    families = [list(group) for _, group in groupby(able, key=lambda face: face.family)]
    return rng.choice(rng.choice(families))


def covering(text: str) -> Face | None:
    """Return an installed face that covers `text`: a plain sans serif where there is one."""
    wanted = frozenset(text)
    return next((face for face in _plain_first() if wanted <= characters_of(face.path)), None)


def require_shaping() -> None:
    """Raise where Pillow cannot shape text (it would draw Thai and Devanagari marks beside their bases).

    Raises:
        SynthesisError: Pillow was built without raqm.
    """
    if not features.check("raqm"):
        found, expected = "a Pillow without raqm", "one that shapes complex scripts"
        remedy = (
            "Install Pillow's wheel from PyPI (pip install --force-reinstall --only-binary :all: pillow)."
        )
        raise SynthesisError(Problem("synthesis.no-raqm", found, expected, remedy))


def _matches(face: Face, settings: FontSettings) -> bool:
    family, style = face.family.lower(), face.style.lower()
    return any(fnmatchcase(family, pattern.lower()) for pattern in settings.families) and any(
        fnmatchcase(style, pattern.lower()) for pattern in settings.styles
    )


@lru_cache(maxsize=1)
def _plain_first() -> tuple[Face, ...]:
    return tuple(sorted(installed(), key=_plainness))


def _plainness(face: Face) -> tuple[bool, bool, Face]:
    plain = face.family.startswith(("Noto Sans", "Liberation Sans", "DejaVu Sans", "Garuda"))
    return (not plain, face.style not in ("Regular", "Book"), face)


def _no_font(
    settings: FontSettings, wanted: frozenset[str], found: Sequence[Covering], folders: Sequence[str]
) -> Problem:
    searched = f"{', '.join(settings.families)} below {', '.join(folders)}"
    remedy = f"Run {INSTALL}, or name other families in the recipe."
    if not found:
        said = f"none of the fonts {searched}"
        return Problem("synthesis.no-font", said, f"one that covers {_some(wanted)}", remedy)
    nearest = min(found, key=lambda covering: (len(covering.missing), covering.face))
    said = f"no font with every character ({len(found)} of {searched}); {nearest.face.name} lacks"
    said = f"{said} {_some(nearest.missing)}"
    return Problem("synthesis.no-font", said, "at least one that has them all", remedy)


def _some(characters: Iterable[str]) -> str:
    return describe_characters("".join(sorted(characters)))
