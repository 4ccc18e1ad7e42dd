"""Where a model comes from and how its training went, read from its artifact."""

from __future__ import annotations

import json

from containers.common.artifact import Artifact
from evaluation.facts import ArtifactFacts, RunFacts, TrainingPoint

NONE = "none"
_HISTORY = "history.json"
_AXIS = "epoch"
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
        "charset": about.charset_hash or NONE,
        "recipe": about.provenance.recipe,
        "seed": str(about.provenance.seed),
        "run": run or NONE,
    }
    return known | dict(about.provenance.versions)


def history_of(artifact: Artifact) -> list[dict[str, float]]:
    """Return the figures of each epoch of its training; none where the artifact does not tell."""
    if _HISTORY not in artifact.description.files:
        return []
    history: list[dict[str, float]] = json.loads(artifact.file(_HISTORY).read_text())
    return history


def facts_of(artifact: Artifact, latency_p95_ms: float, run: str | None) -> RunFacts:
    """Return what a report and a gate want to know of `artifact` beside its readings."""
    parity = artifact.description.parity.get("onnx")
    size = sum(one.bytes for one in artifact.description.files.values())
    points = [
        TrainingPoint(step=int(one[_AXIS]), values={name: one[name] for name in one if name != _AXIS})
        for one in history_of(artifact)
    ]
    return RunFacts(
        title=f"{artifact.description.family} {artifact.version}",
        artifact=ArtifactFacts(
            size_mb=size / _MEGABYTE,
            latency_p95_ms=latency_p95_ms,
            parity_mismatch=None if parity is None else parity.mismatches / parity.images,
        ),
        lineage=lineage_of(artifact, run),
        training=tuple(points),
    )
