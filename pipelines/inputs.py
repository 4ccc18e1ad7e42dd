"""What a start hands to the pipeline: the family's file for the jobs, and the values of the parameters."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from config.family import Family
from corpus.snapshot import Snapshot
from pipelines.parameters import NOTHING
from pipelines.place import Place

_FAMILY = "family.yaml"
_CHARSET = "charset.txt"
_NOTHING_FILE = "nothing.json"
"""As `containers/common/contract.py` knows it."""


@dataclass(frozen=True, slots=True)
class Upload:
    """Small files that the jobs of a pipeline read, by their URI."""

    family_uri: str
    files: Mapping[str, bytes]


def upload_of(family: Family, place: Place) -> Upload:
    """Return the family's files, under a name made of their content, and the folder of no champion.

    Raises:
        OSError: the charset file that the family names is not there.
    """
    content = family.model_dump(mode="json", exclude_unset=True)
    files: dict[str, bytes] = {}
    if family.recognition.charset is not None:
        files[_CHARSET] = Path(family.recognition.charset).read_bytes()
        content["recognition"]["charset"] = _CHARSET
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
    files[_FAMILY] = text.encode()
    digest = hashlib.sha256(b"\0".join(files[name] for name in sorted(files))).hexdigest()[:12]
    uri = place.uri("families", family.family, digest)
    nothing = json.dumps({"reason": "there is no champion yet"}).encode() + b"\n"
    named = {f"{uri}/{name}": data for name, data in files.items()}
    return Upload(uri, {**named, f"{place.uri(NOTHING)}/{_NOTHING_FILE}": nothing})


def values(
    snapshot: Snapshot, data_uri: str, family_uri: str, champion_uri: str | None, place: Place
) -> dict[str, str]:
    """Return the parameters of a run on `snapshot`, beginning from the champion if there is one."""
    return {
        "DataUri": data_uri,
        "Snapshot": snapshot.description.hash,
        "FamilyUri": family_uri,
        "ChampionUri": place.uri(NOTHING) if champion_uri is None else champion_uri,
    }
