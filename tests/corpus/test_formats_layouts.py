"""What becomes of each layout: keys, texts, labels, groups, splits."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import orjson
import pytest
from drawing import png
from layouts import PAGE, box, put, records
from upath import UPath

from config.errors import Problem
from corpus import formats
from corpus.errors import FormatError
from corpus.formats.source import split_of_name
from corpus.ingest import Options, import_records
from corpus.records import Record

DOCS = Path(__file__).parents[2] / "docs" / "formats.md"


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


def test_the_newest_label_of_a_manifest_is_taken(tmp_path: Path) -> None:
    def label(text: str, date: str) -> tuple[Any, Any]:
        boxes = [{"transcription": text, "points": [[0, 0], [30, 0], [30, 9], [0, 9]]}]
        return {"boxes": boxes, "agreement": 0.5}, {"creation-date": date}

    first, first_metadata = label("FV-1O1", "2026-11-01T10:00:00.000000")
    corrected, corrected_metadata = label("FV-101", "2026-11-02T10:00:00.000000")
    line = {
        "source-ref": "s3://raw/sheet 1.png",
        "corrected": corrected,
        "corrected-metadata": corrected_metadata,
        "ocr": first,
        "ocr-metadata": first_metadata,
        "verdict": "1",
        "verdict-metadata": {"creation-date": "2026-11-03T10:00:00.000000"},
    }
    put(tmp_path, {"train.manifest": orjson.dumps(line)})
    (record,) = records("ground-truth", tmp_path)
    assert (record.key, record.text, record.split) == ("s3://raw/sheet 1.png#1", "FV-101", "train")
    assert (str(record.image), record.polygon) == ("s3://raw/sheet 1.png", box(0, 0, 30, 9))
    assert dict(record.meta) == {"agreement": 0.5}


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
    assert {problem.rule for problem in problems} <= {"format.crlf", "format.not-read"}  # a README beside
    assert len({record.label for record in made} - {None}) == labels
