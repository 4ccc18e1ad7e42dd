"""A manifest from outside: each faulty line is named with its number, the rest is still read."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from config.errors import Problem
from corpus.manifest import read_tolerantly
from corpus.sample import Sample, decode, encode

IMAGE: dict[str, Any] = {"image": "images/ab/c.png", "sha256": "ab", "width": 9, "height": 9}
PLACE: dict[str, Any] = {"group": "g", "source": "s", "split": "train"}


def line(number: int) -> bytes:
    return encode(Sample(id=f"s/{number}", **IMAGE, text="text", **PLACE))


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


def test_the_bytes_of_a_line_image_are_what_they_always_were() -> None:
    assert line(1) == (
        b'{"id":"s/1","image":"images/ab/c.png","sha256":"ab","width":9,"height":9,"text":"text",'
        b'"group":"g","source":"s","split":"train","meta":{}}\n'
    )
    labelled = Sample(id="1", **IMAGE, label="valve", **PLACE)
    assert b'"text":null,"label":"valve","group"' in encode(labelled)


def test_an_event_needs_no_image() -> None:
    event = Sample(id="e", table={"clicks": 3, "keys": ["a"]}, label="bot", **PLACE)
    assert encode(event) == (
        b'{"id":"e","label":"bot","table":{"clicks":3,"keys":["a"]},'
        b'"group":"g","source":"s","split":"train","meta":{}}\n'
    )
    assert decode(encode(event)) == event
    both = Sample(id="b", **IMAGE, table={}, **PLACE)
    assert decode(encode(both)) == both
    assert not both.is_page
    assert Sample(id="p", **IMAGE, **PLACE).is_page


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({}, "neither an 'image' nor a 'table'; a sample has one of them, or both"),
        ({"text": "a"}, "neither an 'image' nor a 'table'"),
        ({"image": "a.png", "width": 9}, "an image without sha256 and height"),
        ({"table": {}, "sha256": "ab"}, "without the image's path"),
        ({"table": {}, "polygon": ((0.0, 0.0),)}, "without the image's path"),
    ],
)
def test_half_a_sample_is_refused_in_a_sentence(content: dict[str, Any], told: str) -> None:
    data = orjson.dumps({"id": "a", **PLACE, **content})
    (problem,) = read_tolerantly(data, "m.jsonl")
    assert isinstance(problem, Problem)
    assert problem.line == 1
    assert told in problem.found
