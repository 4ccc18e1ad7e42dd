"""Brings the model that was named to this machine, wherever it lies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from cli.names import model
from config.errors import InputError, Problem


@contextmanager
def model_here(said: str, scratch: Path) -> Iterator[Path]:
    """Give the path of a model on this machine; what lies in S3 is brought below `scratch` first.

    Raises:
        InputError: there is none.
    """
    from containers.common.artifact import given_as

    found = model(said)
    if isinstance(found.place, Path):
        if found.version is not None:
            which = f"{found.version.reference}, version {found.version.metadata.get('version')}"
            typer.echo(f"note: {said} is {which}", err=True)
        yield found.place
        return
    with given_as(said):
        yield _fetched(found.place, scratch / "fetched")


def _fetched(uri: str, target: Path) -> Path:
    """Return the path of a copy of the archive `uri`, or of the one in the folder `uri`, or of its files."""
    from config.protocol import MODEL_FILE
    from corpus.paths import as_path

    place = as_path(uri)
    target.mkdir()
    packed = place if place.name.endswith(".tar.gz") else place / MODEL_FILE
    if packed.exists():
        (target / MODEL_FILE).write_bytes(packed.read_bytes())
        return target / MODEL_FILE
    files = [one for one in place.rglob("*") if one.is_file()]
    if not files:
        remedy = "Check bucket and key: aws s3 ls."
        raise InputError(
            Problem("name.model", "nothing here", f"a model's folder or {MODEL_FILE}", remedy, uri)
        )
    for one in files:
        copy = target / str(one).removeprefix(str(place)).lstrip("/")
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(one.read_bytes())
    return target
