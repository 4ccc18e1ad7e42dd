"""What `artifact.json` says of a model: schema version 2, and how version 1 is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, SerializeAsAny, ValidationError, ValidationInfo, field_validator, model_validator

from config.errors import did_you_mean
from config.yaml_source import Settings
from tasks import TASKS, contract_of

SCHEMA: Literal[2] = 2
_FIGURES_1 = {"val_cer": "cer", "val_exact_match": "exact_match", "val_hmean": "hmean"}
"""How version 1 called the figures on the validation data."""
_CONTRACT_1 = ("preprocessing", "temperature", "pages")
"""Where version 1 had what its task's contract has now."""


class FileFacts(Settings):
    """Size and hash of one file of an artifact."""

    bytes: int
    sha256: str


class Network(Settings):
    """Which network, and with which options it was built."""

    name: str
    options: Mapping[str, Any] = Field(default_factory=dict)


class Parity(Settings):
    """How the exported model compares with the trained network on the validation images.

    `largest_difference` is between logarithms of probabilities, at every step of every line; of a detector
    between probabilities, at every pixel of every page.
    """

    images: int
    mismatches: int
    largest_difference: float
    tolerance: float


class Provenance(Settings):
    """Where a model comes from."""

    recipe: str
    data: str
    """Hash of the snapshot that it was trained on."""
    snapshot: str | None = None
    """Hash of the snapshot that a pipeline took `data` and `replay` from: all that the model has learnt."""
    replay: str | None = None
    """Hash of the snapshot whose samples were replayed."""
    parent: str | None = None
    """Version of the champion that training began from."""
    seed: int
    epochs: int | None = None
    steps: int | None = None
    """None: it is not trained in epochs, or not in steps."""
    figures: Mapping[str, float] = Field(default_factory=dict)
    """How good it was on the validation data, by the names of its task's figures."""
    versions: Mapping[str, str]


class Description(Settings):
    """What `artifact.json` holds."""

    schema_version: Literal[2] = 2
    family: str
    task: str
    image: str
    """The container image that made it and can run it: ``paddle``, ``vision``, ``vlm``."""
    network: Network
    contract: SerializeAsAny[Settings]
    """What whoever runs it must know: the ``Contract`` of its task."""
    vocabulary_hash: str | None = None
    """Of what it can emit, where that is a list: a recogniser's charset."""
    parity: Mapping[str, Parity] = Field(default_factory=dict)
    """By engine: ``paddle``, ``onnx``."""
    provenance: Provenance
    files: Mapping[str, FileFacts] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _of_any_version(cls, content: Any) -> Any:
        if not isinstance(content, Mapping):
            return content
        version = content.get("schema_version", SCHEMA)
        if version == 1:
            return _upgraded(content)
        if version != SCHEMA:
            raise ValueError(f"schema version {version!r}, which this version of Glyphline does not know")
        return content

    @field_validator("task")
    @classmethod
    def _is_known(cls, task: str) -> str:
        if task not in TASKS:
            raise ValueError(f"{task!r} is no task of this version of Glyphline. {did_you_mean(task, TASKS)}")
        return task

    @field_validator("contract", mode="before")
    @classmethod
    def _of_its_task(cls, value: Any, info: ValidationInfo) -> Any:
        if "task" not in info.data:  # what is wrong with it is said already
            return Settings()
        try:
            return contract_of(info.data["task"]).model_validate(value)
        except ValidationError as error:
            raise ValueError(_first(error)) from error


def misfit(error: ValidationError) -> str:
    """Return in half a sentence what in an `artifact.json` does not fit."""
    return _first(error)


def _first(error: ValidationError) -> str:
    detail = error.errors(include_url=False)[0]
    place = ".".join(map(str, detail["loc"]))
    said = detail["msg"].removeprefix("Value error, ")
    if detail["type"] == "extra_forbidden":
        return f"the unknown key {place!r}"
    return f"{place}: {said}" if place else said


def _upgraded(old: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of a version 1 as version 2 says it."""
    moved = {"schema_version", "charset_hash", "provenance", *_CONTRACT_1}
    contract = {key: old[key] for key in _CONTRACT_1 if old.get(key) is not None}
    if old.get("task") == "detection":
        contract.pop("temperature", None)  # version 1 said it of every model
    return {
        **{key: value for key, value in old.items() if key not in moved},
        "schema_version": SCHEMA,
        "contract": contract,
        "vocabulary_hash": old.get("charset_hash"),
        "provenance": _upgraded_provenance(old.get("provenance")),
    }


def _upgraded_provenance(old: Any) -> Any:
    if not isinstance(old, Mapping):
        return old
    figures = {name: old[key] for key, name in _FIGURES_1.items() if old.get(key) is not None}
    return {**{key: value for key, value in old.items() if key not in _FIGURES_1}, "figures": figures}
