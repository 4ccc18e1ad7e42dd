"""Snapshots: immutable, hashed, grown in O(new), whole or absent."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pytest
from drawing import png, records
from hypothesis import given
from hypothesis import strategies as st
from upath import UPath

from config.errors import StateError
from corpus import ingest
from corpus.cutting import cut_regions
from corpus.errors import CorpusError, ManifestError
from corpus.ingest import Options, Outcome, add_records, add_snapshot, import_records
from corpus.records import Record
from corpus.sample import SPLITS, Sample, decode, encode
from corpus.snapshot import Snapshot, open_snapshot, read_problems
from corpus.splits import SplitPolicy, split_of

OPTIONS = Options("lines", workers=1)
HALF_GOLDEN = Options("lines", SplitPolicy(golden=0.5), workers=1)


def make(tmp_path: Path, texts: list[str], options: Options = OPTIONS) -> Snapshot:
    return import_records(records(tmp_path / "in", texts), UPath(tmp_path / "snap"), options).snapshot


def grow(parent: Snapshot, tmp_path: Path, texts: list[str], start: int) -> Outcome:
    return add_records(parent, records(tmp_path / "in", texts, start=start), OPTIONS)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
points = st.tuples(st.floats(allow_nan=False, allow_infinity=False), st.integers(-9, 9).map(float))


@given(
    st.builds(
        Sample,
        id=texts,
        image=texts,
        sha256=texts,
        width=st.integers(1, 10**6),
        height=st.integers(1, 10**6),
        text=st.none() | texts,
        group=texts,
        source=texts,
        split=st.sampled_from(SPLITS),
        polygon=st.none() | st.lists(points, min_size=3, max_size=5).map(tuple),
        label=st.none() | texts,
        meta=st.dictionaries(texts, st.none() | st.booleans() | st.integers(-5, 5) | texts | st.lists(texts)),
    )
)
def test_a_sample_survives_its_manifest_line(sample: Sample) -> None:
    line = encode(sample)
    assert line.count(b"\n") == 1
    assert decode(line) == sample


def test_the_hash_is_what_sha256sum_prints(tmp_path: Path) -> None:
    snapshot = make(tmp_path, ["A1", "B2"])
    manifest = (tmp_path / "snap" / "manifest.jsonl").read_bytes()
    assert snapshot.description.hash == hashlib.sha256(manifest).hexdigest()
    assert snapshot.description.charset == ("1", "2", "A", "B")
    for sample in snapshot.samples():
        data = snapshot.image_path(sample).read_bytes()
        assert sample.sha256 == hashlib.sha256(data).hexdigest()


def test_the_same_data_gives_the_same_bytes(tmp_path: Path) -> None:
    items = records(tmp_path / "in", [f"text {n}" for n in range(50)])
    one = import_records(items, UPath(tmp_path / "one"), OPTIONS).snapshot
    two = import_records(items, UPath(tmp_path / "two"), Options("lines", workers=2)).snapshot
    assert one.manifest_bytes == two.manifest_bytes


def test_growing_touches_only_new_images_and_keeps_the_parent(tmp_path: Path) -> None:
    first = make(tmp_path, [f"t{n}" for n in range(30)])
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "snap" / "images").rglob("*.png")}
    # the first two are there already, identical; three are new
    outcome = grow(first, tmp_path, ["t28", "t29", "new é", "new ü", "new ü"], start=28)

    assert (outcome.added, outcome.unchanged, outcome.rejected) == (3, 2, 0)
    after = {p: p.stat().st_mtime_ns for p in (tmp_path / "snap" / "images").rglob("*.png")}
    assert before.items() <= after.items()
    assert len(after) == len(before) + 3
    grown = open_snapshot(tmp_path / "snap")
    assert grown.description.parents == (first.description.hash,)
    assert {"é", "ü"} <= set(grown.description.charset)
    assert list(grown.samples())[:30] == list(first.samples())
    old = open_snapshot(f"{tmp_path / 'snap'}@{first.description.hash[:8]}")
    assert old.manifest_bytes == first.manifest_bytes
    assert old.description == first.description


def test_nothing_new_is_no_new_snapshot(tmp_path: Path) -> None:
    first = make(tmp_path, ["a", "b"])
    outcome = grow(first, tmp_path, ["a", "b"], start=0)
    assert outcome.snapshot.description == first.description
    assert outcome.unchanged == 2


def test_an_id_is_not_taken_over_by_other_content(tmp_path: Path) -> None:
    first = make(tmp_path, ["PT-101"])
    outcome = grow(first, tmp_path, ["PT-107"], start=0)
    assert outcome.added == 0
    assert [problem.rule for problem in outcome.problems] == ["sample.id-taken"]
    assert str(outcome.problems[0]).startswith("labels.txt:1: ")
    assert "PT-101" in str(outcome.problems[0])
    assert "PT-107" in str(outcome.problems[0])
    assert outcome.snapshot.description == first.description, "nothing was added"


@given(st.lists(texts, unique=True, max_size=30), st.floats(0, 0.3), texts)
def test_a_split_depends_on_the_group_alone(groups: list[str], share: float, salt: str) -> None:
    policy = SplitPolicy(val=share, test=share, golden=share, salt=salt)
    assert [split_of(g, policy) for g in groups] == [split_of(g, policy) for g in groups[::-1]][::-1]


def test_splits_have_their_shares() -> None:
    policy = SplitPolicy(val=0.1, test=0.2, golden=0.05)
    drawn = [split_of(f"page {n}", policy) for n in range(20_000)]
    shares = {split: drawn.count(split) / len(drawn) for split in SPLITS}
    assert shares == pytest.approx({"train": 0.65, "val": 0.1, "test": 0.2, "golden": 0.05}, abs=0.01)


def test_golden_is_frozen_and_its_groups_never_reach_train(tmp_path: Path) -> None:
    first = make(tmp_path, [f"t{n}" for n in range(20)], HALF_GOLDEN)
    golden = [sample for sample in first.samples() if sample.split == "golden"]
    assert golden
    more = records(tmp_path / "more", ["x"], start=900, group=golden[0].group)
    more += records(tmp_path / "more", [f"y{n}" for n in range(20)], start=1000)
    grown = add_records(first, more, OPTIONS).snapshot
    assert [sample for sample in grown.samples() if sample.split == "golden"] == golden
    assert {s.split for s in grown.samples() if s.group == golden[0].group} == {"golden", "test"}


def test_snapshots_merge_with_their_splits(tmp_path: Path) -> None:
    first = make(tmp_path, ["a", "b"])
    items = records(tmp_path / "other-in", ["c", "d", "e"], start=500)
    other = import_records(items, UPath(tmp_path / "other"), Options("other", workers=1)).snapshot
    merged = add_snapshot(first, other).snapshot
    assert [sample.text for sample in merged.samples()] == ["a", "b", "c", "d", "e"]
    for sample in merged.samples():
        assert hashlib.sha256(merged.image_path(sample).read_bytes()).hexdigest() == sample.sha256
    assert add_snapshot(merged, other).unchanged == 3


def test_a_changed_manifest_is_refused(tmp_path: Path) -> None:
    make(tmp_path, ["abc", "def"])
    manifest = tmp_path / "snap" / "manifest.jsonl"
    manifest.write_bytes(manifest.read_bytes().replace(b"abc", b"abd"))
    with pytest.raises(ManifestError, match=r"manifest\.jsonl: a manifest whose hash is not"):
        open_snapshot(tmp_path / "snap")


@pytest.mark.parametrize("dies_at", ["problems.jsonl", "manifest.jsonl", "snapshot.json"])
def test_an_addition_that_dies_leaves_the_old_snapshot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dies_at: str
) -> None:
    first = make(tmp_path, ["a", "b"])
    real = ingest.write_snapshot.__globals__["write_whole"]

    def dying(path: UPath, data: bytes) -> None:
        if path.name == dies_at:
            raise KeyboardInterrupt
        real(path, data)

    with monkeypatch.context() as patch:
        patch.setattr("corpus.snapshot.write_whole", dying)
        with pytest.raises(KeyboardInterrupt):
            grow(first, tmp_path, ["c"], start=2)
    assert open_snapshot(tmp_path / "snap").description == first.description
    again = grow(open_snapshot(tmp_path / "snap"), tmp_path, ["c"], start=2).snapshot
    assert [sample.text for sample in again.samples()] == ["a", "b", "c"]
    assert open_snapshot(tmp_path / "snap").description.parents == (first.description.hash,)


def test_an_import_that_dies_leaves_nothing(tmp_path: Path) -> None:
    def dying():  # type: ignore[no-untyped-def]
        yield from records(tmp_path / "in", ["a", "b"])
        raise KeyboardInterrupt

    (tmp_path / "out").mkdir()
    with pytest.raises(KeyboardInterrupt):
        import_records(dying(), UPath(tmp_path / "out" / "snap"), OPTIONS)
    assert list((tmp_path / "out").iterdir()) == []


def test_an_import_never_overwrites(tmp_path: Path) -> None:
    make(tmp_path, ["a"])
    with pytest.raises(StateError, match="exists already"):
        make(tmp_path, ["b"])


def test_an_old_snapshot_does_not_grow(tmp_path: Path) -> None:
    first = make(tmp_path, ["a"])
    grow(first, tmp_path, ["b"], start=1)
    with pytest.raises(StateError, match="has grown since"):
        grow(first, tmp_path, ["c"], start=2)


def test_a_source_without_a_usable_label_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no label at all"):
        import_records([], UPath(tmp_path / "snap"), OPTIONS)
    assert not (tmp_path / "snap").exists()


def test_regions_are_cut_into_upright_lines(tmp_path: Path) -> None:
    page = tmp_path / "in" / "page.png"
    page.parent.mkdir()
    page.write_bytes(png(1, (90, 60)))
    line, tall = ((5, 5), (65, 5), (65, 25), (5, 25)), ((70, 5), (85, 5), (85, 55), (70, 55))
    made = [
        Record(f"page#{key}", UPath(page), "page.png", text, "x", label=label, polygon=polygon)
        for key, text, label, polygon in (
            ("1", "PT-101", None, line),
            ("2", "DN50", None, tall),
            ("3", None, "valve", line),
        )
    ]
    regions = Options("sheets", SplitPolicy(val=0.9, test=0, golden=0), crop_regions=False, workers=1)
    pages = import_records(made, UPath(tmp_path / "pages"), regions).snapshot

    outcome = cut_regions(pages, UPath(tmp_path / "lines"), texts_only=True)

    before, after = list(pages.samples()), list(outcome.snapshot.samples())
    assert [(s.text, s.width, s.height, s.polygon) for s in after] == [
        ("PT-101", 60, 20, None),
        ("DN50", 50, 15, None),
    ]
    assert [(s.id, s.group, s.split) for s in after] == [(s.id, s.group, s.split) for s in before[:2]]
    assert after[0].meta["crop"]["polygon"] == [[5.0, 5.0], [65.0, 5.0], [65.0, 25.0], [5.0, 25.0]]


def test_a_group_keeps_its_split_against_what_the_source_says(tmp_path: Path) -> None:
    first = make(tmp_path, ["a"], Options("lines", SplitPolicy(val=0, test=0, golden=0), workers=1))
    (told,) = first.samples()
    new = replace(records(tmp_path / "in", ["b"], start=7, group=told.group)[0], split="val")
    outcome = add_records(first, [new], OPTIONS)
    assert [sample.split for sample in outcome.snapshot.samples()] == ["train", "train"]
    assert [problem.rule for problem in outcome.problems] == ["split.kept"]
    assert add_records(outcome.snapshot, [new], OPTIONS).problems == (), "said once, when it was new"


def test_nothing_to_cut_is_no_snapshot(tmp_path: Path) -> None:
    items = [replace(record, text=None, label="valve") for record in records(tmp_path / "in", ["a"])]
    pages = import_records(items, UPath(tmp_path / "pages"), OPTIONS).snapshot
    with pytest.raises(CorpusError, match="no label at all"):
        cut_regions(pages, UPath(tmp_path / "lines"), texts_only=True)
    assert not (tmp_path / "lines").exists()


def test_problems_stay_with_their_snapshot(tmp_path: Path) -> None:
    first = make(tmp_path, ["a"])
    gone = replace(
        records(tmp_path / "in", ["b"], start=1)[0], key="gone", image=UPath(tmp_path / "gone.png")
    )
    grown = add_records(first, [*records(tmp_path / "in", ["b"], start=1), gone], OPTIONS).snapshot
    assert [p.rule for p in read_problems(grown.folder, grown.description.hash)] == ["image.missing"]
    assert read_problems(first.folder, first.description.hash) == []


def test_a_pipe_in_the_place_of_an_image_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    items = [
        *records(tmp_path / "in", ["a"]),
        Record("pipe", UPath(tmp_path / "pipe.png"), "pipe.png", "b", "x"),
    ]
    outcome = import_records(items, UPath(tmp_path / "snap"), OPTIONS)
    assert [problem.rule for problem in outcome.problems] == ["image.unreadable"]


def test_a_folder_may_be_named_like_a_reference(tmp_path: Path) -> None:
    out = UPath(tmp_path / "data@2024")
    made = import_records(records(tmp_path / "in", ["a"]), out, OPTIONS).snapshot
    assert open_snapshot(str(out)).description == made.description
    assert open_snapshot(f"{out}@{made.description.hash[:9]}").description == made.description
