"""A part of a snapshot as a snapshot of its own: real files, linked and copied."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from pathlib import Path

import pytest
from drawing import png
from upath import UPath

from corpus.errors import ImageError
from corpus.images import put_image
from corpus.sample import Sample
from corpus.snapshot import Snapshot, open_snapshot, write_snapshot
from corpus.splits import SplitPolicy
from corpus.subset import write_subset


def _snapshot(folder: Path) -> Snapshot:
    folder.mkdir()
    samples = []
    for n in range(6):
        path, sha256 = put_image(UPath(folder), png(n * 9, (16, 8)), "PNG")
        samples.append(
            Sample(
                id=f"s/{n}",
                image=path,
                sha256=sha256,
                width=16,
                height=8,
                text="abcdef"[n],
                group=f"g{n}",
                source="s",
                split="train",
            )
        )
    return write_snapshot(UPath(folder), samples, (), policy=SplitPolicy(salt="x"), form="NFD")


def _no_links(_source: str, _target: Path) -> None:
    raise OSError(errno.EXDEV, "another device")


@pytest.mark.parametrize("links", [2, 1], ids=["linked", "copied"])
def test_a_subset_is_a_snapshot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: int) -> None:
    whole = _snapshot(tmp_path / "whole")
    if links == 1:
        monkeypatch.setattr(os, "link", _no_links)
    chosen = [replace(one, meta={"age": "new"}) for one in list(whole.samples())[1:4]]
    (tmp_path / "part").mkdir()
    write_subset(whole, chosen, UPath(tmp_path / "part"))
    part = open_snapshot(str(tmp_path / "part"))
    assert list(part.samples()) == chosen
    assert "".join(part.charset.entries) == "bcd"
    assert (part.description.splits.salt, part.description.unicode_form) == ("x", "NFD")
    for one in chosen:
        assert part.image_path(one).read_bytes() == whole.image_path(one).read_bytes()
        assert (tmp_path / "whole" / one.image).stat().st_nlink == links


def test_an_image_that_is_gone_or_outside_is_named(tmp_path: Path) -> None:
    whole = _snapshot(tmp_path / "whole")
    first, second, *_ = whole.samples()
    (tmp_path / "whole" / first.image).unlink()
    with pytest.raises(ImageError, match=f"no file {first.image}"):
        write_subset(whole, [first], UPath(tmp_path / "part"))
    climbing = replace(second, image="../secret.png")
    (tmp_path / "secret.png").write_bytes(b"")
    with pytest.raises(ImageError, match=r"'\.\./secret\.png'; expected one inside"):
        write_subset(whole, [climbing], UPath(tmp_path / "part"))
    assert not (tmp_path / "part/snapshot.json").exists()


def test_what_has_no_image_is_in_a_subset_too(tmp_path: Path) -> None:
    event = Sample(id="e", table={"x": 1}, group="g", source="s", split="test")
    about = _snapshot(tmp_path / "whole")
    write_subset(about, [event], UPath(tmp_path / "part"))
    part = open_snapshot(str(tmp_path / "part"))
    assert list(part.samples()) == [event]
    assert (part.description.images, part.description.charset) == (0, ())
    with pytest.raises(ImageError, match="the sample 'e' without an image"):
        part.image_path(event)
