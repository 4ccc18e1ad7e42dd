"""Symbolic links and odd paths: nothing outside the dataset's folder is read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from upath import UPath

from config.errors import Problem
from corpus import formats
from corpus.errors import FormatError
from corpus.formats.source import image_finder
from corpus.paths import inside
from corpus.records import Record


def read(name: str, source: Path) -> tuple[list[Record], list[Problem]]:
    items = list(formats.read(name, UPath(source)))
    return [i for i in items if isinstance(i, Record)], [i for i in items if isinstance(i, Problem)]


def linked(tmp_path: Path) -> Path:
    """Make a folder with one image, and links: out, to a folder outside, to the image, to nothing."""
    folder = tmp_path / "data"
    (folder / "real").mkdir(parents=True)
    (tmp_path / "secret.png").write_bytes(b"x")
    (folder / "real" / "a.png").write_bytes(b"x")
    (folder / "out.png").symlink_to(tmp_path / "secret.png")
    (folder / "away").symlink_to(tmp_path)
    (folder / "again.png").symlink_to("real/a.png")
    (folder / "nothing.png").symlink_to("../gone.png")
    return folder


def test_links_that_lead_out_are_not_followed(tmp_path: Path) -> None:
    folder = linked(tmp_path)
    (folder / "train.txt").write_text(
        "".join(
            f"{name}\ta\n"
            for name in ("out.png", "away/secret.png", "again.png", "nothing.png", "real/a.png")
        )
    )
    records, problems = read("paddle-rec", folder)
    assert [record.image_name for record in records] == ["again.png", "real/a.png"]
    assert [(p.rule, p.line) for p in problems] == [("path.outside", n) for n in (1, 2, 4)]


def test_links_in_class_folders_are_named(tmp_path: Path) -> None:
    folder = linked(tmp_path)
    (folder / "real" / "out.png").symlink_to(tmp_path / "secret.png")
    records, problems = read("classes", folder)
    assert [record.image_name for record in records] == ["real/a.png"]
    assert sorted((p.rule, p.severity) for p in problems) == [
        ("format.levels", "error"),  # again.png, a link that stays inside, is no class
        ("path.link", "warning"),
        *[("path.outside", "error")] * 3,
    ]


names = st.text("a./\\:\0", max_size=8) | st.sampled_from(
    ["out.png", "away/secret.png", "away/x/../a", "real/a.png", "./real//a.png", "real\\a.png", "again.png"]
)


@settings(max_examples=300, deadline=None)
@given(names)
def test_the_fast_way_to_an_image_decides_as_the_slow_one(
    tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    folder = tmp_path_factory.getbasetemp() / "links"
    if not folder.exists():
        linked(folder)
    root = UPath(folder / "data")
    find = image_finder(root)
    slow = inside(root, name)
    for found in (find(name), find(name)):  # the second time from what it remembers
        if slow is None or found is None:
            assert found == slow
        else:
            assert os.path.realpath(found) == os.path.realpath(slow)


def test_a_label_file_that_is_a_link_out_is_refused_unless_it_is_given(tmp_path: Path) -> None:
    (tmp_path / "train.txt").write_text("a.png\ta\n")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "train.txt").symlink_to(tmp_path / "train.txt")
    with pytest.raises(FormatError, match="a link that leads out"):
        read("paddle-rec", tmp_path / "data")
    assert [record.text for record in read("paddle-rec", tmp_path / "data" / "train.txt")[0]] == ["a"]
