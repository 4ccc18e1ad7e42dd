"""Archives that mean harm, made for real."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from containers.common import unpack as module
from containers.common.errors import ArtifactError
from containers.common.unpack import unpack


def _member(tar: tarfile.TarFile, name: str, data: bytes = b"x", **attributes: object) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for key, value in attributes.items():
        setattr(info, key, value)
    tar.addfile(info, io.BytesIO(data))


def _archive(path: Path, fill: Callable[[tarfile.TarFile], None]) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        fill(tar)
    return path


def test_files_and_folders_come_out(tmp_path: Path) -> None:
    def fill(tar: tarfile.TarFile) -> None:
        _member(tar, "./artifact.json", b"{}")
        _member(tar, "deep/er/file", b"content")

    unpack(_archive(tmp_path / "a.tar.gz", fill), tmp_path / "out")
    assert (tmp_path / "out/artifact.json").read_bytes() == b"{}"
    assert (tmp_path / "out/deep/er/file").read_bytes() == b"content"


HARMFUL = {
    "climbs": lambda tar: _member(tar, "a/../../outside"),
    "absolute": lambda tar: _member(tar, "/tmp/outside"),
    "symlink": lambda tar: _member(tar, "link", b"", type=tarfile.SYMTYPE, linkname="/etc/passwd"),
    "hardlink": lambda tar: _member(tar, "link", b"", type=tarfile.LNKTYPE, linkname="artifact.json"),
    "device": lambda tar: _member(tar, "null", b"", type=tarfile.CHRTYPE),
    "twice": lambda tar: [_member(tar, "same"), _member(tar, "same")],
    "below a file": lambda tar: [_member(tar, "file"), _member(tar, "file/below")],
    "itself": lambda tar: _member(tar, "."),
    "long name": lambda tar: _member(tar, "n" * 5000),
    "name too long for a disk": lambda tar: _member(tar, "n" * 300),
    "bomb": lambda tar: _member(tar, "zeros", bytes(4_000_000)),
}


@pytest.mark.parametrize("name", HARMFUL)
def test_harm_is_refused_and_nothing_stays(tmp_path: Path, name: str) -> None:
    path = _archive(tmp_path / "a.tar.gz", HARMFUL[name])
    with pytest.raises(ArtifactError, match="archive"):
        unpack(path, tmp_path / "out", max_bytes=1_000_000)
    assert [one.name for one in tmp_path.iterdir()] == ["a.tar.gz"]


def test_a_truncated_archive_is_refused(tmp_path: Path) -> None:
    path = _archive(tmp_path / "a.tar.gz", lambda tar: _member(tar, "file", bytes(range(256)) * 4000))
    path.write_bytes(path.read_bytes()[:-700])
    with pytest.raises(ArtifactError, match="not a whole tar"):
        unpack(path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_too_many_members_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_MEMBERS", 3)
    path = _archive(tmp_path / "a.tar.gz", lambda tar: [_member(tar, str(n)) for n in range(4)] and None)
    with pytest.raises(ArtifactError, match="more than 3 members"):
        unpack(path, tmp_path / "out")
