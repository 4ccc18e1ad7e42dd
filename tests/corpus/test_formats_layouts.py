"""What becomes of each layout: keys, texts, labels, groups, splits, and arrays that nobody should open."""

from __future__ import annotations

import io
import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from drawing import png
from hypothesis import given, settings
from hypothesis import strategies as st
from upath import UPath

from config.errors import Problem
from corpus import formats
from corpus.errors import FormatError
from corpus.formats.npy import read_rows
from corpus.formats.source import split_of_name
from corpus.ingest import Options, import_records
from corpus.records import Record

DOCS = Path(__file__).parents[2] / "docs" / "formats.md"
PAGE = (60, 40)


def put(tmp_path: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return tmp_path


def records(name: str, source: Path, **options: bool) -> list[Record]:
    items = list(formats.read(name, UPath(source), **options))
    assert [item for item in items if isinstance(item, Problem)] == []
    return [item for item in items if isinstance(item, Record)]


def box(x1: float, y1: float, x2: float, y2: float) -> tuple[tuple[float, float], ...]:
    return (x1, y1), (x2, y1), (x2, y2), (x1, y2)


def test_every_format_is_documented() -> None:
    sections = re.findall(r"^## (.+)$", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    assert sections == formats.names()
    for name in formats.names():
        one = formats.get(name)
        section = DOCS.read_text(encoding="utf-8").split(f"\n## {name}\n")[1].split("\n## ")[0]
        assert one.name == name
        assert one.summary
        assert one.layout
        assert ("Export:" in section or "as for `messages`" in section) == (one.write is not None)


def test_an_unknown_format_is_refused_with_the_nearest() -> None:
    with pytest.raises(FormatError, match="Did you mean 'paddle-rec'"):
        formats.get("paddlerec")
    with pytest.raises(FormatError, match="only class folders"):
        formats.get("csv", normalise_names=True)


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("rec_gt_train", "train"),
        ("train_icdar2015_label", "train"),
        ("testing_data", "test"),
        ("Valid01", "val"),
        ("golden", "golden"),
        ("train_test", None),
        ("contest", None),
        ("Label", None),
    ],
)
def test_the_split_that_a_name_tells(name: str, split: str | None) -> None:
    assert split_of_name(name) == split


def test_paddle_recognition(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            "rec_gt_train.txt": 'train/a.png\tกา A\n["train/b.png", "train/c.png"]\tb\n[x.png\tx\n',
            "rec_gt_val.txt": "val/a.png\ta",
            "Label.txt": "d.png\td",
        },
    )
    assert [(r.key, r.text, r.group, r.split, r.line) for r in records("paddle-rec", tmp_path)] == [
        ("d.png", "d", None, None, 1),
        ("train/a.png", "กา A", None, "train", 1),
        ("train/b.png", "b", "train/b.png", "train", 2),
        ("train/c.png", "b", "train/b.png", "train", 2),
        ("[x.png", "x", None, "train", 3),
        ("val/a.png", "a", None, "val", 1),
    ]


def test_paddle_detection_and_what_nobody_could_read(tmp_path: Path) -> None:
    line = (
        'p.png\t[{"transcription": "a", "points": [[0, 0], [30, 0], [30, 9], [0, 9]], "difficult": false},'
        ' {"transcription": "###", "points": [[0, 20], [30, 20], [30, 29], [0, 29]]}]'
    )
    put(tmp_path / "in", {"train_icdar2015_label.txt": line, "p.png": png(1, PAGE)})
    first, second = records("paddle-det", tmp_path / "in")
    assert (first.key, first.text, first.split) == ("p.png#1", "a", "train")
    assert (first.polygon, dict(first.meta)) == (box(0, 0, 30, 9), {"difficult": False})
    assert (second.text, dict(second.meta)) == (None, {"unreadable": True})

    def imported(out: str, *, crop_regions: bool) -> Any:
        items = formats.read("paddle-det", UPath(tmp_path / "in"))
        return import_records(
            items, UPath(tmp_path / out), Options("s", crop_regions=crop_regions, workers=1)
        )

    cut = imported("cut", crop_regions=True)
    assert [(s.text, s.width, s.height) for s in cut.snapshot.samples()] == [("a", 30, 9)]
    assert [(p.rule, p.severity, p.line) for p in cut.problems] == [("region.not-cut", "warning", 1)]
    kept = imported("kept", crop_regions=False)
    assert [s.text for s in kept.snapshot.samples()] == ["a", None]
    assert kept.problems == ()


def test_sroie(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            "box/000.csv": "1,2,30,2,30,9,1,9,A, B & C\n1,12,30,12,30,19,1,19,9.00\n",
            "box/001.txt": "1,2,30,2,30,9,1,9,D",
            "img/000.jpg": "",
            "img/001.png": "",
            "key/000.json": '{"total": "9.00"}',
        },
    )
    assert [(r.key, r.image_name, r.text, r.line, dict(r.meta)) for r in records("sroie", tmp_path)] == [
        ("000#1", "img/000.jpg", "A, B & C", 1, {"entities": {"total": "9.00"}}),
        ("000#2", "img/000.jpg", "9.00", 2, {"entities": {"total": "9.00"}}),
        ("001#1", "img/001.png", "D", 1, {}),
    ]
    assert records("sroie", tmp_path)[0].polygon == box(1, 2, 30, 9)


def test_a_receipt_without_image_or_labels_is_named(tmp_path: Path) -> None:
    put(
        tmp_path,
        {"box/0.csv": "1,2,30,2,30,9,1,9,A", "box/1.csv": "1,2,30,2,30,9,1,9,A", "img/1.jpg": png(1, PAGE)},
    )
    put(tmp_path, {"img/2.jpg": "", "key/1.json": "{"})
    items = formats.read("sroie", UPath(tmp_path))
    outcome = import_records(items, UPath(tmp_path / "out"), Options("s", workers=1))
    assert [(p.rule, (p.file or "").removeprefix(str(tmp_path)), p.line) for p in outcome.problems] == [
        ("format.no-labels", "", None),
        ("image.missing", "/box/0.csv", 1),
        ("format.json", "/key/1.json", 1),
        ("image.wrong-extension", "/box/1.csv", 1),
    ]
    assert outcome.added == 1


def test_funsd_entities_become_lines(tmp_path: Path) -> None:
    words = [
        ("Fax", [5, 5, 20, 15]),
        ("No.", [22, 6, 30, 16]),
        ("", [0, 0, 0, 0]),
        ("below", [5, 14, 25, 16]),
    ]
    entity = {
        "id": 7,
        "label": "question",
        "text": "Fax No. below",
        "box": [5, 5, 30, 30],
        "linking": [[7, 8]],
        "words": [{"text": text, "box": corners} for text, corners in words],
    }
    put(
        tmp_path,
        {
            "training_data/annotations/0.json": orjson.dumps({"form": [entity]}),
            "testing_data/annotations/1.json": orjson.dumps({"form": [entity]}),
        },
    )
    made = records("funsd", tmp_path)
    assert [(r.key, r.image_name, r.text, r.split) for r in made] == [
        ("testing_data/1#7.1", "testing_data/images/1.png", "Fax No.", "test"),
        ("testing_data/1#7.2", "testing_data/images/1.png", "below", "test"),
        ("training_data/0#7.1", "training_data/images/0.png", "Fax No.", "train"),
        ("training_data/0#7.2", "training_data/images/0.png", "below", "train"),
    ]
    assert made[0].polygon == box(5, 5, 30, 16)
    assert made[0].label == "question"
    assert (made[0].meta["entity"], made[0].meta["linking"]) == (7, [[7, 8]])
    assert made[1].meta["words"] == [{"text": "below", "box": [5, 14, 25, 16]}]


def test_funsd_entities_that_cannot_be_used(tmp_path: Path) -> None:
    entities = (
        b'7, {"words": []}, {"id": 1, "label": "a", "words": [7]}, {"id": 1, "label": "other", "words": []}'
    )
    good = b'{"id": 2, "label": "a", "words": [{"text": "a", "box": [1, 2, 3, 4]}]}'
    put(
        tmp_path,
        {"annotations/0.json": b'{"form": [%s, %s]}' % (entities, good), "annotations/1.json": b"[]"},
    )
    items = list(formats.read("funsd", UPath(tmp_path)))
    assert [item.rule if isinstance(item, Problem) else item.text for item in items] == [
        *["format.entity"] * 4,
        "a",
        "format.json",
    ]
    assert "entity 4: no text in the other 1" in str(items[3])


def objects(rows: list[Any]) -> bytes:
    """Return rows as the ``.npy`` bytes of an array of objects, one column for each value."""
    array = np.empty((len(rows), len(rows[0]) if rows else 0), dtype=object)
    for i, row in enumerate(rows):
        for j, value in enumerate(row):
            array[i, j] = value
    return npy(array)


def npy(array: Any, **options: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, **options)
    return buffer.getvalue()


def sheet(tmp_path: Path) -> Path:
    words = [
        ["word_1", [40, 5, 10, 15], "PT-101A", 0],
        ["word_2", np.array([1, 2, 30, 9]), '6"-CWS', np.int64(90)],
    ]
    symbols = [["symbol_1", [5, 5, 15, 15], "7"], ["symbol_2", (20, 5, 30, 15), np.int32(31)]]
    lines = [["line_1", [0, 5, 50, 5], '6"-CWS-1203', "solid"]]
    return put(
        tmp_path,
        {
            "0/0_words.npy": objects(words),
            "0/0_symbols.npy": objects(symbols),
            "0/0_lines.npy": objects(lines),
            "0/0_linker.npy": objects([["symbol_1", ["word_1", "line_1"]]]),
            "0/0_Table.npy": objects([["x"]]),
            "image_2/0.jpg": png(1, PAGE),
        },
    )


def test_drawings(tmp_path: Path) -> None:
    made = records("pid", sheet(tmp_path))
    assert [(r.key, r.text, r.label) for r in made] == [
        ("0/0#word_1", "PT-101A", None),
        ("0/0#word_2", '6"-CWS', None),
        ("0/0#symbol_1", None, "symbol/7"),
        ("0/0#symbol_2", None, "symbol/31"),
        ("0/0#line_1", None, "line/solid"),
    ]
    assert {r.image_name for r in made} == {"image_2/0.jpg"}
    assert [r.polygon for r in made] == [
        box(10, 5, 40, 15),
        box(1, 2, 30, 9),
        box(5, 5, 15, 15),
        box(20, 5, 30, 15),
        ((0.0, 5.0), (50.0, 5.0)),
    ]
    assert [dict(r.meta) for r in made[1:3]] == [
        {"id": "word_2", "kind": "word", "rotation": 90},
        {"id": "symbol_1", "kind": "symbol", "links": ["word_1", "line_1"]},
    ]
    assert made[4].meta["pipe"] == '6"-CWS-1203'


def test_the_lines_of_a_drawing_are_not_cut_out_but_kept_as_regions(tmp_path: Path) -> None:
    source = UPath(sheet(tmp_path / "in"))
    cut = import_records(formats.read("pid", source), UPath(tmp_path / "cut"), Options("s", workers=1))
    assert cut.added == 4
    assert [p.rule for p in cut.problems] == ["image.wrong-extension", "region.not-cut"]
    options = Options("s", crop_regions=False, workers=1)
    kept = import_records(formats.read("pid", source), UPath(tmp_path / "kept"), options)
    assert kept.added == 5


def test_bad_rows_of_a_drawing_are_named_and_the_others_read(tmp_path: Path) -> None:
    rows = [
        ["w1", [1, 2, 3], "a"],
        ["w2", [1, 2, 3, 4], 7],
        ["w3", [1, 2, 3, "x"], "a"],
        [{}, [1, 2, 3, 4], "a"],
    ]
    rows += [["w4", [1, 2, 3, 4], "\ud800"], ["w5", [1, 2, 3, 4], "a"]]
    put(tmp_path, {"0/0_words.npy": objects(rows), "a/0.png": b"", "b/1.png": b"", "c/1.png": b""})
    put(tmp_path, {"1/1_words.npy": objects(rows[-1:]), "2/2_symbols.npy": b"x"})
    items = list(formats.read("pid", UPath(tmp_path)))
    assert [(i.rule, i.line) if isinstance(i, Problem) else i.key for i in items] == [
        *[("format.row", n) for n in (1, 2, 3, 4)],
        ("format.encoding", 5),
        "0/0#w5",
        ("format.ambiguous", None),
        ("format.npy", None),
    ]


class Bomb:
    """Unpickled by anybody else, it makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
def test_an_array_that_would_run_code_is_refused_unrun(tmp_path: Path, protocol: int) -> None:
    bomb = Bomb(tmp_path / "ran")
    array = np.array([["w", bomb, "a"]], dtype=object)
    header = npy(np.empty(0, dtype=object)).split(b"\n")[0] + b"\n"
    put(tmp_path, {"0/0_words.npy": header + pickle.dumps(array, protocol=protocol), "0.png": b""})
    (problem,) = formats.read("pid", UPath(tmp_path))
    assert isinstance(problem, Problem)
    assert (problem.rule, problem.severity) == ("format.unsafe", "error")
    assert problem.file == str(tmp_path / "0/0_words.npy")
    assert not bomb.path.exists()


def test_arrays_of_plain_types_are_read(tmp_path: Path) -> None:
    for array in (np.arange(6).reshape(2, 3), np.asfortranarray([[1.5, 2], [3, 4]]), np.array([["a", "ขี"]])):
        path = UPath(put(tmp_path, {"a.npy": npy(array)}) / "a.npy")
        assert read_rows(path) == array.tolist()


VALID = [
    objects([["w", [1, 2, 3, 4], "a", 0], ["v", np.array([1, 2, 3, 4]), "b", np.float32(1)]]),
    npy(np.arange(8).reshape(2, 4)),
]


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(VALID),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=6),
    st.integers(1, 400),
)
def test_broken_arrays_are_problems(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, changes: list[tuple[int, int]], length: int
) -> None:
    broken = bytearray(data)
    for at, value in changes:
        broken[at % len(broken)] = value
    folder = put(
        tmp_path_factory.getbasetemp() / "npy", {"0/0_words.npy": bytes(broken[:length]), "0.png": b""}
    )
    for item in formats.read("pid", UPath(folder)):
        assert item.file


def test_writers(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            "train_data/17/label.json": '{\n "1.png": "Đường",\n "2.png": "phố"\n}',
            "test_data/251/label.json": '{"1.png": "x"}',
        },
    )
    assert [(r.key, r.text, r.group, r.split, r.line) for r in records("writers", tmp_path)] == [
        ("test_data/251/1.png", "x", "test_data/251", "test", 1),
        ("train_data/17/1.png", "Đường", "train_data/17", "train", 2),
        ("train_data/17/2.png", "phố", "train_data/17", "train", 3),
    ]


def test_prompts_and_other_keys_are_kept_in_meta(tmp_path: Path) -> None:
    query = b'{"query": "<image>Read.", "response": "a", "images": ["a.png"], "id": 7, "meta": {"x": 1}}'
    message = query.replace(
        b'"query": "<image>Read.", "response": "a"',
        b'"messages": [{"role": "user", "content": "<image>Read."}, {"role": "assistant", "content": "a"}]',
    )
    put(tmp_path, {"swift/data.jsonl": query, "messages/data.jsonl": message})
    for name in ("swift", "messages"):
        (record,) = records(name, tmp_path / name)
        assert (record.text, record.split) == ("a", None)
        assert dict(record.meta) == {"prompt": "<image>Read.", "id": 7, "x": 1}


def test_csv(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            "labels.csv": "image_file,text,split,group,label,meta\n"
            'a.png,a,golden,g,l,"{""x"": 1}"\nb.png,b,,,,\n'
        },
    )
    assert [(r.key, r.text, r.split, r.group, r.label, dict(r.meta)) for r in records("csv", tmp_path)] == [
        ("a.png", "a", "golden", "g", "l", {"x": 1}),
        ("b.png", "b", None, None, None, {}),
    ]


def test_class_folders_of_both_kinds(tmp_path: Path) -> None:
    put(tmp_path, {"digit/0/foto (2).PNG": b"", "digit/0/0001.png": b"", "valves/gate.png": b""})
    assert [(r.key, r.label, r.text) for r in records("classes", tmp_path)] == [
        ("digit/0/0001.png", "digit/0", None),
        ("digit/0/foto (2).PNG", "digit/0", None),
        ("valves/gate.png", "valves/gate", None),
    ]
    assert [
        (r.key, r.image_name, dict(r.meta)) for r in records("classes", tmp_path, normalise_names=True)
    ] == [
        ("digit/0/0_1.png", "digit/0/0001.png", {"original_name": "0001.png"}),
        ("digit/0/0_2.png", "digit/0/foto (2).PNG", {"original_name": "foto (2).PNG"}),
        ("valves/gate/gate_1.png", "valves/gate.png", {"original_name": "gate.png"}),
    ]


def test_what_is_no_image_in_a_class_folder_is_named(tmp_path: Path) -> None:
    put(tmp_path, {"a.png": b"", "g/c/d/a.png": b"", "g/readme.md": b"", "g/.DS_Store": b"", "g/c.png": b""})
    (tmp_path / "g" / "c").joinpath("ก".encode("tis-620").decode(errors="surrogateescape")).write_bytes(b"")
    items = list(formats.read("classes", UPath(tmp_path)))
    assert [item.rule if isinstance(item, Problem) else item.key for item in items] == [
        "format.file-name",
        "format.levels",
        "g/c.png",
        "format.levels",
        "format.not-read",
    ]


@pytest.mark.parametrize(
    ("name", "folder", "count", "labels"),
    [
        ("sroie", "sroie", 7459, 0),
        ("classes", "pid-symbols", 365, 365),
        ("classes", "thai-digits", 2400, 10),
    ],
)
def test_the_real_data(shared_data: Path, name: str, folder: str, count: int, labels: int) -> None:
    items = list(formats.read(name, UPath(shared_data / folder)))
    made = [item for item in items if isinstance(item, Record)]
    problems = [item for item in items if isinstance(item, Problem)]
    assert len(made) + sum(problem.severity == "error" for problem in problems) == count
    assert {problem.rule for problem in problems} <= {"format.crlf"}
    assert len({record.label for record in made} - {None}) == labels
