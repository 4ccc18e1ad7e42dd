"""Results of earlier runs that a step may take instead of running: step caching, as SageMaker does it.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-caching.html and, for what is compared,
https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-default-keys.html
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from corpus.paths import as_path, write_whole
from pipelines.local.store import path_of

COMPARED = {
    "Processing": ("AppSpecification", "Environment", "ProcessingInputs"),
    "Training": (
        "AlgorithmSpecification",
        "CheckpointConfig",
        "Environment",
        "HyperParameters",
        "InputDataConfig",
    ),
}
"""The arguments that make a step another one; not among them: where its outputs go, on what it runs."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a step gave, when, and in which run."""

    run: str
    step: str
    ended: datetime
    result: Mapping[str, Any]


_ENTRY = TypeAdapter(Entry)


def key_of(step_type: str, arguments: Mapping[str, Any], code: str) -> str:
    """Return what is equal for two steps exactly if one may take the other's result.

    `code` is the digest of the code that runs: here no image has one.
    """
    compared = {name: arguments[name] for name in COMPARED[step_type] if name in arguments}
    text = json.dumps([step_type, compared, code], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def find(home: Path, pipeline: str, key: str, within: timedelta) -> Entry | None:
    """Return the last result for `key` in runs of `pipeline`, if it is not too old and still there."""
    path = _path(home, pipeline, key)
    if not path.exists():
        return None
    try:
        entry = _ENTRY.validate_json(path.read_bytes())
    except ValidationError:  # of another version of this program: the step runs, and writes it anew
        return None
    fresh = datetime.now(UTC) - entry.ended <= within
    return entry if fresh and all(path_of(uri, home).exists() for uri in _outputs(entry.result)) else None


def keep(home: Path, pipeline: str, key: str, entry: Entry) -> None:
    """Remember a result for later runs."""
    path = _path(home, pipeline, key)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(as_path(path), _ENTRY.dump_json(entry))


def _path(home: Path, pipeline: str, key: str) -> Path:
    return home / "cache" / pipeline / f"{key}.json"


def _outputs(result: Mapping[str, Any]) -> Iterator[str]:
    for output in result.get("ProcessingOutputConfig", {}).get("Outputs", []):
        yield output["S3Output"]["S3Uri"]
    if "ModelArtifacts" in result:
        yield result["ModelArtifacts"]["S3ModelArtifacts"]
