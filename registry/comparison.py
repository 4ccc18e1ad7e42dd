"""One version beside another, on the samples that both have read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import cast

from upath import UPath

from config.home import in_store
from evaluation.evaluate import Evaluation, evaluate
from evaluation.predictions import Predictions, collect
from evaluation.reading import read_predictions
from registry.versions import Version

_CANDIDATE, _CHAMPION = "candidate.jsonl", "champion.jsonl"


@dataclass(frozen=True, slots=True)
class Compared:
    """`later` measured against `earlier` on the samples that both have read."""

    evaluation: Evaluation
    earlier: Predictions
    later: Predictions
    read_by_earlier: int
    """How many samples the earlier one was measured on in all."""
    read_by_later: int


def compare(earlier: Version, later: Version) -> Compared | None:
    """Return how `later` differs from `earlier`, by what each read when its pipeline run evaluated it.

    None: of one of them the predictions are not there (any more), or no sample is common to both.

    Raises:
        PredictionError: predictions are there and cannot be read.
    """
    pair = _read(earlier, later)
    if pair is None:
        return None
    old, new = pair
    theirs = {line.id: line.reference for line in old.lines}
    shared = {line.id for line in new.lines if theirs.get(line.id) == line.reference}
    if not shared:
        return None
    first, second = _only(old, shared, earlier.reference), _only(new, shared, later.reference)
    return Compared(evaluate(second, first), first, second, len(old.lines), len(new.lines))


def _read(earlier: Version, later: Version) -> tuple[Predictions, Predictions] | None:
    """Return what both read; where one was the other's champion, both have read all of the same samples."""
    before, after = _folder(earlier), _folder(later)
    if before is None or after is None:
        return None
    old, new = before / _CANDIDATE, after / _CANDIDATE
    if _is_parent(earlier, later) and (after / _CHAMPION).exists():
        old = after / _CHAMPION
    elif _is_parent(later, earlier) and (before / _CHAMPION).exists():
        new = before / _CHAMPION
    if not old.exists() or not new.exists():
        return None
    # a UPath has all that is asked of a Path here
    return read_predictions(cast(Path, old)), read_predictions(cast(Path, new))


def _is_parent(one: Version, other: Version) -> bool:
    return other.parent is not None and other.parent == one.metadata.get("version")


def _folder(version: Version) -> UPath | None:
    """Return the folder of a version's evaluation; what a local run calls S3 is a folder here."""
    uri = version.evaluation_uri
    if uri is None:
        return None
    is_local = version.arn is None and uri.startswith("s3://")
    return UPath(in_store(uri) if is_local else uri).parent


def _only(predictions: Predictions, ids: set[str], name: str) -> Predictions:
    lines = (line for line in predictions.lines if line.id in ids)
    return collect(name, lines, predictions.normalisation.form)
