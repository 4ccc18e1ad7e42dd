"""`decision.json`: the few values by which a pipeline decides and registers."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from config.errors import Problem
from config.family import Family
from containers.common.artifact import Artifact, versions
from containers.common.errors import JobError
from containers.common.jobs.card import model_card
from containers.common.jobs.lineage import NONE, snapshot_of
from evaluation.evaluate import Evaluation

DECISION = "decision.json"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Only texts and numbers: a condition of a pipeline cannot ask for null.

    `failures` counts the checks of the gate that did not pass; rates are shares. `model_card` is JSON text
    for the Model Registry.
    """

    cer: float
    exact_match: float
    failures: int
    summary: str
    family: str
    version: str
    snapshot: str
    charset_hash: str
    parent: str
    glyphline: str
    model_card: str


def decision_of(family: Family, candidate: Artifact, evaluation: Evaluation) -> Verdict:
    """Return what the gate of `evaluation` decided of `candidate`.

    Raises:
        JobError: the held-out lines are all empty, so that there is no error rate.
    """
    about, gate = candidate.description, evaluation.gate
    assert gate is not None  # a family has one
    cer = evaluation.metrics.characters.rate
    if cer is None:
        found, remedy = "held-out lines that are all empty", "Label lines that say something."
        raise JobError(Problem("evaluate.empty", found, "texts to measure by", remedy))
    return Verdict(
        cer=cer,
        exact_match=evaluation.metrics.exact_match,
        failures=len(gate.reasons),
        summary=gate.summary,
        family=family.family,
        version=candidate.version,
        snapshot=snapshot_of(candidate),
        charset_hash=about.charset_hash or NONE,
        parent=about.provenance.parent or NONE,
        glyphline=versions()["glyphline"],
        model_card=model_card(family, candidate, evaluation),
    )


def encode(verdict: Verdict) -> bytes:
    """Return `verdict` as JSON."""
    return orjson.dumps(verdict, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
