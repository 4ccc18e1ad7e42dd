"""The model artifact: what training hands over, whole and verified, to everything that comes after it.

artifact.json          what the model is, and the hash of every other file; written last: it completes it
family.yaml            what its family says of the task
charset.txt            of a recogniser: one code point a line; class 0 is the CTC blank, class k the k-th line
inference.json/.pdiparams/.yml   or whatever else the image that made it says in `files`
weights.npz            the trained parameters by name, for a training that continues from here
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError
from upath import UPath

from config.errors import Problem
from config.protocol import ARTIFACT_FILE, MODEL_FILE
from config.yaml_source import Settings
from containers.common.description import SCHEMA, Description, FileFacts, misfit
from containers.common.errors import ArtifactError
from containers.common.unpack import unpack
from corpus.charset import Charset, read_charset
from corpus.paths import write_whole
from tasks import TASKS, contract_of

CHARSET = "charset.txt"

ContractT = TypeVar("ContractT", bound=Settings)


@dataclass(frozen=True, slots=True)
class Artifact:
    """An artifact that was opened: every file is there and is what `artifact.json` says."""

    folder: Path
    description: Description
    version: str
    """The first 12 digits of the hash of `artifact.json`, which names every other file's hash."""

    def contract_as(self, kind: type[ContractT]) -> ContractT:
        """Return its contract as the ``Contract`` of a task.

        Raises:
            ArtifactError: it is a model of another task.
        """
        contract = self.description.contract
        if not isinstance(contract, kind):
            asked = next((task for task in TASKS if contract_of(task) is kind), kind.__name__)
            found = f"a model of {self.description.task} where one of {asked} is asked for"
            remedy = f"Name the artifact of a family whose task is {asked}."
            path = self.folder / ARTIFACT_FILE
            raise _error("artifact.task", found, f"a model of {asked}", remedy, path)
        return contract

    def file(self, name: str) -> Path:
        """Return the path of one of its files.

        Raises:
            ArtifactError: it has no such file.
        """
        if name not in self.description.files:
            known = ", ".join(sorted(self.description.files))
            remedy = f"Train again with the image {self.description.image!r} of this version."
            raise _error("artifact.file-missing", f"no file {name!r}", known, remedy, self.folder)
        return self.folder / name

    def require(self, *, family: str, image: str) -> None:
        """Refuse an artifact that another family's or another image's training made.

        Raises:
            ArtifactError: it did.
        """
        found = self.description
        if (found.family, found.image) != (family, image):
            was = f"a model of the family {found.family!r}, made by the image {found.image!r}"
            expected = f"one of {family!r}, made by {image!r}"
            remedy = "Name a model version of this family's group."
            raise _error("artifact.family", was, expected, remedy, self.folder / ARTIFACT_FILE)


def charset_of(artifact: Artifact) -> Charset:
    """Return the characters that a recogniser can emit, in the order of its classes.

    Raises:
        ArtifactError: it has no charset, or another one than it says.
    """
    path = artifact.file(CHARSET)
    charset, _ = read_charset(UPath(path))
    if charset.hash != artifact.description.vocabulary_hash:
        remedy = "Copy the artifact again, or train again."
        raise _error("artifact.charset", "another charset than artifact.json says", "it", remedy, path)
    return charset


def versions(**frameworks: str) -> dict[str, str]:
    """Return the versions that a result depends on: Glyphline, Python, and the given frameworks."""
    from importlib.metadata import version

    return {"glyphline": version("glyphline"), "python": platform.python_version(), **frameworks}


def complete(folder: Path, description: Description) -> Artifact:
    """Hash the files in `folder` and write `artifact.json`, which makes them an artifact."""
    files = {
        path.relative_to(folder).as_posix(): FileFacts(bytes=path.stat().st_size, sha256=_hash(path))
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ARTIFACT_FILE
    }
    whole = description.model_copy(update={"files": files})
    data = whole.model_dump_json(indent=2).encode() + b"\n"
    write_whole(UPath(folder / ARTIFACT_FILE), data)
    return Artifact(folder, whole, _version(data))


def open_artifact(place: Path, scratch: Path) -> Artifact:
    """Open the artifact in the folder `place`, or the packed one there, which is unpacked below `scratch`.

    Raises:
        ArtifactError: there is none, or a file is missing, changed or unsafe to unpack.
    """
    packed = place if place.is_file() else place / MODEL_FILE
    if packed.is_file():
        unpack(packed, scratch / "artifact")
        place = scratch / "artifact"
    return open_folder(place)


@contextmanager
def given_as(name: str) -> Iterator[None]:
    """Let what is wrong with an artifact be told of `name`: it lies in a scratch folder that nobody knows.

    Raises:
        ArtifactError: something is; the file within the artifact is named, where it is one file.
    """
    try:
        yield
    except ArtifactError as error:
        if (error.problem.file or "").startswith(name):  # nothing was unpacked elsewhere
            raise
        file = Path(error.problem.file or "")
        place = f"{name} ({file.name})" if file.suffix else name
        raise ArtifactError(replace(error.problem, file=place)) from error


def open_folder(place: Path) -> Artifact:
    """Open the artifact whose files lie in the folder `place`.

    Raises:
        ArtifactError: there is none, or a file is missing or changed.
    """
    path = place / ARTIFACT_FILE
    try:
        data = path.read_bytes()
        description = Description.model_validate_json(data)
    except (FileNotFoundError, NotADirectoryError) as error:
        remedy = "Name the folder or the model.tar.gz of a finished training."
        raise _error("artifact.missing", "no model artifact here", ARTIFACT_FILE, remedy, place) from error
    except ValidationError as error:
        remedy = "Use the version of Glyphline that made it, or train again."
        expected = f"an artifact of schema version 1 or {SCHEMA}"
        raise _error("artifact.description", misfit(error), expected, remedy, path) from error
    for name, facts in description.files.items():
        _verify(place, name, facts)
    return Artifact(place, description, _version(data))


def _verify(folder: Path, name: str, facts: FileFacts) -> None:
    path = folder / name
    remedy = "Copy the artifact again, or train again."
    if not path.resolve().is_relative_to(folder.resolve()) or not path.is_file():
        raise _error("artifact.file-missing", f"no file {name!r}", "it", remedy, folder)
    if path.stat().st_size != facts.bytes or _hash(path) != facts.sha256:
        expected = "the file that training wrote"
        raise _error("artifact.changed", "another content than artifact.json says", expected, remedy, path)


def _hash(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _version(description: bytes) -> str:
    return hashlib.sha256(description).hexdigest()[:12]


def _error(rule: str, found: str, expected: str, remedy: str, path: Path) -> ArtifactError:
    return ArtifactError(Problem(rule, found, expected, remedy, str(path)))
