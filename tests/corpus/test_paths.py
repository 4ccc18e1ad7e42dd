"""Files are whole or absent, and no path leaves its folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from upath import UPath

from config.errors import StateError
from corpus.paths import inside, write_whole


def test_a_file_is_replaced_as_a_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "file"
    write_whole(UPath(target), b"old")
    with monkeypatch.context() as patch:
        patch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            write_whole(UPath(target), b"new")
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_signal_right_after_the_rename_stays_what_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = os.replace

    def stopped(source: str, target: Path) -> None:
        replace(source, target)
        raise SystemExit(143)

    monkeypatch.setattr("os.replace", stopped)
    with pytest.raises(SystemExit):
        write_whole(UPath(tmp_path / "file"), b"new")
    assert (tmp_path / "file").read_bytes() == b"new"


def test_only_a_file_is_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name in (".", "pipe"):
        with pytest.raises(StateError, match="exists and is not a file"):
            write_whole(UPath(tmp_path / name), b"data")


@given(st.text(st.sampled_from("ab./\\:\0~ "), max_size=12))
def test_no_name_leaves_the_folder(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    root = tmp_path_factory.getbasetemp()
    path = inside(UPath(root), name)
    assert path is None or Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root))


def test_a_link_that_leads_out_is_no_way_in(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "secret").write_text("x")
    (tmp_path / "root" / "link").symlink_to(tmp_path / "secret")
    (tmp_path / "root" / "here").write_text("x")
    (tmp_path / "root" / "fine").symlink_to(tmp_path / "root" / "here")
    root = UPath(tmp_path / "root")
    assert inside(root, "link") is None
    assert inside(root, "fine") is not None
