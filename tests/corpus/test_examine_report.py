"""What people and programs see of an examination: the HTML, the JSON, the summary, the table of rules."""

from __future__ import annotations

import base64
import io
import re
from html.parser import HTMLParser
from pathlib import Path

import orjson
import pytest
from examined import CLEAN, Line, encoded, examined, picture, reader
from PIL import Image
from upath import UPath

from corpus.examine import Examination
from corpus.examine.charts import BAR_PX, character_bars
from corpus.examine.report import SHOWN, write_html
from corpus.examine.rules import CEILING, SHARED
from corpus.examine.summary import summary_lines
from tasks.detection.rules import RULES as OF_PAGES
from tasks.recognition.rules import RULES as OF_LINES

EVIL = "<script>alert('x')</script>"
BROKEN = [
    Line(EVIL, group="<b>"),
    Line("abc", data=b"broken"),
    Line("a\u0000\u0e34 \u200b😀"),
    Line("cab", "val", data=encoded(picture(1))),
    *(Line("", data=encoded(picture(200 + i))) for i in range(SHOWN + 3)),
]


class Reader(HTMLParser):
    """Collects the tags of a page, what it refers to, and its text; knows whether every tag is closed."""

    VOID = frozenset({"meta", "img", "br", "rect", "link"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.references: list[str] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(html)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.references += [value or "" for key, value in attrs if key in ("src", "href", "action")]
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self._open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def page_of(examination: Examination, folder: Path) -> Reader:
    out = folder / "reports" / "report.html"
    write_html(examination, UPath(out))
    return Reader(out.read_text(encoding="utf-8"))


@pytest.fixture
def broken(tmp_path: Path) -> Examination:
    return examined(tmp_path, [*CLEAN, *BROKEN])


def test_the_report_is_one_file_that_runs_nothing(broken: Examination, tmp_path: Path) -> None:
    page = page_of(broken, tmp_path)
    assert "script" not in page.tags
    assert "link" not in page.tags
    assert {reference[:1] for reference in page.references} == {"#", "d"}
    pictures = [one for one in page.references if one.startswith("data:")]
    first = Image.open(io.BytesIO(base64.b64decode(pictures[0].partition(",")[2])))
    assert first.size == (64, 32)
    assert not re.search(r"url\(|@import|https?://", (tmp_path / "reports" / "report.html").read_text())


def test_the_report_says_verdict_ceiling_and_places(broken: Examination, tmp_path: Path) -> None:
    text = " ".join(page_of(broken, tmp_path).text.split())
    assert f"Refused: {len(broken.errors)} reasons not to train on this" in text
    assert broken.ceilings[-1].percent in text
    assert EVIL in text  # as text
    for found in broken.findings:
        assert found.summary in text
        assert found.remedy in text
        assert found.occurrences[0].found in text or not found.occurrences[0].found.isprintable()
    assert "and 3 more, all in the JSON" in text


def test_the_report_shows_characters_that_cannot_be_seen(broken: Examination, tmp_path: Path) -> None:
    shown = [bar.shown for bar in character_bars(broken)]
    assert {"␣", "200B", "0000", "\u25cc\u0e34", "😀", "a"} < set(shown)
    assert "".join(shown) in "".join(page_of(broken, tmp_path).text.split())


def test_reports_of_a_clean_and_of_an_empty_dataset(tmp_path: Path) -> None:
    clean = page_of(examined(tmp_path, CLEAN), tmp_path).text
    assert "Passed: nothing speaks against training" in clean
    assert "100.0 %" in clean
    empty = page_of(examined(tmp_path / "empty", []), tmp_path).text
    assert "Refused: 1 reason not to train on this" in empty


def test_bars_of_splits_that_are_alike_are_equally_high(tmp_path: Path) -> None:
    bars = character_bars(examined(tmp_path, CLEAN))
    assert [bar.train_px for bar in bars] == [bar.val_px for bar in bars] == [BAR_PX] * 3


def test_the_report_does_not_need_the_images(broken: Examination, tmp_path: Path) -> None:
    for image in (tmp_path / "images").iterdir():
        image.unlink()
    assert "no picture" in page_of(broken, tmp_path).text


def test_the_json_holds_every_place(broken: Examination) -> None:
    content = orjson.loads(broken.as_json())
    assert content["schema_version"] == 2
    assert content["passed"] is False
    by_rule = {found["rule"]: found for found in content["findings"]}
    empty = by_rule["text.empty"]
    assert empty["count"] == len(empty["occurrences"]) == SHOWN + 3
    assert empty["occurrences"][0] | {"picture": None} == {
        "found": "the label ''",
        "sample": "13",
        "file": str(broken.folder / "manifest.jsonl"),
        "line": 14,
        "split": "train",
        "text": "",
        "picture": None,
        "other": None,
    }
    whole = content["ceilings"][-1]
    assert whole["reachable"] + sum(whole["lost"].values()) == whole["samples"] == len(CLEAN) + len(BROKEN)
    assert content["characters"]["train"]["a"] == sum(
        line.text.count("a") for line in [*CLEAN, *BROKEN] if line.split == "train" and line.text
    )
    assert content["lengths"]["val"] == {"3": 2}
    assert content["charset"]["derived"] == sorted(
        set("".join(line.text or "" for line in [*CLEAN, *BROKEN]))
    )
    assert content["images"] == {"files": len(CLEAN) + len(BROKEN), "read": len(CLEAN) + len(BROKEN)}


def test_the_summary_names_file_and_line(broken: Examination) -> None:
    lines = list(summary_lines(broken))
    assert lines[0].startswith("REFUSED: ")
    empty = [line for line in lines if "the label ''" in line]
    assert empty[0].strip() == f"{broken.folder / 'manifest.jsonl'}:14 13: the label ''"
    assert len(empty) == 3
    assert f"    … and {SHOWN:,} more" in lines


def test_a_long_label_is_cut_for_people_and_whole_in_the_json(tmp_path: Path) -> None:
    label = "abc" * 2000
    found = examined(tmp_path, [*CLEAN, Line(label, "val", label=label, group=label)])
    cut = f"{label[:80]!r}… (6,000 code points)"
    for shown in ("\n".join(summary_lines(found)), page_of(found, tmp_path).text):
        assert cut in shown
        assert label[:81] not in shown
    too_long = next(
        one for one in orjson.loads(found.as_json())["findings"] if one["rule"] == "label.too-long"
    )
    assert too_long["occurrences"][0]["text"] == label


def test_class_labels_are_counted(tmp_path: Path) -> None:
    found = examined(
        tmp_path, [Line("1", label="one"), Line("1", label="one"), Line("2", "val", label="two")], reader()
    )
    assert found.labels == {"train": {"one": 2}, "val": {"two": 1}}


def test_the_documentation_has_every_rule_in_order() -> None:
    text = (Path(__file__).parents[2] / "docs" / "examine.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(.+?)` \| (.+?) \| (.+?) \| (.+?) \|$", text, re.MULTILINE)
    rules = (CEILING, *SHARED, *OF_LINES, *OF_PAGES)
    assert rows == [(rule.id, rule.weight, rule.what, rule.remedy) for rule in rules]
