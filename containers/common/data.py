"""The data of a job: a snapshot, or somebody's label files, and in either case examined before it is used."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from upath import UPath

from config.errors import Problem
from config.family import Family, Unit
from containers.common.errors import JobError
from containers.common.progress import say
from corpus import formats
from corpus.examine import Examination, examine
from corpus.ingest import Options, import_records
from corpus.snapshot import Snapshot, is_snapshot, open_snapshot
from tasks import task_of

_LABEL_FILES: dict[Unit, str] = {"sample": "paddle-rec", "image": "paddle-det"}
"""PaddleOCR's label files: images of one text each, or pages with regions."""
_OF_THE_GATE = ("split.few-groups",)
"""Rules about what a gate needs: a training by itself asks none."""
_SHOWN = 5


def open_data(place: str, family: Family, scratch: Path, *, examined: bool = False) -> Snapshot:
    """Return the snapshot at `place`, or the one that PaddleOCR's label files there make (in `scratch`).

    `examined`: somebody has examined it already.

    Raises:
        JobError: the examination speaks against training with it; the message has its first finding.
        CorpusError: it is neither, or cannot be read.
    """
    folder = UPath(place)
    if folder.is_dir() and not is_snapshot(folder):
        snapshot, place = _imported(folder, family, UPath(scratch / "imported")), str(scratch / "imported")
    else:
        snapshot = open_snapshot(place)
    if not examined:
        found = examine(place, task_of(family))
        found = replace(found, findings=tuple(one for one in found.findings if one.rule not in _OF_THE_GATE))
        if not found.passed:
            raise JobError(refusal(found))
    return snapshot


def _imported(folder: UPath, family: Family, target: UPath) -> Snapshot:
    options = Options(folder.name, form=family.unicode_form, crop_regions=False)
    outcome = import_records(formats.read(_LABEL_FILES[family.unit], folder), target, options)
    for problem in outcome.problems[:_SHOWN]:
        say(f"warning: {problem}")
    if len(outcome.problems) > _SHOWN:
        say(f"warning: and {len(outcome.problems) - _SHOWN:,} more")
    return outcome.snapshot


def refusal(found: Examination) -> Problem:
    """Return what speaks against training, where something does: the first finding, and where to begin."""
    first = found.errors[0]
    where = first.occurrences[0]
    placed = next((one for one in found.findings if one.occurrences[0].file is not None), first)
    begin, more = placed.occurrences[0], len(found.errors) - 1
    sample = f"{begin.sample}: " if begin.sample else ""
    times = f" ({len(placed.occurrences):,} times)" if len(placed.occurrences) > 1 else ""
    total = "" if placed is first else f"; {where.found}"
    kinds = "kind of fault" if more == 1 else "kinds of faults"
    others = f" (and {more} more {kinds})" if more else ""
    return Problem(
        first.rule,
        f"{sample}{begin.found}: {placed.summary.removesuffix('.')}{times}{total}{others}",
        "data that a model can learn from",
        f"{placed.remedy} All of it: glyphline corpus examine DATA --family {found.family}.",
        begin.file,
        begin.line,
    )
