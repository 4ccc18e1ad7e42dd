"""Where the objects of local runs lie: ``s3://BUCKET/KEY`` in the local store, ``file:///PATH`` at PATH."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from urllib.parse import unquote, urlsplit

from config import home as local_home
from config.errors import InputError
from pipelines.local.errors import StepError


def path_of(uri: str, home: Path) -> Path:
    """Return the path that `uri` stands for; nothing need be there.

    Raises:
        StepError: it is neither an ``s3://`` nor a ``file://`` URI.
    """
    if uri.startswith("file:///"):
        return Path(unquote(urlsplit(uri).path))
    try:
        return home / local_home.in_store(uri).relative_to(local_home.home())
    except InputError as error:
        raise StepError(str(error)) from error


def read(uri: str, home: Path) -> bytes:
    """Return what lies at `uri`.

    Raises:
        StepError: nothing does.
    """
    path = path_of(uri, home)
    try:
        return path.read_bytes()
    except OSError as error:
        raise StepError(f"{uri} ({path}) cannot be read: {error.strerror}.") from error


def move(source: Path, target: Path) -> None:
    """Move a file or the content of a folder to `target`, over what is there, as an upload to S3 would.

    Each file appears whole.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir() and target.is_dir():
        for one in sorted(source.iterdir()):
            move(one, target / one.name)
        return
    try:
        source.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _copy_over(source, target)


def _copy_over(source: Path, target: Path) -> None:
    """Bring `source` from another file system, under a temporary name first."""
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        if source.is_dir():
            shutil.copytree(source, partial, symlinks=True)
        else:
            shutil.copy2(source, partial)
        partial.rename(target)
    except BaseException:
        if partial.is_dir():
            shutil.rmtree(partial)
        else:
            partial.unlink(missing_ok=True)
        raise
