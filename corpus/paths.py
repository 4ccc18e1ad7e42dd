"""One way to name a place, local or `s3://`, and to write a file so that it is whole or absent."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath, PurePosixPath

from upath import UPath

from config.errors import StateError

LOCK = ".lock"


def as_path(place: str | PurePath) -> UPath:
    """Return `place` (a local path or a URI that fsspec knows, such as ``s3://bucket/key``) as a path."""
    return place if isinstance(place, UPath) else UPath(str(place))


def local(path: UPath) -> Path | None:
    """Return `path` as a plain path where it lies in the local file system, else None."""
    return path if isinstance(path, Path) else None


def write_whole(path: UPath, data: bytes) -> None:
    """Write `data` to `path` so that no reader ever sees half of it.

    Locally by a temporary name and a rename; an object store shows an object only when it is complete.

    Raises:
        StateError: `path` is a folder, a device or the like.
    """
    target = local(path)
    if target is None:
        path.write_bytes(data)
        return
    if target.exists() and not target.is_file():  # a rename would put a file in the place of a device
        raise StateError(f"{path} exists and is not a file. Name another.")
    folder = os.path.dirname(target)  # noqa: PTH120 - this is the hot path of every import
    handle, temporary = tempfile.mkstemp(prefix=".", suffix=".partial", dir=folder)
    try:
        with open(handle, "wb") as file:
            file.write(data)
        os.chmod(temporary, 0o644)  # noqa: PTH101
        os.replace(temporary, target)  # noqa: PTH105
    except BaseException:
        # a signal may have come when the file had its new name already
        Path(temporary).unlink(missing_ok=True)
        raise


@contextmanager
def locked(folder: Path, busy: str) -> Iterator[None]:
    """Keep a local folder to this process meanwhile; the lock ends with it, however that ends.

    Raises:
        StateError: another process holds it; the message is `busy`.
    """
    with open(folder / LOCK, "wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StateError(busy) from error
        yield


def inside(root: UPath, relative: str) -> UPath | None:
    """Return `root/relative`, or None where that would leave `root` (``..``, absolute, symbolic link)."""
    pure = PurePosixPath(relative.replace("\\", "/"))
    if not pure.parts or pure.is_absolute() or ".." in pure.parts or ":" in pure.parts[0] or "\0" in relative:
        return None
    path = root / str(pure)
    local_root = local(root)
    if local_root is None:
        return path
    real_root = os.path.realpath(local_root)
    real = os.path.realpath(local_root / str(pure))
    return path if real.startswith(real_root.rstrip("/") + "/") else None
