"""Pages are whole: none is torn between splits, none without text is lost, and a snapshot counts them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from drawing import png
from hypothesis import given
from hypothesis import strategies as st
from layouts import PAGE, box, put
from upath import UPath

from corpus import formats, snapshot
from corpus.cutting import cut_regions
from corpus.errors import CorpusError
from corpus.ingest import Options, Outcome, add_records, add_snapshot, import_records
from corpus.items import items_of
from corpus.records import Record
from corpus.sample import Sample, encode
from corpus.snapshot import Snapshot, write_snapshot
from corpus.splits import SplitPolicy

KEPT = Options("s", SplitPolicy(val=0, test=0, golden=0.99), crop_regions=False, workers=1)
CUT = Options("s", workers=1)
A_REGION = b'[{"transcription": "a", "points": [[0, 0], [30, 0], [30, 9], [0, 9]]}]'


def page(folder: Path, number: int, keys: str, group: str | None = None) -> list[Record]:
    """Return a region for each of `keys` on the page of that number, whose group is its own unless given."""
    image = folder / f"{number}.png"
    image.parent.mkdir(exist_ok=True)
    image.write_bytes(png(number, PAGE))
    return [
        Record(
            f"{image.name}#{key}",
            UPath(image),
            image.name,
            key,
            "labels.txt",
            number,
            polygon=box(0, 0, 9, 5 + i),
            group=group,
        )
        for i, key in enumerate(keys)
    ]


def golden_pages(tmp_path: Path) -> Snapshot:
    made = [one for number in range(4) for one in page(tmp_path / "in", number, "ab", "drawing")]
    return import_records(made, UPath(tmp_path / "snapshot"), KEPT).snapshot


def splits(outcome: Outcome) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for item in items_of(outcome.snapshot.samples(), "image"):
        found.setdefault(item.first.image or "", set()).update(one.split for one in item.samples)
    return found


def test_a_new_region_stays_with_its_golden_page_and_a_new_page_of_the_group_does_not(tmp_path: Path) -> None:
    first = golden_pages(tmp_path)
    images = {one.image for one in first.samples()}
    assert {one.split for one in first.samples()} == {"golden"}
    more = page(tmp_path / "in", 2, "abcd", "drawing") + page(tmp_path / "in", 9, "x", "drawing")
    line = [replace(one, key="line", polygon=None) for one in page(tmp_path / "in", 2, "y", "drawing")]
    outcome = add_records(first, [*more, *line], KEPT)
    assert (outcome.added, outcome.unchanged) == (4, 2)
    new = {one.id: one.split for one in list(outcome.snapshot.samples())[8:]}
    assert new == {"s/2.png#c": "golden", "s/2.png#d": "golden", "s/9.png#x": "test", "s/line": "test"}
    (problem,) = outcome.problems
    assert (problem.rule, problem.severity, problem.file, problem.line) == (
        "split.golden-grows",
        "warning",
        "labels.txt",
        2,
    )
    assert problem.found == "2 new regions on a golden page, such as 's/2.png#c'"
    assert {split for image in images for split in splits(outcome)[image or ""]} == {"golden", "test"}
    again = add_records(outcome.snapshot, more, KEPT)
    assert (again.added, again.problems) == (0, ())


def test_a_new_region_follows_its_page_from_another_source_or_snapshot(tmp_path: Path) -> None:
    first = golden_pages(tmp_path)
    elsewhere = [replace(one, key=f"{one.key}!") for one in page(tmp_path / "in", 1, "z")]
    theirs = replace(KEPT, source="other", policy=SplitPolicy(val=0, test=0, golden=0))
    other = import_records(elsewhere, UPath(tmp_path / "other"), theirs).snapshot
    assert [one.split for one in other.samples()] == ["train"]
    merged = add_snapshot(first, other)
    assert all(len(of_page) == 1 for of_page in splits(merged).values())
    assert [one.rule for one in merged.problems] == ["split.golden-grows"]
    grown = add_records(merged.snapshot, [replace(one, key="q") for one in elsewhere], theirs)
    assert all(len(of_page) == 1 for of_page in splits(grown).values())


def det(tmp_path: Path, labels: bytes) -> UPath:
    return UPath(put(tmp_path / "in", {"Label.txt": labels, "a.png": png(1, PAGE), "b.png": png(2, PAGE)}))


def test_a_page_without_regions_is_kept_with_regions_and_named_without(tmp_path: Path) -> None:
    source = det(tmp_path, b"a.png\t[]\nb.png\t" + A_REGION)
    kept = import_records(formats.read("paddle-det", source), UPath(tmp_path / "kept"), KEPT)
    empty, region = kept.snapshot.samples()
    assert kept.problems == ()
    assert empty.is_page
    assert (empty.id, empty.image is not None, empty.width) == ("s/a.png", True, PAGE[0])
    assert not region.is_page
    assert [len(item.regions) for item in items_of(kept.snapshot.samples(), "image")] == [0, 1]

    cut = import_records(formats.read("paddle-det", source), UPath(tmp_path / "cut"), CUT)
    assert [(p.rule, p.severity, p.line) for p in cut.problems] == [("page.no-regions", "warning", 1)]
    assert "a.png without a region" in cut.problems[0].found
    lines = cut_regions(kept.snapshot, UPath(tmp_path / "lines"))
    assert [one.id for one in lines.snapshot.samples()] == ["s/b.png#1"]
    assert lines.problems == ()


def test_a_region_that_is_found_later_stands_beside_its_page(tmp_path: Path) -> None:
    first = import_records(
        formats.read("paddle-det", det(tmp_path, b"a.png\t[]\n")), UPath(tmp_path / "kept"), KEPT
    ).snapshot
    outcome = add_records(first, formats.read("paddle-det", det(tmp_path, b"a.png\t" + A_REGION)), KEPT)
    (item,) = items_of(outcome.snapshot.samples(), "image")
    assert [one.id for one in item.samples] == ["s/a.png", "s/a.png#1"]
    assert [one.id for one in item.regions] == ["s/a.png#1"]
    assert [one.rule for one in outcome.problems] == ["split.golden-grows"]
    assert {one.split for one in item.samples} == {"golden"}


def test_a_page_whose_regions_cannot_be_read_is_not_empty(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no usable label"):
        import_records(
            formats.read("paddle-det", det(tmp_path, b"a.png\t[7]\n")), UPath(tmp_path / "kept"), KEPT
        )


@pytest.mark.parametrize(
    ("name", "files", "key"),
    [
        ("sroie", {"box/0.csv": b"", "img/0.jpg": png(1, PAGE)}, "0"),
        ("sroie", {"box/0.csv": b"\n", "img/0.jpg": png(1, PAGE)}, "0"),
        (
            "funsd",
            {"training_data/annotations/0.json": b'{"form": []}', "training_data/images/0.png": png(1, PAGE)},
            "training_data/0",
        ),
        (
            "ground-truth",
            {
                "output.manifest": orjson.dumps(
                    {"source-ref": "a.png", "ocr": {"boxes": [], "agreement": 1}, "ocr-metadata": {}}
                ),
                "a.png": png(1, PAGE),
            },
            "a.png",
        ),
    ],
)
def test_pages_without_text_in_other_layouts(
    tmp_path: Path, name: str, files: dict[str, str | bytes], key: str
) -> None:
    source = UPath(put(tmp_path / "in", files))
    kept = import_records(formats.read(name, source), UPath(tmp_path / "kept"), KEPT)
    (sample,) = kept.snapshot.samples()
    assert sample.is_page
    assert sample.id == f"s/{key}"


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("sroie", {"box/0.csv": b"1,2,3\n", "img/0.jpg": b""}),
        ("sroie", {"box/0.csv": b"\xff\xff\n", "img/0.jpg": b""}),
        ("funsd", {"annotations/0.json": b'{"form": [7]}', "images/0.png": b""}),
        ("pid", {"7/7_words.npy": b"broken", "image_2/7.jpg": b""}),
    ],
)
def test_what_could_not_be_read_is_no_empty_page(
    tmp_path: Path, name: str, files: dict[str, str | bytes]
) -> None:
    items = list(formats.read(name, UPath(put(tmp_path, files))))
    assert items
    assert not any(isinstance(item, Record) for item in items)


@given(st.lists(st.tuples(st.text(max_size=4), st.text('ab"\\\nกé', min_size=1, max_size=3)), max_size=12))
def test_images_are_counted_whatever_they_are_called(drawn: list[tuple[str, str]]) -> None:
    samples = [
        Sample(
            id=f"{n}{id_}",
            image=image,
            sha256="ab",
            width=1,
            height=1,
            meta={"image": f"{n}"},
            group="g",
            source="s",
            split="train",
        )
        for n, (id_, image) in enumerate(drawn)
    ]
    data = b"".join(map(encode, samples))
    assert len(snapshot._images_in(data)) == len({image for _, image in drawn})


def test_a_snapshot_counts_its_images_as_it_grows(tmp_path: Path) -> None:
    first = golden_pages(tmp_path)
    assert (first.description.samples, first.description.images) == (8, 4)
    more = page(tmp_path / "in", 2, "abc", "drawing") + page(tmp_path / "in", 9, "xy", "drawing")
    grown = add_records(first, more, KEPT).snapshot
    assert (grown.description.samples, grown.description.images) == (11, 5)
    file = UPath(tmp_path / "snapshot" / "snapshot.json")
    older = {key: value for key, value in orjson.loads(file.read_bytes()).items() if key != "images"}
    file.write_bytes(orjson.dumps(older))
    opened = snapshot.open_snapshot(str(tmp_path / "snapshot"))
    assert opened.description.images is None
    again = add_records(opened, page(tmp_path / "in", 10, "z"), KEPT).snapshot
    assert again.description.images == 6


def test_events_pass_through_addition_and_are_told_apart(tmp_path: Path) -> None:
    def events(folder: str, clicks: list[int]) -> Snapshot:
        made = [
            Sample(id=f"e/{n}", table={"clicks": k}, label="bot", group=f"u{n}", source="e", split="train")
            for n, k in enumerate(clicks)
        ]
        return write_snapshot(UPath(tmp_path / folder), made, [], policy=SplitPolicy(), form="NFC")

    mine, theirs = events("mine", [1, 2]), events("theirs", [1, 7, 3])
    outcome = add_snapshot(mine, theirs)
    assert (outcome.added, outcome.unchanged, outcome.rejected) == (1, 1, 1)
    assert "taken by another event" in outcome.problems[0].found
    assert [one.table for one in outcome.snapshot.samples()] == [{"clicks": n} for n in (1, 2, 3)]
    assert outcome.snapshot.description.images == 0
