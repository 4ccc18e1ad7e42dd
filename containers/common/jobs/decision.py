"""`decision.json`: the few values by which a pipeline decides and registers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from config.errors import Problem
from config.family import Family
from config.protocol import MODEL_FILE, NONE
from containers.common.artifact import Artifact, versions
from containers.common.errors import JobError
from containers.common.jobs.card import model_card
from containers.common.jobs.lineage import snapshot_of
from evaluation.evaluate import Evaluation

SCHEMA_VERSION = 2
"""Raised when a key changes its name or meaning: a pipeline's steps ask for them by name."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What Evaluate says to the steps after it; no value is null: a condition cannot ask for it.

    `error` is that of the figure `headline`, a share; `failures` counts the checks of the gate that did not
    pass, `limits` is what they were judged by. `confidence` says what the model's confidence is. The hashes
    are of the archive that serves and of the report that an approver reads. `model_card` is JSON text for the
    Model Registry.
    """

    schema_version: int
    family: str
    task: str
    headline: str
    error: float
    failures: int
    limits: Mapping[str, Any]
    summary: str
    figures: Mapping[str, float]
    confidence: str
    version: str
    snapshot: str
    vocabulary_hash: str
    parent: str
    archive_sha256: str
    report_sha256: str
    glyphline: str
    model_card: str


def outcome_of(
    family: Family, candidate: Artifact, evaluation: Evaluation, *, given: Path, report: Path
) -> Outcome:
    """Return what the gate of `evaluation` decided of `candidate`.

    Args:
        family: with the gate that was asked.
        candidate: what was judged.
        evaluation: with a decision.
        given: the folder or archive in which the candidate was given.
        report: the report's file.

    Raises:
        JobError: the headline is undefined on what was held out.
    """
    about, gate = candidate.description, evaluation.gate
    assert gate is not None  # a family has one
    if evaluation.error is None:
        noun = evaluation.kind.noun
        found = f"held-out {noun}s on which {evaluation.kind.headline} is undefined"
        remedy = f"Label {noun}s that say something."
        raise JobError(Problem("evaluate.undefined", found, "something to measure by", remedy))
    return Outcome(
        schema_version=SCHEMA_VERSION,
        family=family.family,
        task=family.task,
        headline=evaluation.kind.headline,
        error=evaluation.error,
        failures=len(gate.reasons),
        limits=family.gate.model_dump(mode="json"),
        summary=gate.summary,
        figures={one.name: one.value for one in evaluation.figures if one.value is not None},
        confidence=getattr(about.contract, "confidence", NONE),
        version=candidate.version,
        snapshot=snapshot_of(candidate),
        vocabulary_hash=about.vocabulary_hash or NONE,
        parent=about.provenance.parent or NONE,
        archive_sha256=_hash_of_archive(given),
        report_sha256=_sha256(report),
        glyphline=versions()["glyphline"],
        model_card=model_card(family, candidate, evaluation),
    )


def encode(outcome: Outcome) -> bytes:
    """Return `outcome` as JSON."""
    return orjson.dumps(outcome, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _hash_of_archive(given: Path) -> str:
    """Return the hash of the packed artifact; a folder has none."""
    archive = given if given.is_file() else given / MODEL_FILE
    return _sha256(archive) if archive.is_file() else NONE


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
