"""The layouts in which datasets come and go, one module each; `docs/formats.md` describes them.

A module holds ``FORMAT``; one that can also read with file names made regular holds ``NORMALISED``.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from upath import UPath

from config.errors import Problem, did_you_mean
from corpus.errors import FormatError
from corpus.records import Format, Record

if TYPE_CHECKING:
    from corpus.snapshot import Snapshot

_MODULES = {
    "classes": "classes",
    "csv": "csv_table",
    "funsd": "funsd",
    "ground-truth": "ground_truth",
    "messages": "messages",
    "paddle-det": "paddle_det",
    "paddle-rec": "paddle_rec",
    "pid": "pid",
    "sroie": "sroie",
    "swift": "swift",
    "writers": "writers",
}


def names() -> list[str]:
    """Return the names of the formats."""
    return sorted(_MODULES)


def get(name: str, *, normalise_names: bool = False) -> Format:
    """Return the format `name`; with `normalise_names`, its reader names each image ``class_N.ext``.

    Raises:
        FormatError: no such format, or one whose file names mean nothing.
    """
    if name not in _MODULES:
        found = f"the format {name!r}"
        raise FormatError(Problem("format.unknown", found, "a known format", did_you_mean(name, _MODULES)))
    module = importlib.import_module(f"corpus.formats.{_MODULES[name]}")
    if normalise_names and not hasattr(module, "NORMALISED"):
        found = f"--normalise-names with the format {name!r}"
        remedy = "Leave it out; only class folders have names to make regular."
        raise FormatError(Problem("format.normalise-names", found, "the format 'classes'", remedy))
    chosen: Format = module.NORMALISED if normalise_names else module.FORMAT
    return chosen


def read(name: str, source: UPath, *, normalise_names: bool = False) -> Iterator[Record | Problem]:
    """Yield a `Record` for each label of a dataset that can be used, a `Problem` for each that cannot.

    Raises:
        FormatError: no such format, or `source` does not have its layout.
    """
    return get(name, normalise_names=normalise_names).read(source)


def write(name: str, snapshot: Snapshot, out: UPath) -> None:
    """Write a snapshot in a format, whole or not at all.

    Raises:
        FormatError: no such format, one that is only read, or one that cannot hold a sample.
        StateError: something is at `out` already.
    """
    chosen = get(name)
    if chosen.write is None:
        written = ", ".join(other for other in names() if get(other).write is not None)
        found = f"an export to {name!r}, which is only read"
        raise FormatError(Problem("format.only-read", found, f"one of {written}", "Choose one of them."))
    chosen.write(snapshot, out)
