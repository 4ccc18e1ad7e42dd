"""Definitions that were built before: the SDK's import costs 3 s, and most changes leave them as they are."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path

from upath import UPath

from config.family import Family
from corpus.paths import write_whole
from pipelines.family_pipeline import FamilyPipeline, pipeline_of
from pipelines.inputs import upload_of
from pipelines.place import Place

_ROOT = Path(__file__).parents[2]
_FOLDER = UPath(_ROOT / "build" / "definitions")
_CODE = ("config", "config/tasks", "pipelines")
_PACKAGES = (
    "glyphline",
    "sagemaker",
    "sagemaker-core",
    "sagemaker-mlops",
    "sagemaker-serve",
    "sagemaker-train",
)


def built(family: Family, place: Place) -> FamilyPipeline:
    """Return what `pipeline_of` does, from `build/definitions` where all that it depends on is the same."""
    upload = upload_of(family, place)
    path = _FOLDER / f"{_digest(family, place, upload.family_uri)}.json"
    if path.exists():
        return FamilyPipeline(place.name(family.family), path.read_bytes(), upload)
    made = pipeline_of(family, place)
    _FOLDER.mkdir(parents=True, exist_ok=True)
    write_whole(path, made.definition)
    return made


def _digest(family: Family, place: Place, family_uri: str) -> str:
    said = [
        *(family.model_dump_json(), place.environment.model_dump_json(), place.account, family_uri),
        *(f"{name} {version(name)}" for name in _PACKAGES),
    ]
    code = (path.read_bytes() for folder in _CODE for path in sorted((_ROOT / folder).glob("*.py")))
    return hashlib.sha256(b"\0".join([*(one.encode() for one in said), *code])).hexdigest()
