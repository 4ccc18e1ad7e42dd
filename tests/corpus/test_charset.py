"""Charset files: what no label can use is named with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from upath import UPath

from corpus.charset import Charset, derive, read_charset
from corpus.errors import CorpusError


def write(tmp_path: Path, data: bytes) -> UPath:
    path = tmp_path / "charset.txt"
    path.write_bytes(data)
    return UPath(path)


def test_derived_from_texts_one_entry_a_code_point(tmp_path: Path) -> None:
    charset = derive(["กี่ A", "ขี"])
    assert charset.entries == (" ", "A", "ก", "ข", "ี", "่")
    assert read_charset(write(tmp_path, charset.to_bytes())) == (charset, [])


def test_entries_that_can_never_match(tmp_path: Path) -> None:
    charset, problems = read_charset(write(tmp_path, "ก\nกี่\n\nข\nก\n".encode()))
    assert charset.encodable == {"ก", "ข"}
    assert [(p.rule, p.line) for p in problems] == [
        ("charset.several-code-points", 2),
        ("charset.empty-entry", 3),
        ("charset.doubled", 5),
    ]
    assert "U+0E01" in problems[0].found


def test_bom_and_crlf_are_named_and_do_not_become_characters(tmp_path: Path) -> None:
    charset, problems = read_charset(write(tmp_path, b"\xef\xbb\xbfa\r\nb\r\n"))
    assert charset == Charset(("a", "b"))
    assert [p.rule for p in problems] == ["charset.bom", "charset.crlf"]


@pytest.mark.parametrize("data", [b"", b"\n", b"\xff\xfe"])
def test_unusable_files(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(CorpusError, match=r"charset\.txt: "):
        read_charset(write(tmp_path, data))


def test_a_folder_is_refused_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"cannot be read .*expected a readable file\. Name the file"):
        read_charset(UPath(tmp_path))


def test_the_hash_depends_on_the_order() -> None:
    assert Charset(("a", "b")).hash != Charset(("b", "a")).hash
