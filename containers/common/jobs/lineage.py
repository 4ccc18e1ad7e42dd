"""Where a model comes from and how its training went, read from its artifact."""

from __future__ import annotations

import json

from config.protocol import NONE
from containers.common.artifact import Artifact
from containers.common.handover import HISTORY
from evaluation.facts import ArtifactFacts, RunFacts, TrainingPoint

_AXES = ("epoch", "step")
_MEGABYTE = 1e6


def snapshot_of(artifact: Artifact) -> str:
    """Return the hash of the snapshot that the model has learnt from."""
    provenance = artifact.description.provenance
    return provenance.snapshot or provenance.data


def lineage_of(artifact: Artifact, run: str | None) -> dict[str, str]:
    """Return what names a model's origin, in the order in which people want to see it."""
    about = artifact.description
    known = {
        "family": about.family,
        "version": artifact.version,
        "snapshot": snapshot_of(artifact),
        "new data": about.provenance.data,
        "replay": about.provenance.replay or NONE,
        "parent": about.provenance.parent or NONE,
        "vocabulary": about.vocabulary_hash or NONE,
        "recipe": about.provenance.recipe,
        "seed": str(about.provenance.seed),
        "run": run or NONE,
    }
    return known | dict(about.provenance.versions)


def hyperparameters_of(artifact: Artifact) -> dict[str, str]:
    """Return what a training was told and how long it went, as far as it has epochs and steps."""
    provenance = artifact.description.provenance
    said = {
        "recipe": provenance.recipe,
        "seed": provenance.seed,
        "epochs": provenance.epochs,
        "steps": provenance.steps,
    }
    return {name: str(value) for name, value in said.items() if value is not None}


def history_of(artifact: Artifact) -> list[dict[str, float]]:
    """Return the figures of each epoch or step of its training; none where the artifact does not tell.

    Each names its ``epoch`` or its ``step``; where training told neither, they are counted.
    """
    if HISTORY not in artifact.description.files:
        return []
    history: list[dict[str, float]] = json.loads(artifact.file(HISTORY).read_text())
    counted = enumerate(history, 1)
    return [one if any(name in one for name in _AXES) else {"step": float(n), **one} for n, one in counted]


def facts_of(artifact: Artifact, latency_p95_ms: float, run: str | None) -> RunFacts:
    """Return what a report and a gate want to know of `artifact` beside its answers.

    Of several exported formats, the one that differs most from the trained model counts.
    """
    about = artifact.description
    parity = [one.mismatches / one.images for one in about.parity.values() if one.images]
    size = sum(one.bytes for one in about.files.values())
    return RunFacts(
        title=f"{about.family} {artifact.version}",
        artifact=ArtifactFacts(
            size_mb=size / _MEGABYTE,
            latency_p95_ms=latency_p95_ms,
            parity_mismatch=max(parity) if parity else None,
        ),
        lineage=lineage_of(artifact, run),
        training=tuple(map(_point, history_of(artifact))),
    )


def _point(figures: dict[str, float]) -> TrainingPoint:
    axis = next(name for name in _AXES if name in figures)
    values = {name: value for name, value in figures.items() if name not in _AXES}
    return TrainingPoint(step=int(figures[axis]), values=values)
