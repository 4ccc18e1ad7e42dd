"""What of an evaluated run goes to the experiment tracking."""

from __future__ import annotations

from pathlib import Path

from config.family import Family
from config.protocol import DECISION_FILE, EVALUATION_FILE, REPORT_FILE
from containers.common.artifact import Artifact
from containers.common.jobs.lineage import history_of, hyperparameters_of
from containers.common.tracking import TrackedRun
from evaluation.evaluate import Evaluation
from evaluation.facts import RunFacts

_FILES = (EVALUATION_FILE, DECISION_FILE, REPORT_FILE)


def tracked_run(
    family: Family, artifact: Artifact, evaluation: Evaluation, facts: RunFacts, run: str | None, folder: Path
) -> TrackedRun:
    """Return parameters, curves, metrics and files; `folder` holds what the evaluation wrote.

    Outside of a pipeline, a run is called as the version that it made.
    """
    gate = evaluation.gate
    known = {one.name: one.value for one in evaluation.figures}
    known |= {
        "size_mb": facts.artifact.size_mb,
        "latency_p95_ms": facts.artifact.latency_p95_ms,
        "parity_mismatch": facts.artifact.parity_mismatch,
        "gate_failures": None if gate is None else float(len(gate.reasons)),
    }
    return TrackedRun(
        family=family.family,
        run=run or artifact.version,
        parameters={**hyperparameters_of(artifact), "network": artifact.description.network.name},
        curves=history_of(artifact),
        metrics={name: value for name, value in known.items() if value is not None},
        tags=facts.lineage,
        artifacts=[folder / name for name in _FILES],
    )
