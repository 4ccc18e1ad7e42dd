"""Facts about the run that produced a candidate: artifact, lineage and training curve, as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from config.yaml_source import Settings, load_model
from evaluation.gate import Exported


class ArtifactFacts(Settings):
    """What was measured on the exported artifact; what was not measured is left out."""

    size_mb: Annotated[float, Field(gt=0)] | None = None
    latency_p95_ms: Annotated[float, Field(gt=0)] | None = None
    parity_mismatch: Annotated[float, Field(ge=0, le=1)] | None = None
    """Share of items on which the exported artifact answers differently from the trained model."""

    def as_exported(self) -> Exported:
        """Return the facts as the gate takes them."""
        return Exported(self.size_mb, self.latency_p95_ms, self.parity_mismatch)


class TrainingPoint(Settings):
    """The values at one step of training, such as ``train_loss`` and ``val_cer``."""

    step: Annotated[int, Field(ge=0)]
    values: dict[str, Annotated[float, Field(allow_inf_nan=False)]]


class RunFacts(Settings):
    """One run: what its report shows beside the measurements."""

    title: str | None = None
    artifact: ArtifactFacts = ArtifactFacts()
    lineage: dict[str, str] = Field(default_factory=dict)
    """Snapshot, parent model, vocabulary hash, code version …: shown unchanged, in this order."""
    training: tuple[TrainingPoint, ...] = ()


def load_facts(path: Path) -> RunFacts:
    """Return the facts in a YAML or JSON file.

    Raises:
        ConfigError: the file is missing or wrong (with file, line, key and the closest name).
    """
    return load_model(path, RunFacts)
