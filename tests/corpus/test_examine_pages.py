"""What an examination says of whole pages, of classes and of events: by item, whatever is labelled on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from drawing import png
from examined import (
    PAGE,
    Asker,
    Line,
    Reader,
    box,
    encoded,
    examined,
    finder,
    finding,
    page,
    picture,
    reader,
    write,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from layouts import put
from PIL import Image
from upath import UPath

from config.gate import MIN_GROUPS
from corpus import formats
from corpus.examine import Examination, examine
from corpus.examine.report import write_html
from corpus.examine.summary import summary_lines
from corpus.examine.unimported import examined as examined_unimported
from corpus.sample import Polygon, Sample, Split, encode
from corpus.snapshot import write_snapshot
from corpus.splits import SplitPolicy


def pages(numbers: Sequence[int], split: Split, *polygons: Polygon | None) -> list[Line]:
    return [line for number in numbers for line in page(number, split, *polygons)]


def says(found: Examination, rule: str) -> list[str]:
    broken = finding(found, rule)
    return [] if broken is None else [one.found for one in broken.occurrences]


ENOUGH = [
    *pages(range(3), "train", box(9, 9)),
    *page(3, "val", box(9, 9)),
    *pages(range(4, 9), "test", box(9, 9)),
]


# --- duplicates


def test_a_page_that_was_annotated_anew_is_a_duplicate(tmp_path: Path) -> None:
    again = [
        replace(one, split="test", name=f"again-{one.name}", group=f"other-{one.group}", polygon=box(10, 9))
        for one in pages(range(3), "train", box(9, 9), box(9, 50))
    ]
    found = examined(tmp_path, [*ENOUGH, *again], finder())
    assert says(found, "split.duplicate") == [f"also in train: sample {n}" for n in range(3)]
    assert says(found, "split.leakage") == ["test: 3 of 8 pages are duplicates (37.5 %; at most 5.0 %)"]
    assert found.items == {"train": 3, "val": 1, "test": 8}
    assert found.samples == {"train": 3, "val": 1, "test": 11}


def test_the_same_image_in_two_splits_is_an_item_in_each(tmp_path: Path) -> None:
    torn = [*ENOUGH, *page(0, "test", box(9, 50))]
    found = examined(tmp_path, torn, finder())
    assert found.items == {"train": 3, "val": 1, "test": 6}
    assert says(found, "split.duplicate") == ["also in train: sample 0"]


def test_regions_of_one_page_in_two_splits_are_duplicates_and_no_conflict(tmp_path: Path) -> None:
    lines = [
        *(Line("abc") for _ in range(2)),
        *page(1, "train", box(9, 9, 60, 20)),
        *(replace(one, text="cab") for one in page(1, "val", box(10, 9, 60, 20))),
        *(Line("cba", "test") for _ in range(5)),
    ]
    found = examined(tmp_path, lines, reader(recognition={"width_px": 96}))
    assert says(found, "split.duplicate") == ["also in train: sample 2"]
    assert says(found, "label.conflict") == []
    same = [*lines[:3], replace(lines[3], polygon=lines[2].polygon), *lines[4:]]
    assert len(says(examined(tmp_path, same, reader(recognition={"width_px": 96})), "label.conflict")) == 1


def copy_of(number: int) -> bytes:
    return encoded(picture(500 + number, PAGE), "JPEG", quality=90)


@pytest.mark.parametrize("polygon", [box(9, 9), None], ids=["with regions", "without any"])
def test_a_page_that_looks_alike_is_found_whatever_is_on_it(tmp_path: Path, polygon: Polygon | None) -> None:
    copies = [line for n in (0, 1) for line in page(20 + n, "test", polygon, data=copy_of(n))]
    found = examined(tmp_path, [*ENOUGH, *copies], finder())
    assert [one.partition(",")[0] for one in says(found, "split.near-duplicate")] == [
        "also in train: sample 0",
        "also in train: sample 1",
    ]
    assert says(found, "split.leakage") == ["test: 2 of 7 pages are duplicates (28.6 %; at most 5.0 %)"]


def test_classes_and_unlabelled_images_are_compared_with_their_like(tmp_path: Path) -> None:
    copy = encoded(picture(0), "JPEG", quality=90)
    original = Line(None, label="valve", data=encoded(picture(0)))
    others = [Line(None, "test", label="pump") for _ in range(5)]

    def near(*lines: Line) -> list[str]:
        asker = Asker(reader().family)
        return says(examined(tmp_path, [*lines, *others], asker), "split.near-duplicate")

    assert len(near(original, replace(original, split="val", data=copy))) == 1
    assert near(original, replace(original, split="val", data=copy, label="pump")) == []
    unlabelled = replace(original, label=None)
    assert len(near(unlabelled, replace(unlabelled, split="val", data=copy))) == 1
    assert near(unlabelled, replace(original, split="val", data=copy)) == []
    text = Line("valve", "val", data=copy)  # a text is no class, though it be called so
    assert near(original, text) == []
    blank = encoded(Image.new("L", (64, 32), 250))
    assert near(replace(unlabelled, data=blank), replace(unlabelled, split="val", data=blank + b" ")) == []


# --- small sets


def snapshot(folder: Path, lines: Sequence[Line], shares: SplitPolicy) -> str:
    """Write `lines` as a snapshot; return its folder."""
    from corpus.manifest import read_strictly

    samples = list(read_strictly(write(folder, lines).read_bytes(), ""))
    write_snapshot(UPath(folder), samples, [], policy=shares, form="NFC")
    return str(folder)


def test_too_few_pages_held_out_are_refused_with_the_number_that_is_needed(tmp_path: Path) -> None:
    few = [*pages(range(15), "train", box(9, 9)), *page(15, "val", box(9, 9)), *page(16, "test", box(9, 9))]
    few += page(17, "golden", box(9, 9))
    place = snapshot(tmp_path / "few", few, SplitPolicy(test=0.1, golden=0.05))
    found = examine(place, finder(), workers=1)
    refused = finding(found, "split.few-groups")
    assert refused is not None
    assert refused.severity == "error"
    # 3 groups more, of which 15 % of what is added are
    assert says(found, "split.few-groups") == [
        "2 groups held out (test 1, golden 1); at least 5: about 20 more pages at the shares of this "
        "snapshot (test 10.0 %, golden 5.0 %); 5 of the 18 groups that there are is a share of 27.8 %"
    ]
    assert "--golden" in refused.remedy
    enough = [*few, *pages(range(20, 23), "test", box(9, 9))]
    place = snapshot(tmp_path / "enough", enough, SplitPolicy(test=0.1, golden=0.05))
    assert finding(examine(place, finder(), workers=1), "split.few-groups") is None


def test_groups_count_and_not_pages_nor_regions(tmp_path: Path) -> None:
    one_drawing = [replace(one, group="one") for one in pages(range(4, 14), "test", box(9, 9), box(9, 50))]
    found = examined(tmp_path, [*ENOUGH[:4], *one_drawing], finder())
    assert says(found, "split.few-groups") == ["1 group held out (test 1, golden 0); at least 5"]
    both = [*ENOUGH[:4], *pages(range(4, 8), "test", box(9, 9))]
    shared = [replace(one, split="golden", name=f"g-{one.name}", data=copy_of(99)) for one in both[-1:]]
    assert says(examined(tmp_path, [*both, *shared], finder()), "split.few-groups") == [
        "4 groups held out (test 4, golden 1); at least 5; "
        "5 of the 8 groups that there are is a share of 62.5 %"
    ]


def test_a_snapshot_that_holds_nothing_out_can_only_be_imported_anew(tmp_path: Path) -> None:
    place = snapshot(tmp_path, ENOUGH[:4], SplitPolicy(test=0, golden=0))
    assert says(examine(place, finder(), workers=1), "split.few-groups") == [
        "0 groups held out (test 0, golden 0); at least 5"
    ]


def test_too_few_lines_are_a_warning(tmp_path: Path) -> None:
    found = finding(examined(tmp_path, [Line("abc"), Line("cab", "val")], reader()), "split.few-groups")
    assert found is not None
    assert found.severity == "warning"


@pytest.mark.parametrize(
    ("guards", "told"),
    [
        (("split=golden", "age=old"), ["split=golden has 0 groups"]),
        (("split=test",), []),
        (("split=*",), ["split=golden has 0 groups"]),
        (("split=val", "split=val"), ["split=val has 0 groups"]),
        (("age=old", "group=x"), []),
    ],
)
def test_a_guarded_split_without_enough_groups_is_named(
    tmp_path: Path, guards: tuple[str, ...], told: list[str]
) -> None:
    found = examined(tmp_path, ENOUGH, finder(guards=guards))
    assert [one.partition(";")[0] for one in says(found, "split.guarded-slice")] == told
    if told == ["split=golden has 0 groups"]:
        (said,) = says(found, "split.guarded-slice")
        assert said.endswith(f"at least {MIN_GROUPS}; it is frozen: what is added goes to test")
    assert found.passed


def test_small_splits_are_counted_in_pages(tmp_path: Path) -> None:
    many = [line for n in range(3) for line in page(n, "train", *(box(9, y) for y in range(0, 60, 6)))]
    found = examined(tmp_path, [*many, *ENOUGH[3:]], finder(min_samples_per_split=5))
    assert says(found, "split.small") == [
        "train has 3 pages; at least 5",
        "val has 1 pages; at least 5",
        "golden has 0 pages; at least 5",
    ]


# --- what is told


def test_a_fault_of_a_page_is_told_once(tmp_path: Path) -> None:
    four = [box(9, y, 60, 20) for y in (0, 25, 50, 75)]
    found = examined(tmp_path, [*ENOUGH, *page(20, "train", *four)], finder(max_image_megapixels=0.01))
    assert len(says(found, "image.huge")) == found.items["train"] + found.items["val"] + found.items["test"]
    widths = next(one for one in found.spreads if one.measure == "width, px" and one.split == "train")
    assert widths.percentiles[0] == widths.percentiles[-1] == PAGE[0]
    texts = next(one for one in found.spreads if one.measure == "texts on a page" and one.split == "train")
    assert (texts.percentiles[0], texts.percentiles[-1]) == (1, 4)


def test_corners_may_run_either_way_round_where_nothing_is_cut_out(tmp_path: Path) -> None:
    mirrored = ((9.0, 9.0), (10.0, 49.0), (69.0, 49.0), (69.0, 9.0))
    line = page(20, "train", mirrored)
    assert examined(tmp_path, [*ENOUGH, *line], finder()).findings == ()
    lines = [*line, *(Line("cba", split) for split in ("val", *["test"] * 5))]  # type: ignore[arg-type]
    assert finding(examined(tmp_path, lines, reader()), "region.unusable") is not None


regions = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(["fine", "small", "off", "unreadable", "###", "line"])),
    max_size=12,
)
SHAPES: dict[str, Polygon] = {
    "fine": box(0, 0, 20, 9),
    "small": box(0, 0, 20, 2),
    "off": box(-15, 0, 20, 9),
    "unreadable": box(0, 0, 20, 9),
    "###": box(0, 0, 20, 9),
    "line": box(0, 0, 20, 9),
}


@settings(max_examples=60, deadline=None)
@given(regions)
def test_the_ceiling_of_a_detector_is_its_best_hmean(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[tuple[int, str]]
) -> None:
    lines = []
    for n, (number, kind) in enumerate(drawn):
        shape = tuple((x, y + 10 * n) for x, y in SHAPES[kind])  # in rows: no twins
        (line,) = page(number, ("train", "val", "test", "golden")[number], shape)  # type: ignore[arg-type]
        text, meta = (
            ("###" if kind == "###" else "abc"),
            ({"unreadable": True} if kind == "unreadable" else {}),
        )
        lines.append(replace(line, text=None if kind == "line" else text, label="line", meta=meta))
    tall = encoded(picture(7, (200, 200)))
    lines = [replace(line, data=tall, size=(200, 200)) for line in lines]
    found = examined(tmp_path_factory.mktemp("pages"), lines, finder())
    for split in ("train", "val", "test", "golden", "all"):
        kinds = [kind for n, kind in drawn if split in (("train", "val", "test", "golden")[n], "all")]
        readable = [kind for kind in kinds if kind not in ("unreadable", "###", "line")]
        r = readable.count("fine") / len(readable) if readable else None
        told = [
            (c.figure, c.counted, c.samples, round(c.share, 12)) for c in found.ceilings if c.split == split
        ]
        assert told == ([] if r is None else [("hmean", "texts", len(readable), round(2 * r / (1 + r), 12))])


def test_of_two_texts_in_one_place_one_is_lost(tmp_path: Path) -> None:
    crossed = ((9.0, 9.0), (69.0, 49.0), (69.0, 9.0), (9.0, 49.0))  # the same corners, clicked crosswise
    lines = [*ENOUGH, *page(20, "train", box(9, 9), box(10, 9), crossed, box(60, 9))]
    found = examined(tmp_path, lines, finder())
    assert (found.ceilings[0].reachable, found.ceilings[0].lost) == (5, {"twin": 2})
    assert len(says(found, "region.twin")) == 2


def test_the_figure_is_told_everywhere(tmp_path: Path) -> None:
    lines = [*ENOUGH, *page(20, "train", box(9, 9, 60, 2), box(9, 50))]
    found = examined(tmp_path, lines, finder())
    train = found.ceilings[0]
    assert (train.reachable, train.samples, train.lost) == (4, 5, {"too-small": 1})
    assert train.percent == "88.8 %"  # 2 x 4 / (4 + 5)
    assert "  train    88.8 %  4 of 5 texts; lost by too-small 1" in summary_lines(found)
    assert "The best hmean that any training could reach:" in summary_lines(found)
    assert says(found, "ceiling.too-low")[0].startswith("train: at best 88.8 % hmean (4 of 5 texts)")
    content = orjson.loads(found.as_json())
    assert (content["schema_version"], content["item"]) == (2, "page")
    assert content["items"] == {"train": 4, "val": 1, "test": 5}
    assert content["ceilings"][0] == {
        "figure": "hmean",
        "split": "train",
        "counted": "texts",
        "samples": 5,
        "reachable": 4,
        "share": 8 / 9,
        "lost": {"too-small": 1},
    }
    write_html(found, UPath(tmp_path / "report.html"))
    html = (tmp_path / "report.html").read_text()
    assert "is the best hmean that any training could reach" in html
    assert "1: the text is smaller than min_side_px" in html
    assert "<th>pages</th>" in html


def test_pages_that_were_not_imported_are_examined_whole(tmp_path: Path) -> None:
    region = b'[{"transcription": "a", "points": [[0, 0], [40, 0], [40, 9], [0, 9]]}]'
    labels = b"".join(b"%d.png\t%s\n" % (n, region if n else b"[]") for n in range(3))
    images: dict[str, str | bytes] = {f"{n}.png": png(n, (60, 40)) for n in range(3)}
    source = UPath(put(tmp_path, {"Label.txt": labels, **images}))
    told: dict[str, dict[str, int]] = {}
    for asker in (finder(), reader()):
        with examined_unimported(
            formats.read("paddle-det", source), asker, name="s", reference="labels", workers=1
        ) as found:
            told[found.item] = {"items": sum(found.items.values()), "samples": sum(found.samples.values())}
            assert finding(found, "text.missing") is None
    assert told == {"page": {"items": 3, "samples": 3}, "line": {"items": 2, "samples": 2}}


# --- events


def test_events_without_image_and_text_are_examined(tmp_path: Path) -> None:
    labels = {"train": ["bot", "human", "human"], "val": ["bot"], "test": ["bot"] * 5}
    samples = [
        Sample(
            id=f"{split}/{n}",
            table={"clicks": n},
            label=label,
            group=f"{split}-user-{n}",
            source="s",
            split=split,  # type: ignore[arg-type]
        )
        for split, of_split in labels.items()
        for n, label in enumerate(of_split)
    ]
    manifest = tmp_path / "manifest.jsonl"
    manifest.write_bytes(b"".join(map(encode, samples)))
    found = examine(str(manifest), Asker(reader(min_samples_per_label=2).family), workers=1)
    assert [(one.rule, one.severity) for one in found.findings] == [("split.rare-label", "warning")]
    assert found.items == found.samples == {"train": 3, "val": 1, "test": 5}
    assert (found.images, found.ceilings) == (0, ())
    assert found.labels["train"] == {"bot": 1, "human": 2}
    as_lines = examine(str(manifest), Reader(reader().family), workers=1)
    assert as_lines.ceilings[0].lost == {"image": 3}
    write_html(found, UPath(tmp_path / "report.html"))
    assert "0 image files" in (tmp_path / "report.html").read_text()
