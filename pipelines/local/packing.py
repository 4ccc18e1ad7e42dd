"""Packs a folder as SageMaker packs a model, the same bytes for the same files."""

from __future__ import annotations

import gzip
import os
import tarfile
from pathlib import Path

_LEVEL = 1
"""Weights hardly shrink; the time that a higher level takes buys nothing."""


def pack(folder: Path, target: Path) -> None:
    """Write `folder` to the ``.tar.gz`` file `target`, whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        with (
            open(partial, "wb") as file,
            gzip.GzipFile("", "wb", _LEVEL, file, mtime=0) as compressed,
            tarfile.open(fileobj=compressed, mode="w", dereference=True) as archive,
        ):
            for path in sorted(folder.rglob("*")):
                archive.add(path, str(path.relative_to(folder)), recursive=False, filter=_without_origin)
        partial.rename(target)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def _without_origin(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Drop what differs between two machines or two runs: times and owners."""
    member.mtime = member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o755 if member.isdir() else 0o644
    return member
