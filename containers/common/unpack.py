"""Unpack an archive from outside without trusting it: no member leaves the folder, and there is a limit."""

from __future__ import annotations

import errno
import shutil
import tarfile
import zlib
from pathlib import Path, PurePosixPath

from config.errors import Problem
from containers.common.errors import ArtifactError

MAX_BYTES = 8 * 1024**3
MAX_MEMBERS = 10_000
_MAX_NAME_BYTES = 4096
"""Of the headers that carry long names: tarfile would read them whole into memory."""
_OURS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO)
"""What goes wrong here, and not because of what the archive holds."""
_CHUNK = 1024 * 1024


class _Member(tarfile.TarInfo):
    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _Member:
        member = super().frombuf(buf, encoding, errors)
        if member.type not in (*tarfile.REGULAR_TYPES, tarfile.DIRTYPE) and member.size > _MAX_NAME_BYTES:
            raise tarfile.ReadError(f"a header of {member.size:,} bytes")
        return member


def unpack(archive: Path, folder: Path, *, max_bytes: int = MAX_BYTES) -> None:
    """Unpack the files of a tar (compressed or not) into `folder`, which is made, or gone if it fails.

    Sizes are counted while unpacking: a header may lie.

    Raises:
        ArtifactError: not a tar, truncated, more than `max_bytes` or 10,000 members, or a member that is
            absolute, climbs out (``..``), or is a link or a device.
    """
    folder.mkdir(parents=True)
    try:
        with tarfile.open(archive, "r:*", tarinfo=_Member) as tar:
            left = max_bytes
            for number, member in enumerate(tar):
                if number >= MAX_MEMBERS:
                    raise _refused(archive, f"more than {MAX_MEMBERS:,} members")
                left -= _put(tar, member, folder, left, archive)
    except (tarfile.TarError, EOFError, zlib.error, OSError, ValueError, ArtifactError) as error:
        shutil.rmtree(folder)
        if isinstance(error, ArtifactError) or (isinstance(error, OSError) and error.errno in _OURS):
            raise
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise _refused(archive, f"not a whole tar archive of plain files ({said})") from error


def _put(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path, left: int, archive: Path) -> int:
    """Write one member below `folder`; return its size."""
    path = PurePosixPath(member.name)
    if path.is_absolute() or ".." in path.parts or "\\" in member.name:
        raise _refused(archive, f"the member {member.name!r}, which leads out of the folder")
    target = folder / path
    if member.isdir():
        target.mkdir(parents=True, exist_ok=True)
        return 0
    if not member.isreg():
        raise _refused(archive, f"the member {member.name!r}, which is a link or a device")
    if member.size > left:
        raise _refused(archive, "more bytes than a model has (a decompression bomb?)")
    source = tar.extractfile(member)
    assert source is not None  # a regular file has content
    target.parent.mkdir(parents=True, exist_ok=True)
    size = 0
    with source, open(target, "xb") as file:
        while chunk := source.read(_CHUNK):
            size += len(chunk)
            if size > left:
                raise _refused(archive, "more bytes than a model has (a decompression bomb?)")
            file.write(chunk)
    return size


def _refused(archive: Path, found: str) -> ArtifactError:
    remedy = "Name the model.tar.gz that a training job of Glyphline wrote."
    return ArtifactError(
        Problem("artifact.archive", found, "a model's archive of plain files", remedy, str(archive))
    )
