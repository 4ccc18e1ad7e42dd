"""What a start hands to the pipeline: the family's file for the jobs, and the values of the parameters."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import ConfigDict, ValidationError

from config.environment import InstanceType
from config.errors import InputError, Problem
from config.family import Family, Share, with_value
from config.protocol import FAMILY_FILE, NOTHING_FILE
from config.yaml_source import Settings
from corpus.snapshot import Snapshot
from pipelines.parameters import NOTHING
from pipelines.place import Place

_NOT_FOR_JOBS = {"resources", "serving"}
"""Keys of a family that jobs do not read: another instance is no reason to train anew."""


@dataclass(frozen=True, slots=True)
class Upload:
    """Small files that the jobs of a pipeline read, by their URI."""

    family_uri: str
    files: Mapping[str, bytes]


def upload_of(family: Family, place: Place) -> Upload:
    """Return the family's files, under a name made of their content, and the folder of no champion.

    Raises:
        OSError: a file that the family names (charset, recipe) is not there any more.
    """
    carried, files = family, {}
    for key, path in family.named_files().items():
        files[family.files[key]] = Path(path).read_bytes()
        carried = with_value(carried, key, family.files[key])
    content = carried.model_dump(mode="json", exclude_unset=True, exclude=_NOT_FOR_JOBS)
    files[FAMILY_FILE] = yaml.safe_dump(content, sort_keys=False, allow_unicode=True).encode()
    digest = hashlib.sha256(b"\0".join(files[name] for name in sorted(files))).hexdigest()[:12]
    uri = place.uri("families", family.family, digest)
    nothing = json.dumps({"reason": "there is no champion yet"}).encode() + b"\n"
    named = {f"{uri}/{name}": data for name, data in files.items()}
    return Upload(uri, {**named, f"{place.uri(NOTHING)}/{NOTHING_FILE}": nothing})


class _Said(Settings):
    """Parameters that have more than a type; a step would refuse them only when it runs."""

    model_config = ConfigDict(extra="ignore")

    MaxError: Share | None = None
    MaxRegression: Share | None = None
    ReplayShare: Share | None = None
    ProcessingInstance: InstanceType | None = None
    TrainingInstance: InstanceType | None = None


def check_values(said: Mapping[str, str]) -> None:
    """Refuse values that no run could use, before one begins.

    Raises:
        InputError: the first of them.
    """
    try:
        _Said.model_validate(said, strict=False)
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        found = f"the parameter {detail['loc'][0]} is {detail['input']!r}"
        expected = detail["msg"].removeprefix("Input should be ")
        remedy = "Shares are from 0 to 1: 0.05 is 5 %." if "equal" in expected else "Change it."
        raise InputError(Problem("parameter.value", found, expected, remedy)) from error


def values(snapshot: Snapshot, data_uri: str, champion_uri: str | None) -> dict[str, str]:
    """Return the parameters of a run on `snapshot`, beginning from the champion if there is one.

    Whatever else the pipeline asks for has a default: the one that whoever made the pipeline gave it.
    """
    given = {"DataUri": data_uri, "Snapshot": snapshot.description.hash}
    return given if champion_uri is None else {**given, "ChampionUri": champion_uri}
