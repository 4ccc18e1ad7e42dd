"""Every rule of the examination finds what it is for, and nothing in a dataset that is clean."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from examined import CLEAN, Asker, Line, box, encoded, examined, finder, finding, page, picture, reader, write
from PIL import Image

from config.errors import Problem
from corpus.examine import Examination, examine
from corpus.examine.rules import CEILING, SHARED, Rule
from corpus.ingest import Options, import_records
from corpus.paths import as_path
from corpus.records import Record
from corpus.sample import Split
from tasks.detection.rules import RULES as OF_PAGES
from tasks.recognition.rules import RULES as OF_LINES

PNG = encoded(picture(99))
SAME = encoded(picture(1))


def of_lines(*lines: Line, by: Asker | None = None) -> Callable[[Path], Examination]:
    """Examine the clean dataset with `lines` after it: the first of them is sample 9."""
    return lambda folder: examined(folder, [*CLEAN, *lines], by)


def of_image(data: bytes, size: tuple[int, int] = (64, 32), **of: object) -> Callable[[Path], Examination]:
    return of_lines(Line("abc", data=data, size=size), by=reader(**of) if of else None)  # type: ignore[arg-type]


def of_bytes(change: Callable[[bytes], bytes]) -> Callable[[Path], Examination]:
    def examination(folder: Path) -> Examination:
        manifest = write(folder, CLEAN)
        manifest.write_bytes(change(manifest.read_bytes()))
        return examine(str(manifest), reader(), workers=1)

    return examination


def of_charset(text: str) -> Callable[[Path], Examination]:
    def examination(folder: Path) -> Examination:
        (folder / "charset.txt").write_bytes(text.encode())
        return examined(folder, CLEAN, reader(folder / "charset.txt"))

    return examination


def of_import(*problems: Problem, changed: bool = False) -> Callable[[Path], Examination]:
    def examination(folder: Path) -> Examination:
        items: list[Record | Problem] = list(problems)
        for number, line in enumerate(CLEAN):
            path = as_path(folder / f"{number}.png")
            path.write_bytes(encoded(picture(number)))
            items.append(Record(str(number), path, path.name, line.text, "labels.txt", split=line.split))
        import_records(items, as_path(folder / "snapshot"), Options("tests", workers=1))
        if changed:
            with (folder / "snapshot" / "manifest.jsonl").open("ab") as manifest:
                manifest.write(b"{}\n")
        return examine(str(folder / "snapshot"), reader(), workers=1)

    return examination


def without_image(folder: Path) -> Examination:
    manifest = write(folder, CLEAN)
    (folder / "images" / "1.png").unlink()
    return examine(str(manifest), reader(), workers=1)


def with_folder_as_image(folder: Path) -> Examination:
    (folder / "images" / "9.png").mkdir(parents=True)
    return examined(folder, [*CLEAN, Line("abc", name="images/9.png")])


def with_changed_image(folder: Path) -> Examination:
    manifest = write(folder, CLEAN)
    (folder / "images" / "1.png").write_bytes(PNG)
    return examine(str(manifest), reader(), workers=1)


def blank(shade: int = 255) -> bytes:
    return encoded(Image.new("L", (64, 32), shade))


def turned() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return encoded(picture(99).convert("RGB"), "JPEG", exif=exif)


def see_through() -> bytes:
    return encoded(Image.merge("LA", (picture(99), picture(98))))


BOMB = Image.new("1", (30_000, 9_000))
DEEP = Image.fromarray(np.asarray(picture(99), dtype=np.uint16) * 257)
WARNED = Problem("image.odd", "a PNG named .jpg", "another name", "Rename it.", "labels.txt", 7, "warning")
REJECTED = Problem("image.empty", "nothing", "an image", "Copy it.", "labels.txt", 8)
REPEATED = [Line("abc", "val", data=SAME), Line("abc", "train", data=SAME)]

CASES: dict[str, tuple[Callable[[Path], Examination], str]] = {
    # rule: how to break it, and what the first occurrence must say
    "ceiling.too-low": (of_lines(Line("x" * 13), by=reader(min_ceiling=0.9)), "train: at best 75.0 %"),
    "charset.unknown-character": (of_charset("a\nb\n"), "'c' U+0063"),
    "label.too-long": (of_lines(Line("abcabcabcabca")), "13 code points"),
    "label.too-few-steps": (of_lines(Line("aaaaaaaaa")), "17 steps needed"),
    "label.conflict": (
        of_lines(*(Line(t, data=SAME) for t in ("abc", "cab", "cab"))),
        "'abc' here, 'cab' in sample 1",
    ),
    "charset.several-code-points": (of_charset("a\nb\nc\nab\n"), "'ab' has 2 code points"),
    "charset.empty-entry": (of_charset("a\n\nb\nc\n"), "an empty entry"),
    "charset.doubled": (of_charset("a\nb\na\nc\n"), "'a' a second time"),
    "charset.bom": (of_charset("\ufeffa\nb\nc\n"), "byte-order mark"),
    "charset.crlf": (of_charset("a\r\nb\r\nc\r\n"), "CRLF"),
    "snapshot.changed": (of_import(changed=True), "hash is not"),
    "manifest.line": (of_bytes(lambda data: data[:-40]), "not a sample"),
    "manifest.duplicate-id": (of_bytes(lambda data: data + data.splitlines(keepends=True)[0]), "line 1 has"),
    "manifest.bom": (of_bytes(lambda data: b"\xef\xbb\xbf" + data), "byte-order mark"),
    "manifest.crlf": (of_bytes(lambda data: data.replace(b"\n", b"\r\n")), "CRLF"),
    "import.rejected": (of_import(REJECTED), "nothing (image.empty)"),
    "import.too-many-rejected": (of_import(REJECTED), "1 of 10 labels rejected (10.0 %; at most 1.0 %)"),
    "import.oddity": (of_import(WARNED), "a PNG named .jpg (image.odd)"),
    "image.missing": (without_image, "no file images/1.png"),
    "image.outside": (of_lines(Line("abc", name="../9.png", data=PNG)), "'../9.png'"),
    "image.unreadable": (with_folder_as_image, "images/9.png, which is not a file"),
    "image.empty": (of_image(b""), "zero bytes"),
    "image.unknown": (of_image(b"not an image"), "not an image"),
    "image.truncated": (of_image(PNG[:-60]), "does not decode"),
    "image.too-large": (of_image(encoded(BOMB), (30_000, 9_000)), "30000 x 9000"),
    "region.unusable": (of_lines(Line("abc", polygon=((70, 0), (90, 0), (90, 9), (70, 9)))), "outside the"),
    "image.changed": (with_changed_image, "the manifest says"),
    "image.wrong-size": (
        of_lines(Line("abc", data=PNG, size=(65, 32))),
        "64 x 32 pixels, the manifest says 65",
    ),
    "image.exif-rotated": (of_image(turned()), "orientation 6"),
    "image.blank": (of_image(blank()), "of one colour, labelled 'abc'"),
    "image.tiny": (of_lines(Line("abc", size=(64, 3))), "64 x 3 pixels; at least 4"),
    "image.huge": (of_image(PNG, max_image_megapixels=0.002), "64 x 32 pixels; at most 0.002"),
    "image.aspect-ratio": (of_lines(Line("abc", size=(325, 5))), "325 x 5 pixels; at most 60"),
    "image.cmyk": (of_image(encoded(picture(99).convert("CMYK"), "JPEG")), "JPEG image in CMYK"),
    "image.sixteen-bit": (of_image(encoded(DEEP)), "I;16"),
    "image.transparent": (of_image(see_through()), "see-through PNG image of mode LA"),
    "image.animated": (
        of_image(encoded(picture(99), "GIF", save_all=True, append_images=[picture(98)])),
        "2 frames",
    ),
    "text.missing": (of_lines(Line(None, label="pump")), "only the class 'pump'"),
    "text.empty": (of_lines(Line("  ")), "'  '"),
    "text.control": (of_lines(Line("a\tb")), "'\\t' U+0009"),
    "text.not-normal": (of_lines(Line("ae\u0301")), "is not NFC"),
    "text.normalised": (of_lines(Line("abc", meta={"text_before_normalisation": "abcd"})), "4 code points"),
    "text.spaces-around": (of_lines(Line("abc ")), "'abc '"),
    "text.odd-space": (of_lines(Line("a\u00a0b")), "U+00A0"),
    "text.invisible": (of_lines(Line("a\u200bb")), "U+200B"),
    "text.private-use": (of_lines(Line("a\ue000\ufffd")), "U+E000, '\ufffd' U+FFFD"),
    "text.pictograph": (
        of_lines(Line("ab✂\ufe0f🇹😀")),
        "'✂' U+2702, '\u25cc\ufe0f' U+FE0F, '🇹' U+1F1F9, '😀' U+1F600",
    ),
    "text.leading-mark": (
        of_lines(Line("\u0e34abc")),
        "the label '\u25cc\u0e34abc' begins with '\u25cc\u0e34' U+0E34",
    ),
    "split.empty": (lambda folder: examined(folder, CLEAN[:3]), "val has no samples"),
    "split.group-straddles": (
        of_lines(Line("abc", group="page"), Line("abc", "golden", group="page")),
        "group 'page' is also in train (sample 9)",
    ),
    "split.leakage": (of_lines(*REPEATED), "val: 1 of 2 lines are duplicates"),
    "split.duplicate": (of_lines(*REPEATED), "also in train: sample 1"),
    "split.near-duplicate": (
        of_lines(Line("cab", "test", data=encoded(picture(1), "JPEG", quality=90))),
        "also in train: sample 1",
    ),
    "split.small": (of_lines(by=reader(min_samples_per_split=2)), "val has 1 lines; at least 2"),
    "split.unseen-character": (of_lines(Line("axc", "val")), "'x' U+0078 in 'axc'"),
    "split.rare-character": (
        of_lines(Line("axxx"), by=reader(min_samples_per_character=2)),
        "'x' U+0078: in 1",
    ),
    "split.rare-label": (
        of_lines(Line("abc", label="valve"), by=reader(min_samples_per_label=2)),
        "'valve' has 1",
    ),
    "split.few-groups": (
        lambda folder: examined(folder, CLEAN[:6]),
        "2 groups held out (test 2, golden 0); at least 5; 5 of the 6 groups that there are is a share of 83",
    ),
    "split.guarded-slice": (
        of_lines(Line("abc", "golden"), by=reader(guards=("split=*", "age=old"))),
        "split=golden has 1 group; at least 5; it is frozen",
    ),
    "split.divergence": (
        of_lines(*(Line("xyzxyz", "val") for _ in range(9)), by=reader(max_split_divergence=0.1)),
        "characters: ",
    ),
}


CLEAN_PAGES = [
    *page(0, "train", box(10, 10), box(10, 30)),
    *page(1, "train", None),
    *page(2, "val", box(10, 10)),
    *(line for number in range(3, 8) for line in page(number, "test", box(10, 50))),
]
"""Pages that break no rule, one of them without any text."""

PAGE_CASES: dict[str, tuple[list[Line], str]] = {
    "region.none-readable": ([], "train: no readable text in 3 samples"),
    "region.no-polygon": ([Line("abc")], "the text 'abc' without a polygon"),
    "region.no-area": (page(9, "train", ((5, 5), (9, 9), (13, 13))), "'abc': the corners 5 5, 9 9, 13 13"),
    "region.off-page": (page(9, "train", box(180, 50)), "33.3 % of it is on the page: 180 50, 240 50"),
    "region.leaves-page": (page(9, "train", box(150, 95, 50, 8)), "'abc': 3 pixels over the edge"),
    "region.too-small": (page(9, "train", box(50, 50, 40, 2)), "40.0 x 2.0 pixels; at least 3 a side"),
    "region.below-stride": (page(9, "train", box(50, 50, 20, 10)), "20.0 x 10.0 pixels; a step is 32"),
    "region.twin": (page(9, "train", box(50, 50), box(51, 50)), "'abc' and 'abc' share at least 90.0 %"),
}


def test_a_clean_dataset_breaks_no_rule(tmp_path: Path) -> None:
    found = examined(tmp_path, CLEAN)
    assert found.findings == ()
    assert found.passed
    assert {ceiling.split: ceiling.share for ceiling in found.ceilings} == {
        "train": 1.0,
        "val": 1.0,
        "test": 1.0,
        "all": 1.0,
    }


RULES: tuple[Rule, ...] = (CEILING, *OF_LINES, *SHARED, *OF_PAGES)


def test_each_rule_has_a_case() -> None:
    assert {*CASES, *PAGE_CASES} == {rule.id for rule in RULES}
    assert not CASES.keys() & PAGE_CASES.keys()
    assert len(RULES) == len({rule.id for rule in RULES})


def check(found: Examination, rule: str, says: str, *, by_error: tuple[str, ...]) -> None:
    """Assert that `rule` is broken, its first place says so, and it weighs what it should."""
    broken = finding(found, rule)
    assert broken is not None
    assert says in broken.occurrences[0].found
    weight = next(one.weight for one in RULES if one.id == rule)
    assert broken.severity == ("error" if weight in by_error else "warning")


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_finds_what_it_is_for(rule: str, tmp_path: Path) -> None:
    break_it, says = CASES[rule]
    check(break_it(tmp_path), rule, says, by_error=("error", "error-if-many"))


@pytest.mark.parametrize("rule", PAGE_CASES)
def test_a_rule_of_pages_finds_what_it_is_for(rule: str, tmp_path: Path) -> None:
    lines, says = PAGE_CASES[rule]
    clean = CLEAN_PAGES
    if rule == "region.none-readable":
        clean = [replace(one, text=None, meta={"unreadable": True}) for one in CLEAN_PAGES]
    found = examined(tmp_path, [*clean, *lines], finder())
    check(found, rule, says, by_error=("error", "error-if-many", "error-if-pages"))


@pytest.mark.parametrize(
    "rule", ["label.too-few-steps", "text.empty", "image.blank", "image.changed", "label.conflict"]
)
def test_an_occurrence_names_sample_file_and_line(rule: str, tmp_path: Path) -> None:
    found = finding(CASES[rule][0](tmp_path), rule)
    assert found is not None
    one = found.occurrences[0]
    assert one.sample is not None
    assert one.line == int(one.sample) + 1
    assert one.file == str(tmp_path / "manifest.jsonl")
    assert one.picture is not None


def test_lines_are_counted_past_broken_ones(tmp_path: Path) -> None:
    manifest = write(tmp_path, [*CLEAN, Line("")])
    manifest.write_bytes(b"\xef\xbb\xbf{broken\r\n\n" + manifest.read_bytes())
    found = examine(str(manifest), reader(), workers=1)
    broken, empty = finding(found, "manifest.line"), finding(found, "text.empty")
    assert broken is not None
    assert [one.line for one in broken.occurrences] == [1, 2]
    assert empty is not None
    assert [one.line for one in empty.occurrences] == [len(CLEAN) + 3]


def test_a_few_faulty_samples_warn_and_many_are_an_error(tmp_path: Path) -> None:
    lines = [*CLEAN, Line("")]  # one of four in train
    few = finding(examined(tmp_path, lines, reader(max_faulty_share=0.25)), "text.empty")
    many = finding(examined(tmp_path, lines, reader(max_faulty_share=0.2)), "text.empty")
    assert few is not None
    assert few.severity == "warning"
    assert many is not None
    assert many.severity == "error"


def test_an_emoji_is_also_a_character_like_others(tmp_path: Path) -> None:
    lines = [*CLEAN, Line("a😀")]
    (tmp_path / "charset.txt").write_text("a\nb\nc\n")
    outside = examined(tmp_path, lines, reader(tmp_path / "charset.txt"))
    rare = examined(tmp_path, lines, reader(min_samples_per_character=2))
    assert [one.rule for one in outside.errors] == ["ceiling.too-low", "charset.unknown-character"]
    assert [one.rule for one in rare.findings] == ["text.pictograph", "split.rare-character"]


def test_zero_width_joiners_warn_only(tmp_path: Path) -> None:
    found = examined(tmp_path, [*CLEAN, Line("क\u094d\u200dष")])
    assert [one.rule for one in found.findings] == ["text.invisible"]


def test_a_symbolic_link_may_not_leave_the_folder(tmp_path: Path) -> None:
    (tmp_path / "outside.png").write_bytes(PNG)
    folder = tmp_path / "data"
    manifest = write(folder, [*CLEAN, Line("abc", data=PNG)])
    (folder / "images" / "9.png").unlink()
    (folder / "images" / "9.png").symlink_to(tmp_path / "outside.png")
    assert finding(examine(str(manifest), reader(), workers=1), "image.outside") is not None
    (folder / "images" / "9.png").unlink()
    (folder / "kept.png").write_bytes(PNG)
    (folder / "images" / "9.png").symlink_to(folder / "kept.png")
    assert examine(str(manifest), reader(), workers=1).findings == ()


def test_a_pipe_among_the_images_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    os.mkfifo(tmp_path / "images" / "9.png")
    found = examined(tmp_path, [*CLEAN, Line("abc", name="images/9.png")])
    assert finding(found, "image.unreadable") is not None


def test_a_path_written_on_windows_is_found(tmp_path: Path) -> None:
    manifest = write(tmp_path, CLEAN)
    manifest.write_bytes(manifest.read_bytes().replace(b"images/", rb"images\\"))
    assert examine(str(manifest), reader(), workers=1).findings == ()


def test_regions_of_a_page_are_measured_by_themselves(tmp_path: Path) -> None:
    page = encoded(picture(50, (64, 32)))
    upright = ((0, 0), (60, 0), (60, 20), (0, 20))
    narrow = ((0, 0), (8, 0), (8, 24), (0, 24))
    lines = [
        Line("abc", data=page, polygon=upright),
        Line("abcabc", data=page, polygon=narrow),  # turned upright it is 24 x 8 pixels
        *CLEAN[3:],
    ]
    keeps_ratio = reader(recognition={"resize": "keep-ratio"})
    found = examined(tmp_path, lines, keeps_ratio)
    widths = [spread.percentiles for spread in found.spreads if spread.measure == "width, px"]
    assert widths[0][0] == 24
    assert widths[0][-1] == 60
    assert finding(found, "label.conflict") is None
    assert finding(found, "image.wrong-size") is None


def test_problems_of_the_import_keep_their_places(tmp_path: Path) -> None:
    found = finding(CASES["import.rejected"][0](tmp_path), "import.rejected")
    assert found is not None
    assert (found.occurrences[0].file, found.occurrences[0].line) == ("labels.txt", 8)


def test_test_and_golden_may_share_a_group_and_an_image(tmp_path: Path) -> None:
    splits: tuple[Split, ...] = ("test", "golden")
    shared = [Line("abc", split, data=PNG, group="page") for split in splits]
    assert examined(tmp_path, [*CLEAN, *shared]).findings == ()


def test_without_train_nothing_is_said_of_characters_that_it_lacks(tmp_path: Path) -> None:
    found = examined(tmp_path, CLEAN[3:])
    assert [one.rule for one in found.findings] == ["split.empty"]


def test_an_empty_manifest_is_refused_without_a_crash(tmp_path: Path) -> None:
    found = examined(tmp_path, [])
    assert not found.passed
    assert found.ceilings == ()
    assert [one.rule for one in found.errors] == ["split.empty"]
