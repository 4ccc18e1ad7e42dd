"""What commands are told by name, in one grammar: models, runs, snapshots and data.

A model is ``FAMILY`` (its champion), ``FAMILY/3``, ``FAMILY/champion``, ``FAMILY/latest``, a folder, a
``model.tar.gz``, or either as ``file://…`` or ``s3://…``. A run is its id, an ARN, or ``FAMILY``: its latest.
A snapshot is ``FOLDER`` or ``FOLDER@HASH``, also in ``s3://``; other data have a format.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from config.errors import InputError, Problem, did_you_mean

if TYPE_CHECKING:
    from upath import UPath

    from corpus.snapshot import Snapshot
    from registry.protocol import Registry
    from registry.versions import Version

_EXECUTION = re.compile(r"arn:[a-z-]+:sagemaker:[a-z0-9-]+:\d{12}:pipeline/[^/]+/execution/[^/]+")
_OF_A_MODEL = "FAMILY, FAMILY/3, FAMILY/champion, FAMILY/latest, s3://…, a folder or model.tar.gz"
_OF_A_VERSION = "FAMILY, FAMILY/3, FAMILY/champion or FAMILY/latest"
_YAML = (".yaml", ".yml")
_FIT_MUCH = ("classes",)
"""Formats that any folder of folders of images has; where another fits, it is that."""
_LOOKED_AT = 20
"""How many of a dataset's labels are read to see whether a format fits."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model that was found: where it lies, as a path of this machine or an ``s3://`` URI."""

    said: str
    place: Path | str
    version: Version | None = None

    @property
    def uri(self) -> str:
        """Where it lies, as a pipeline is told."""
        return self.place.absolute().as_uri() if isinstance(self.place, Path) else self.place


def plain(said: str) -> str:
    """Return `said` with ``file://`` turned into the path that it means."""
    if not said.startswith("file://"):
        return said
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    return url2pathname(urlsplit(said).path)


# --- models


def registry_of(environment: str | None) -> Registry:
    """Return the registry of this machine, or that of the account of `environment`."""
    if environment is None:
        from registry.mlflow import local_registry

        return local_registry(_hint)
    from config.environment import load_environment
    from registry.sagemaker import account_registry

    return account_registry(load_environment(environment).region)


def model(said: str, environment: str | None = None, registry: Registry | None = None) -> Model:
    """Return the model that is meant: what lies at a path, or a version of the registry.

    A path that holds a model comes before a version of the same name; a pipeline is told the ``s3://`` of a
    version that this machine's runs made as a path.

    Raises:
        InputError: there is none; the message says what was looked for where.
    """
    given = plain(said)
    if "://" in given:
        return Model(said, given)
    path = Path(given)
    if _holds_a_model(path):
        return Model(said, path)
    if given.startswith("arn:") or _is_reference(given):
        found = _in_registry(given, path, environment, registry)
        if found is not None:
            return Model(said, _place_of(found), found)
    if path.exists():  # whoever opens it says what is missing in it
        return Model(said, path)
    siblings = [str(one) for one in _children(path.parent) if _holds_a_model(one)]
    near = did_you_mean(given, siblings) if siblings else "Train one: glyphline train --help."
    raise InputError(Problem("name.model", f"no file or folder {given!r}", _OF_A_MODEL, near))


def version(said: str, registry: Registry, environment: str | None = None) -> Version:
    """Return the version of `registry` that is meant; a bare ``FAMILY`` is its champion.

    Raises:
        UnknownVersionError: there is none; the message says where it was looked for.
    """
    if said.startswith("arn:"):
        return registry.version(said)
    name, which = _parts(said)
    return registry.version(f"{known_group(name, registry, environment)}/{which}")


def known_group(family: str, registry: Registry, environment: str | None = None) -> str:
    """Return the group of `registry` that holds the models of `family`.

    Raises:
        UnknownVersionError: there is none; the message says where it was looked for.
    """
    from registry.errors import UnknownVersionError

    groups = registry.groups()
    known = group(family, groups, environment)
    if known not in groups:
        nearest = did_you_mean(family, groups) if groups else "Nothing is registered there: run a pipeline."
        found = f"no model {family!r} in {_where(environment)}"
        raise UnknownVersionError(Problem("name.version", found, _OF_A_VERSION, nearest))
    return known


def group(family: str, groups: tuple[str, ...], environment: str | None = None) -> str:
    """Return the group that holds the models of `family`: in an account, its name has a prefix."""
    name = _family_name(family)
    if environment is None or name in groups:
        return name
    from config.environment import load_environment
    from pipelines.place import NO_ACCOUNT, Place

    return Place(load_environment(environment), NO_ACCOUNT).name(name)


def _holds_a_model(path: Path) -> bool:
    from config.protocol import ARTIFACT_FILE, MODEL_FILE

    if path.suffix in _YAML:  # a family
        return False
    return path.is_file() or (path / ARTIFACT_FILE).is_file() or (path / MODEL_FILE).is_file()


def _is_reference(said: str) -> bool:
    if said.startswith((".", "/", "~")) or said.endswith(".tar.gz"):
        return said.endswith(_YAML)
    return said.endswith(_YAML) or said.count("/") <= 1


def _in_registry(said: str, path: Path, environment: str | None, registry: Registry | None) -> Version | None:
    """Return the version that is meant; None: there is no such group, but something at the path."""
    from registry.errors import UnknownVersionError

    try:
        return version(said, registry or registry_of(environment), environment)
    except UnknownVersionError as error:
        if error.problem.rule != "name.version":  # the group is there, the version is not
            raise
        if path.exists():
            return None
        found = f"no file or folder {said!r}, and {error.problem.found}"
        raise InputError(replace(error.problem, found=found, expected=_OF_A_MODEL)) from error


def _place_of(found: Version) -> Path | str:
    from config.home import in_store
    from pipelines.place import LOCAL_BUCKET

    uri = found.model_data_uri
    if uri is None:
        remedy = "Name another version: glyphline registry list."
        told = f"{found.reference} without a model"
        raise InputError(Problem("name.model", told, "a version that says where it lies", remedy))
    if uri.startswith(f"s3://{LOCAL_BUCKET}/"):
        return in_store(uri)
    return Path(plain(uri)) if uri.startswith("file://") else uri


def _parts(said: str) -> tuple[str, str]:
    """Return family and which version: champion where only a family was said."""
    if said.endswith(_YAML) or "/" not in said:
        return said, "champion"
    name, _, which = said.rpartition("/")
    return name, which


def _family_name(family: str) -> str:
    """Return what a family is called that may be given as a YAML file."""
    if not family.endswith(_YAML):
        return family
    from config.tasks import load_family

    return load_family(family).family


def _where(environment: str | None) -> str:
    if environment is not None:
        return f"the registry of the account of {environment}"
    from config.home import home

    return f"the registry of this machine ({home()})"


# --- runs


def run(said: str, environment: str | None = None) -> str:
    """Return the id of a run of this machine, or the ARN of one in an account.

    Raises:
        InputError: there is none; the message says where it was looked for.
    """
    if said.startswith("arn:"):
        if not _EXECUTION.fullmatch(said):
            expected = "arn:aws:sagemaker:REGION:ACCOUNT:pipeline/NAME/execution/ID"
            remedy = "Copy it from: glyphline pipeline runs --environment NAME --family FAMILY."
            raise InputError(Problem("run.arn", f"the ARN {said!r}", expected, remedy))
        return said
    if environment is not None:
        return _latest_in_account(said, environment)
    from config.home import home

    if "/" not in said and (home() / "runs" / said).is_dir():
        return said
    return _latest_here(said)


def _latest_here(family: str) -> str:
    from config.home import home
    from pipelines.local.runs import runs

    name, there = _family_name(family), runs(home())
    mine = [one for one in there if one.pipeline == name]
    if not mine:
        known = [*(one.id for one in there), *{one.pipeline for one in there}]
        remedy = did_you_mean(name, known) if known else "Start one: glyphline pipeline run."
        found = f"no run {name!r} on this machine ({home()})"
        raise InputError(Problem("name.run", found, "a run's id, an ARN, or FAMILY", remedy))
    _hint(f"note: the latest run of {name} is {mine[-1].id}")
    return mine[-1].id


def _latest_in_account(family: str, environment: str) -> str:
    from cli.account import account_of, client, refusals
    from config.environment import load_environment
    from pipelines import account
    from pipelines.place import Place

    chosen = load_environment(environment)
    with refusals():
        place = Place(chosen, account_of(chosen))
        name = place.name(_family_name(family))
        latest = next(account.runs(client("sagemaker", chosen), name), None)
    if latest is None:
        found = f"no run of {name} in the account of {environment}"
        raise InputError(Problem("name.run", found, "one", "Start one: glyphline pipeline start."))
    _hint(f"note: the latest run of {name} is {latest.arn}")
    return latest.arn


# --- snapshots and other data


@contextmanager
def snapshot_named(said: str) -> Iterator[str]:
    """Give the reference of a snapshot; where it turns out that there is none, name those nearby.

    Raises:
        ManifestError: there is none.
    """
    from corpus.errors import ManifestError

    reference = plain(said)
    try:
        yield reference
    except ManifestError as error:
        mine = (error.problem.file or "").startswith(reference.partition("@")[0])
        near = _snapshots_near(reference) if mine and error.problem.rule == "snapshot.missing" else []
        if not near:
            raise
        raise ManifestError(replace(error.problem, remedy=did_you_mean(reference, near))) from error


def snapshot(said: str) -> Snapshot:
    """Return the snapshot that is meant, opened.

    Raises:
        ManifestError: there is none, or it is not what its description says.
    """
    from corpus.snapshot import open_snapshot

    with snapshot_named(said) as reference:
        return open_snapshot(reference)


def format_of(said: str, format_name: str | None) -> str | None:
    """Return the format of the data at `said`; None: a snapshot, or nothing, as opening it will say.

    Raises:
        InputError: there is no such format, or none was said and not exactly one fits.
    """
    from corpus.formats import get, names
    from corpus.paths import as_path
    from corpus.snapshot import is_snapshot

    if format_name is not None:
        get(format_name)
        return format_name
    path = as_path(plain(said))
    if is_snapshot(path) or not path.exists():
        return None
    fits = [name for name in names() if _fits(name, path)]
    if len(fits) > 1:
        fits = [name for name in fits if name not in _FIT_MUCH]
    if len(fits) == 1:
        _hint(f"note: {said} has the format {fits[0]} (say --format {fits[0]} to be sure)")
        return fits[0]
    found = f"data that fit {' and '.join(fits)}" if fits else "neither a snapshot nor data of a known format"
    remedy = "Say which: --format NAME." if fits else "See which there are: glyphline corpus formats."
    raise InputError(Problem("name.format", found, "one format that fits", remedy, said))


def _fits(format_name: str, path: UPath) -> bool:
    from corpus.errors import CorpusError
    from corpus.formats import read

    try:
        return any(not isinstance(one, Problem) for one in islice(read(format_name, path), _LOOKED_AT))
    except (CorpusError, OSError):
        return False


def _snapshots_near(reference: str) -> list[str]:
    """Return the snapshots beside where one was looked for; of those in S3, none."""
    from config.protocol import SNAPSHOT_FILE

    if "://" in reference:
        return []
    around = Path(reference.partition("@")[0])
    return [str(one) for one in _children(around.parent) if (one / SNAPSHOT_FILE).is_file()]


def _children(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _hint(sentence: str) -> None:
    typer.echo(sentence, err=True)
