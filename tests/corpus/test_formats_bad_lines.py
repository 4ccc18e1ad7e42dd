"""Label files as they come: each bad line is named with its file and line, and the others are read."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from upath import UPath

from config.errors import Problem
from corpus import formats
from corpus.errors import FormatError
from corpus.formats.lines import Line, read_lines
from corpus.records import Record

Read = tuple[list[Record], list[Problem]]


def read(name: str, source: Path) -> Read:
    items = list(formats.read(name, UPath(source)))
    return [i for i in items if isinstance(i, Record)], [i for i in items if isinstance(i, Problem)]


def write(tmp_path: Path, file: str, data: bytes) -> Path:
    path = tmp_path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


REC = "rec_gt_train.txt"
DET = "train.txt"
JSONL = "train.jsonl"
MANIFEST = "output.manifest"
A_REGION = b'[{"transcription": "a", "points": [[0, 0], [9, 0], [9, 5], [0, 5]]}]'
A_MESSAGE = (
    b'{"messages": [{"role": "user", "content": "<image>OCR: "}, {"role": "assistant", "content": "a"}],'
    b' "images": ["%s"]}'
)
A_LABEL = b'{"source-ref": "%s", "ocr": {"boxes": ' + A_REGION + b'}, "ocr-metadata": {}}'
A_QUERY = b'{"query": "<image>OCR: ", "response": "a", "images": ["%s"]}'

# format, file, bytes, texts that are read, problems as "rule:line" (a ~ marks a warning)
CASES: dict[str, tuple[str, str, bytes, list[str | None], list[str]]] = {
    "BOM": ("paddle-rec", REC, b"\xef\xbb\xbfa.png\ta\nb.png\tb\n", ["a", "b"], ["~format.bom:1"]),
    "CRLF": ("paddle-rec", REC, b"a.png\ta\nb.png\tb\r\nc.png\tc\r\n", ["a", "b", "c"], ["~format.crlf:2"]),
    "UTF-16": ("paddle-rec", REC, "a.png\ta\n".encode("utf-16"), [], ["format.encoding:1"]),
    "no UTF-8": (
        "paddle-rec",
        REC,
        "a.png\tกา\n".encode("tis-620") + b"b.png\tb\n",
        ["b"],
        ["format.encoding:1"],
    ),
    "spaces for a tab": ("paddle-rec", REC, b"a.png a\nb.png\tb\n", ["b"], ["format.separator:1"]),
    "a comma for a tab": ("paddle-rec", REC, b"b.png\tb\na.png,a\n", ["b"], ["format.separator:2"]),
    "two tabs": ("paddle-rec", REC, b"a.png\ta\tb\nb.png\tb\n", ["b"], ["format.separator:1"]),
    "a blank line": (
        "paddle-rec",
        REC,
        b"a.png\ta\n\n \nb.png\tb",
        ["a", "b"],
        ["~format.blank-line:2", "~format.blank-line:3"],
    ),
    "an empty text": ("paddle-rec", REC, b"a.png\t\nb.png\t \n", ["", " "], []),
    "U+2028 in a text": ("paddle-rec", REC, "a.png\ta\u2028b\x0bc\n".encode(), ["a\u2028b\x0bc"], []),
    "the same label twice": ("paddle-rec", REC, b"a.png\ta\na.png\ta\n", ["a"], ["~format.repeated:2"]),
    "another label": ("paddle-rec", REC, b"a.png\ta\na.png\tb\n", ["a"], ["format.repeated:2"]),
    "a path out": (
        "paddle-rec",
        REC,
        b"../a.png\ta\nx/../../a.png\ta\nb.png\tb\n",
        ["b"],
        ["path.outside:1", "path.outside:2"],
    ),
    "absolute paths": (
        "paddle-rec",
        REC,
        b"/etc/a.png\ta\nC:\\a.png\ta\n/a.png\ta\nfile:///a.png\ta\nb.png\tb\n",
        ["b"],
        [f"path.outside:{n}" for n in (1, 2, 3, 4)],
    ),
    "no path": (
        "paddle-rec",
        REC,
        b"\ta\n.\ta\n./\ta\na\0.png\ta\nb.png\tb\n",
        ["b"],
        [f"path.outside:{n}" for n in (1, 2, 3, 4)],
    ),
    "a truncated region": (
        "paddle-det",
        DET,
        b"a.png\t" + A_REGION[:-9] + b"\nb.png\t" + A_REGION,
        ["a"],
        ["format.json:1"],
    ),
    "no list of regions": ("paddle-det", DET, b"a.png\t{}\nb.png\t" + A_REGION, ["a"], ["format.json:1"]),
    "a page without regions": (
        "paddle-det",
        DET,
        b"a.png\t[]\nb.png\t" + A_REGION,
        [None, "a"],
        [],
    ),
    "bad regions": (
        "paddle-det",
        DET,
        b'a.png\t[{"points": 1}, {"transcription": 1}, {"transcription": "b", "points": [[0, 0], [1, 1]]}, 7,'
        b' {"transcription": "b", "points": [[0, 0], [1e18, 1], [1, 2]]},'
        b' {"transcription": "b", "points": [[0, 0], [1, null], [1, 2]]}, ' + A_REGION[1:],
        ["a"],
        ["format.region:1"] * 6,
    ),
    "not regions but text": ("paddle-det", DET, b"a.png\ta\n", [], ["format.json:1"]),
    "lines of a manifest": (
        "ground-truth",
        MANIFEST,
        b"\n".join(
            [
                A_LABEL % b"a.png",
                b"[]",
                b'{"source-ref": "b.png"',
                b'{"source": "a text", "ocr": {"boxes": []}, "ocr-metadata": {}}',
                b'{"source-ref": "b.png", "ocr-metadata": {"failure-reason": "ClientError: gone"}}',
                b'{"source-ref": "b.png", "ocr": 1, "ocr-metadata": 1}',
                A_LABEL % b"../b.png",
                A_LABEL % b"/etc/b.png",
                A_LABEL % b"file:///etc/b.png",
            ]
        ),
        ["a"],
        [f"format.line:{n}" for n in (2, 3, 4, 5, 6)] + [f"path.outside:{n}" for n in (7, 8, 9)],
    ),
    "boxes of a manifest": (
        "ground-truth",
        MANIFEST,
        (A_LABEL % b"a.png").replace(b'[{"tr', b'[7, {"tr')
        + b"\n"
        + (A_LABEL % b"b.png").replace(A_REGION, b"[]")
        + b"\n"
        + (A_LABEL % b"c.png").replace(A_REGION, b"{}"),
        ["a", None],
        ["format.region:1", "format.json:3"],
    ),
    "SROIE fields": (
        "sroie",
        "box/1.csv",
        b"1,2,3,4,5,6,7,8,a, b\n1,2,3,4\n1,2,3,4,5,6,7,x,a\n",
        ["a, b"],
        ["format.fields:2", "format.fields:3"],
    ),
    "a truncated line of messages": (
        "messages",
        JSONL,
        A_MESSAGE % b"a.png" + b"\n" + (A_MESSAGE % b"b.png")[:-20] + b"\n[]\n",
        ["a"],
        ["format.line:2", "format.line:3"],
    ),
    "conversations of another kind": (
        "messages",
        JSONL,
        b'{"messages": [{"role": "user", "content": "a"}], "images": ["a.png"]}\n'
        + (A_MESSAGE % b"a.png").replace(b'"a"', b"[]")
        + b'\n{"messages": 1}\n'
        + A_MESSAGE.replace(b'"%s"', b"")
        + b"\n"
        + A_MESSAGE.replace(b'"%s"', b"{}"),
        [],
        [f"format.line:{n}" for n in (1, 2, 3, 4, 5)],
    ),
    "messages with a path out": ("messages", JSONL, A_MESSAGE % b"../a.png", [], ["path.outside:1"]),
    "a bad meta": (
        "messages",
        JSONL,
        (A_MESSAGE % b"a.png")[:-1]
        + b', "meta": 1}\n'
        + (A_MESSAGE % b"b.png")[:-1]
        + b', "meta": {"glyphline": {"key": "k", "split": "tset"}}}',
        [],
        ["format.line:1", "format.line:2"],
    ),
    "a query with a history": (
        "swift",
        JSONL,
        (A_QUERY % b"a.png")[:-1] + b', "history": [["q", "a"]]}',
        [],
        ["format.line:1"],
    ),
    "no response": ("swift", JSONL, b'{"query": "q", "images": ["a.png"]}', [], ["format.line:1"]),
    "CSV with CRLF and BOM": (
        "csv",
        "train.csv",
        b"\xef\xbb\xbfimage_file,text\r\na.png,a\r\n",
        ["a"],
        ["~format.bom:1", "~format.crlf:1"],
    ),
    "CSV with line ends in quotes": (
        "csv",
        "train.csv",
        b'image_file,text\na.png,"one\ntwo"\n\nb.png,b,c\nc.png,"c, ""d"""\n',
        ["one\ntwo", 'c, "d"'],
        ["~format.blank-line:4", "format.fields:5"],
    ),
    "CSV with an open quote": (
        "csv",
        "train.csv",
        b'image_file,text\na.png,"5 inch\nb.png,b\n',
        ["b"],
        ["format.quotes:2"],
    ),
    "CSV with a stray quote": (
        "csv",
        "train.csv",
        b'image_file,text\na.png,"5" inch\nb.png,b\n',
        ["b"],
        ["format.quotes:2"],
    ),
    "CSV not in UTF-8": (
        "csv",
        "train.csv",
        b"image_file,text\na.png,\xa1\nb.png,b\n",
        ["b"],
        ["format.encoding:2"],
    ),
    "CSV with a wrong split": (
        "csv",
        "l.csv",
        b"image_file,text,split\na.png,a,tset\nb.png,b,test\nc.png,c,\n",
        ["b", "c"],
        ["format.split:2"],
    ),
    "CSV with a column more": (
        "csv",
        "l.csv",
        b"image_file,text,splt\na.png,a,test\n",
        ["a"],
        ["~format.columns:1"],
    ),
    "CSV with a bad meta": (
        "csv",
        "l.csv",
        b"image_file,text,meta\na.png,a,{\nb.png,b,1\nc.png,c,\n",
        ["c"],
        ["format.meta:2", "format.meta:3"],
    ),
    "writers with doubles": (
        "writers",
        "7/label.json",
        b'{\n "a.png": "a",\n "b.png": 1,\n "a.png": "b",\n "../a.png": "c"\n}',
        ["a"],
        ["format.json:3", "format.repeated:4", "path.outside:5"],
    ),
    "writers cut short": ("writers", "7/label.json", b'{"a.png": "a",\n "b.png"', [], ["format.json:2"]),
    "writers with a surrogate": (
        "writers",
        "7/label.json",
        b'{"a.png": "\\ud800"}',
        [],
        ["format.encoding:1"],
    ),
    "writers as a list": ("writers", "7/label.json", b'["a.png"]', [], ["format.json:None"]),
    "writers nested": ("writers", "7/label.json", b"[" * 100_000, [], ["format.json:None"]),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_lines_are_named_and_the_others_read(tmp_path: Path, case: str) -> None:
    name, file, data, texts, problems = CASES[case]
    path = write(tmp_path, file, data)
    records, found = read(name, tmp_path)
    assert [record.text for record in records] == texts
    assert [f"{'~' * (p.severity == 'warning')}{p.rule}:{p.line}" for p in found] == problems
    assert {p.file for p in found} <= {str(path)}
    assert all(p.found and p.expected and p.remedy for p in found)


@pytest.mark.parametrize(
    ("name", "file", "data", "told"),
    [
        (
            "csv",
            "l.csv",
            b"image_path,text\n",
            r"l\.csv:1: no column 'image_file'.*Did you mean 'image_path'",
        ),
        ("csv", "l.csv", b"image_file,txt\n", r"no column 'text'.*Did you mean 'txt'"),
        ("csv", "l.csv", b"image_file;text\na;b\n", "which has no comma"),
        ("csv", "l.csv", b"image_file,text,text\n", "the column 'text' twice"),
        ("csv", "l.csv", b"", "an empty file"),
        ("csv", "l.csv", "image_file,text".encode("utf-16"), "UTF-16"),
        ("csv", "l.txt", b"image_file,text", r"no file \*\.csv"),
        ("paddle-rec", "dict.txt", b"a\nb\n", "no label file among dict.txt"),
        ("paddle-det", "x.md", b"", r"no file \*\.txt"),
        ("messages", "x.json", b"", r"no file \*\.jsonl"),
        ("sroie", "img/1.jpg", b"", "no box/"),
        ("funsd", "1.json", b"", "no annotations/"),
        ("pid", "1.npy", b"", "no \\*_words.npy"),
        ("writers", "labels.json", b"", "no label.json"),
    ],
)
def test_a_source_without_the_layout_is_refused(
    tmp_path: Path, name: str, file: str, data: bytes, told: str
) -> None:
    write(tmp_path, file, data)
    with pytest.raises(FormatError, match=told):
        read(name, tmp_path)


@pytest.mark.parametrize("name", formats.names())
def test_a_source_that_is_not_there_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(FormatError, match=r"nothing here|no such folder"):
        read(name, tmp_path / "absent")


def test_a_text_file_that_may_hold_labels_is_not_passed_over_in_silence(tmp_path: Path) -> None:
    write(tmp_path, REC, b"a.png\ta\n")
    write(tmp_path, "words.txt", b"b.png\tb\n")
    records, problems = read("paddle-rec", tmp_path)
    assert [record.text for record in records] == ["a"]
    assert [(p.rule, p.severity) for p in problems] == [("format.not-read", "warning")]
    assert [record.text for record in read("paddle-rec", tmp_path / "words.txt")[0]] == ["b"]


def test_an_image_labelled_in_two_files_is_named_with_both_places(tmp_path: Path) -> None:
    write(tmp_path, "test.txt", b"b.png\tb\na.png\ta\n")
    write(tmp_path, "train.txt", b"a.png\ta\n")
    records, problems = read("paddle-rec", tmp_path)
    assert [(record.image_name, record.split) for record in records] == [("b.png", "test"), ("a.png", "test")]
    assert f"first at {tmp_path / 'test.txt'}:2" in str(problems[0])
    assert (problems[0].file, problems[0].line) == (str(tmp_path / "train.txt"), 1)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60) | st.text().map(str.encode))
def test_lines_are_lost_only_with_a_name(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "labels.txt"
    path.write_bytes(data)
    items = list(read_lines(UPath(path)))
    lines = {item.number for item in items if isinstance(item, Line)}
    named = {item.line for item in items if isinstance(item, Problem)}
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        assert [item.rule for item in items if isinstance(item, Problem)] == ["format.encoding"]
    else:
        count = data.removeprefix(b"\xef\xbb\xbf").count(b"\n") + (not data.endswith(b"\n") and len(data) > 0)
        assert lines | named >= set(range(1, count + 1)) - ({1} if data == b"\xef\xbb\xbf" else set())


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(formats.names()))
def test_no_bytes_make_a_reader_fail_in_another_way(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, name: str
) -> None:
    folder = tmp_path_factory.getbasetemp() / "anything"
    files = {
        "funsd": "annotations/1.json",
        "pid": "1/1_words.npy",
        "sroie": "box/1.csv",
        "writers": "1/label.json",
        "classes": "glyphline.jsonl",
        "csv": "labels.csv",
        "ground-truth": MANIFEST,
        "messages": JSONL,
        "swift": JSONL,
    }
    write(folder / name, files.get(name, REC), data)
    with contextlib.suppress(FormatError):
        read(name, folder / name)
