"""Snapshot → somebody's format → snapshot: the samples are the same, bytes of images included."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from drawing import png
from hypothesis import example, given, settings
from hypothesis import strategies as st
from upath import UPath

from corpus import formats
from corpus.errors import FormatError, ImageError
from corpus.images import put_image
from corpus.ingest import Options, import_records
from corpus.sample import SPLITS, Polygon, Sample
from corpus.snapshot import Snapshot, open_snapshot, write_snapshot
from corpus.splits import SplitPolicy
from corpus.text import normalise

SIZE = (20, 8)

words = st.text(st.characters(codec="utf-8"), max_size=12).map(normalise)
one_line = st.text(st.characters(codec="utf-8", exclude_characters="\t\n\r"), max_size=12).map(normalise)
names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
file_names = st.text("abzกี ._-()'%$", min_size=1, max_size=12).filter(lambda name: not name.startswith("."))
numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | numbers | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=5,
)
metas = st.dictionaries(names.filter(lambda name: name != "glyphline"), json_values, max_size=3)
coordinates = st.floats(-1e6, 1e6) | st.integers(0, 20).map(float)
polygons = st.lists(st.tuples(coordinates, coordinates), min_size=3, max_size=6).map(tuple)
unreadable = metas.map(lambda meta: {**meta, "unreadable": True})


def a_sample(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return a strategy for the fields of a sample that its image does not give."""
    common: dict[str, st.SearchStrategy[Any]] = {
        "key": names,
        "shade": st.integers(0, 3),
        "group": names,
        "split": st.sampled_from(SPLITS),
        "text": words,
        "label": st.none() | names,
        "polygon": st.none(),
        "meta": metas,
    }
    return st.fixed_dictionaries({**common, **fields})


def several(sample: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(sample, min_size=1, max_size=6, unique_by=lambda fields: fields["key"])


def a_snapshot(folder: Path, made: list[dict[str, Any]], source: str = "s") -> Snapshot:
    place = UPath(folder)
    samples = []
    for fields in made:
        image, sha256 = put_image(place, png(fields["shade"], SIZE), "PNG")
        rest = {name: value for name, value in fields.items() if name not in ("key", "shade")}
        at = f"{source}/{fields['key']}"
        samples.append(a_sample_of(id=at, image=image, sha256=sha256, source=source, **rest))
    return write_snapshot(place, samples, [], policy=SplitPolicy(), form="NFC")


def a_sample_of(**fields: Any) -> Sample:
    return Sample(width=SIZE[0], height=SIZE[1], **fields)


def contents(snapshot: Snapshot) -> dict[str, Sample]:
    return {sample.id: sample for sample in snapshot.samples()}


def check_round_trip(name: str, made: list[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        before = a_snapshot(folder / "before", made)
        formats.write(name, before, UPath(folder / "exported"))
        options = Options(source="s", crop_regions=False, workers=1)
        outcome = import_records(
            formats.read(name, UPath(folder / "exported")), UPath(folder / "after"), options
        )
        assert [problem for problem in outcome.problems if problem.rule != "text.empty"] == []
        # an opened snapshot on both sides: tuples of meta become lists in the manifest
        assert contents(outcome.snapshot) == contents(open_snapshot(UPath(folder / "before")))
        for sample in outcome.snapshot.samples():
            assert outcome.snapshot.image_path(sample).read_bytes() == before.image_path(sample).read_bytes()


few = settings(max_examples=30, deadline=None)


BOX: Polygon = ((0.0, 0.0), (9.0, 0.0), (9.0, 5.0), (0.0, 5.0))
A_LINE: dict[str, Any] = {
    "key": "1",
    "shade": 1,
    "group": "g",
    "split": "train",
    "text": "a",
    "label": None,
    "polygon": None,
    "meta": {},
}


TEXTS = ["", " ", "\r", "\n", "\r\n", '"', ",", "a\tb", "\0", "\ufeff", "\u2028", "ขี่", "😀"]
METAS: list[dict[str, Any]] = [{"prompt": prompt} for prompt in ("<image>OCR: ", "<image>Read.", "", 5)]
AWKWARD = [A_LINE | {"key": f"text {n}", "text": text} for n, text in enumerate(TEXTS)]
AWKWARD += [A_LINE | {"key": f"meta {n}", "meta": meta} for n, meta in enumerate(METAS)]


@pytest.mark.parametrize("name", ["csv", "messages", "swift"])
@few
@given(several(a_sample()))
@example(AWKWARD)
def test_any_text(name: str, made: list[dict[str, Any]]) -> None:
    check_round_trip(name, made)


@few
@given(several(a_sample(text=one_line)))
def test_paddle_recognition(made: list[dict[str, Any]]) -> None:
    check_round_trip("paddle-rec", made)


readable = a_sample(polygon=polygons, text=words.filter(lambda text: text != "###"))


region = readable | a_sample(polygon=polygons, text=st.none(), meta=unreadable)
page = a_sample(text=st.none(), label=st.none())


@few
@given(several(region | page))
@example([A_LINE | {"key": key, "text": None, "meta": {"n": key}} for key in "ab"])  # the same bytes twice
def test_paddle_detection(made: list[dict[str, Any]]) -> None:
    check_round_trip("paddle-det", made)


def test_a_page_without_regions_is_an_empty_list(tmp_path: Path) -> None:
    made = [A_LINE | {"text": None}, A_LINE | {"key": "2", "shade": 2, "polygon": BOX}]
    formats.write("paddle-det", a_snapshot(tmp_path / "snapshot", made), UPath(tmp_path / "out"))
    first, second = (tmp_path / "out" / "train.txt").read_text().splitlines()
    assert first == "train/0000001.png\t[]"
    assert second.startswith('train/0000002.png\t[{"transcription":"a"')


labels = st.tuples(file_names, file_names).map("/".join) | file_names


@few
@given(several(a_sample(text=st.none(), label=labels)))
def test_class_folders(made: list[dict[str, Any]]) -> None:
    check_round_trip("classes", made)


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        ("paddle-rec", {"text": "a\tb"}, "a tab or a line end"),
        ("paddle-rec", {"text": "a\r"}, "a tab or a line end"),
        ("paddle-rec", {"text": None, "label": "x"}, "no text"),
        ("paddle-rec", {"polygon": BOX}, "a polygon"),
        ("paddle-det", {}, "no polygon"),
        ("paddle-det", {"text": None, "label": "x"}, "no polygon"),
        ("csv", {"table": {"x": 1}}, "an event record"),
        ("paddle-det", {"polygon": BOX, "text": "###"}, "marks the unreadable"),
        ("paddle-det", {"polygon": BOX, "text": None, "label": "x"}, "no text"),
        ("csv", {"text": None}, "no text"),
        ("csv", {"polygon": BOX}, "a polygon"),
        ("swift", {"text": None}, "no text"),
        ("messages", {"polygon": BOX}, "a polygon"),
        ("messages", {"meta": {"glyphline": 1}}, "reserved"),
        ("classes", {"label": "a/b"}, "text"),
        ("classes", {"text": None}, "no label"),
        ("classes", {"text": None, "label": "a/b", "polygon": BOX}, "polygon"),
        ("classes", {"text": None, "label": "a/b/c"}, "no group/class"),
        ("classes", {"text": None, "label": "../a"}, "no group/class"),
        ("classes", {"text": None, "label": "a/" + "x" * 300}, "no group/class"),
        ("sroie", {}, "only read; expected one of classes, csv"),
    ],
)
def test_what_a_format_cannot_hold_is_refused_before_a_byte_is_written(
    tmp_path: Path, name: str, change: dict[str, Any], told: str
) -> None:
    fields = A_LINE | change
    snapshot = a_snapshot(tmp_path / "snapshot", [fields, fields | {"key": "2"}])
    with pytest.raises(FormatError, match=told) as raised:
        formats.write(name, snapshot, UPath(tmp_path / "out"))
    if name != "sroie":
        assert "'s/1'" in str(raised.value)
        assert "1 more of 2" in str(raised.value)
    assert [path.name for path in tmp_path.iterdir()] == ["snapshot"]


def test_an_export_is_whole_or_absent(tmp_path: Path) -> None:
    snapshot = a_snapshot(tmp_path / "snapshot", [A_LINE, A_LINE | {"key": "2", "shade": 2}])
    last = [snapshot.image_path(sample) for sample in snapshot.samples()][-1]
    last.write_bytes(b"changed")
    with pytest.raises(ImageError, match="bytes have changed"):
        formats.write("csv", snapshot, UPath(tmp_path / "out"))
    last.unlink()
    with pytest.raises(ImageError, match="no image of the sample 's/2'"):
        formats.write("csv", snapshot, UPath(tmp_path / "out"))
    assert [path.name for path in tmp_path.iterdir()] == ["snapshot"]


def test_a_snapshot_of_several_sources_keeps_its_whole_ids_as_keys(tmp_path: Path) -> None:
    place = UPath(tmp_path / "snapshot")
    image, sha256 = put_image(place, png(1, SIZE), "PNG")
    samples = [
        a_sample_of(
            id=f"{source}/1",
            image=image,
            sha256=sha256,
            text=source,
            group=source,
            source=source,
            split="val",
        )
        for source in ("a", "b")
    ]
    snapshot = write_snapshot(place, samples, [], policy=SplitPolicy(), form="NFC")
    formats.write("paddle-rec", snapshot, UPath(tmp_path / "out"))
    records = list(formats.read("paddle-rec", UPath(tmp_path / "out")))
    assert [(r.key, r.group, r.split) for r in records if not isinstance(r, formats.Problem)] == [
        ("a/1", "a", "val"),
        ("b/1", "b", "val"),
    ]


def test_splits_are_files_as_paddleocr_names_them(tmp_path: Path) -> None:
    made = [A_LINE | {"key": str(n), "split": split} for n, split in enumerate(SPLITS)]
    formats.write("paddle-rec", a_snapshot(tmp_path / "snapshot", made), UPath(tmp_path / "out"))
    files = sorted(path.name for path in (tmp_path / "out").glob("*.txt"))
    assert files == ["rec_gt_golden.txt", "rec_gt_test.txt", "rec_gt_train.txt", "rec_gt_val.txt"]
    assert (tmp_path / "out" / "rec_gt_val.txt").read_text() == "val/0000001.png\ta\n"
    assert (tmp_path / "out" / "val" / "0000001.png").read_bytes() == png(1, SIZE)
