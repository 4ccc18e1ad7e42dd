"""A manifest from outside: each faulty line is named with its number, the rest is still read."""

from __future__ import annotations

from config.errors import Problem
from corpus.manifest import read_tolerantly
from corpus.sample import Sample, encode


def line(number: int) -> bytes:
    return encode(Sample(f"s/{number}", "images/ab/c.png", "ab", 9, 9, "text", "g", "s", "train"))


def faults(data: bytes) -> list[tuple[str, int | None]]:
    return [(p.rule, p.line) for p in read_tolerantly(data, "m.jsonl") if isinstance(p, Problem)]


def test_a_good_manifest_has_no_fault() -> None:
    assert faults(line(1) + line(2)) == []


def test_a_line_cut_in_half() -> None:
    items = list(read_tolerantly(line(1) + line(2)[:40] + b"\n" + line(3), "m.jsonl"))
    assert [isinstance(item, Sample) for item in items] == [True, False, True]
    assert str(items[1]).startswith("m.jsonl:2: not a sample: ")


def test_byte_order_mark_and_windows_line_ends() -> None:
    data = b"\xef\xbb\xbf" + line(1) + line(2).replace(b"\n", b"\r\n")
    assert faults(data) == [("manifest.bom", 1), ("manifest.crlf", 2)]


def test_an_id_twice() -> None:
    items = list(read_tolerantly(line(1) + line(2) + line(1), "m.jsonl"))
    assert "which line 1 has already" in str(items[2])


def test_wrong_keys_and_values() -> None:
    data = b'{"id": "a"}\n\n[1]\n' + line(1).replace(b'"train"', b'"trian"')
    assert faults(data) == [("manifest.line", number) for number in (1, 2, 3, 4)]
    assert "split: Input should be 'train', 'val', 'test' or 'golden'" in str(
        list(read_tolerantly(data, "m.jsonl"))[3]
    )
