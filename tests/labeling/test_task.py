"""The labelling task in a real browser: what a labeller does, and what the form then submits."""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from labeller import Labeller
from PIL import Image
from portal import TEMPLATE, Portal
from white_sheet import MARK, RED, SIZE, sheet

DRAWING = "s3://raw/sheet 1 & 2.png"
POINTS = [[20, 30], [120, 30], [120, 60], [20, 60]]
HOSTILE = [
    "</script><script>window.hacked = 1</script>",
    '" onfocus="window.hacked = 1" x="',
    "' autofocus onfocus='window.hacked = 1",
    "<img src=x onerror=window.hacked=1>",
    "{{ 7 | times: 6 }}{% raw %}",
    "&lt;b&gt; &amp;amp; &quot;",
    '\\u0022 \\" \u2028 end',
]


@pytest.fixture
def at_task(portal: Portal, sit_down: Callable[[str], Labeller]) -> Callable[..., Labeller]:
    """Return a function that opens the task of the white sheet."""

    def open_(initial: Any = None, **how: bool) -> Labeller:
        portal.images[DRAWING] = sheet()
        return sit_down(portal.task(DRAWING, initial, **how))

    return open_


def box(text: str, points: Any = POINTS) -> dict[str, Any]:
    return {"transcription": text, "points": points}


def test_boxes_are_drawn_typed_moved_marked_and_deleted(at_task: Callable[..., Labeller]) -> None:
    labeller = at_task()
    labeller.drag((20, 30), (120, 60))
    labeller.page.keyboard.type("น้ำ 12 m³/h")  # the new box's field has the focus
    labeller.drag((300, 150), (200, 120))  # from the lower right
    labeller.press(2, "Unreadable")
    labeller.drag((10, 100), (60, 120))
    labeller.press(3, "Delete")
    labeller.drag((60, 45), (70, 55))  # the first box, as it is
    labeller.drag((130, 40), (140, 34))  # its upper right corner
    assert labeller.label() == {
        "image": {"width": 400, "height": 200},
        "boxes": [
            box("น้ำ 12 m³/h", [[30, 40], [140, 34], [130, 70], [30, 70]]),
            box("###", [[200, 120], [300, 120], [300, 150], [200, 150]]),
        ],
    }


def test_what_a_machine_guessed_is_shown_to_be_corrected(at_task: Callable[..., Labeller]) -> None:
    slanted = [[20.5, 120], [120, 130.25], [118, 160], [18, 150]]
    labeller = at_task([box("FV-1O1"), box("ok", slanted)])
    assert labeller.texts() == ["FV-1O1", "ok"]
    labeller.text(1).fill("FV-101")
    assert labeller.label()["boxes"] == [box("FV-101"), box("ok", slanted)]


def test_a_guess_whose_corners_run_the_other_way_is_put_right(at_task: Callable[..., Labeller]) -> None:
    labeller = at_task([box("a", [POINTS[0], *reversed(POINTS[1:])]), box("b", [[-9, 5], [450, 5], [9, 99]])])
    assert labeller.label()["boxes"] == [box("a"), box("b", [[0, 5], [400, 5], [9, 99]])]


@pytest.mark.parametrize("initial", ["text", {"boxes": []}, [7], [box("a", [[0, 0], [1, "1"], [2, 2]])]])
def test_a_guess_that_cannot_be_shown_is_told(at_task: Callable[..., Labeller], initial: Any) -> None:
    labeller = at_task(initial)
    assert "1 of the boxes guessed by a machine could not be shown" in labeller.message()
    labeller.drag((20, 30), (120, 60))
    labeller.text(1).fill("a")
    assert labeller.label()["boxes"] == [box("a")]


@pytest.mark.parametrize("json_is_safe", [False, True])
def test_texts_are_texts_whatever_they_hold(at_task: Callable[..., Labeller], json_is_safe: bool) -> None:
    labeller = at_task([box(text) for text in HOSTILE], json_is_safe=json_is_safe)
    assert labeller.texts() == HOSTILE
    assert labeller.label()["boxes"] == [box(text) for text in HOSTILE]
    assert labeller.page.evaluate("window.hacked ?? null") is None
    assert labeller.page.locator("img").count() == 1


def test_a_box_without_text_is_not_submitted(at_task: Callable[..., Labeller]) -> None:
    labeller = at_task([box("a"), box(" ")])
    assert labeller.submit() is None
    assert labeller.message() == "Box 2 has no text. Type it, press Unreadable, or delete the box."
    labeller.page.keyboard.type("b ")  # where the focus was put
    assert labeller.message() == ""
    assert [one["transcription"] for one in labeller.label()["boxes"]] == ["a", "b"]


def test_an_empty_answer_is_meant(at_task: Callable[..., Labeller]) -> None:
    labeller = at_task()
    assert labeller.submit() is None
    assert "tick that there is nothing to read" in labeller.message()
    labeller.page.get_by_label("There is nothing to read").check()
    labeller.drag((20, 30), (120, 60))
    labeller.text(1).fill("a")
    assert labeller.submit() is None
    assert "but there are boxes" in labeller.message()
    labeller.press(1, "Delete")
    assert labeller.label() == {"image": {"width": 400, "height": 200}, "boxes": []}


def test_a_box_that_would_be_read_mirrored_is_not_submitted(at_task: Callable[..., Labeller]) -> None:
    labeller = at_task([box("a")])
    labeller.drag((60, 45), (60, 46))
    labeller.drag((120, 61), (10, 20))  # its lower right corner, beyond the upper left one
    assert labeller.submit() is None
    assert "Box 1 is twisted or flat" in labeller.message()


def test_text_is_composed_before_it_is_submitted(at_task: Callable[..., Labeller]) -> None:
    labeller = at_task([box(unicodedata.normalize("NFD", "Đường kính"))])
    assert labeller.label()["boxes"][0]["transcription"] == unicodedata.normalize("NFC", "Đường kính")


def test_a_text_that_runs_another_way_begins_at_its_own_top_left(at_task: Callable[..., Labeller]) -> None:
    labeller = at_task([box("down")])
    labeller.press(1, "The text begins at the next corner")
    assert labeller.label()["boxes"] == [box("down", [*POINTS[1:], POINTS[0]])]


@pytest.mark.parametrize(
    ("quarters", "points"),
    [
        (1, [[100, 180], [100, 60], [140, 60], [140, 180]]),
        (2, [[140, 180], [100, 180], [100, 60], [140, 60]]),
        (3, [[140, 60], [140, 180], [100, 180], [100, 60]]),
    ],
)
def test_in_a_turned_view_a_box_begins_where_the_labeller_sees_it(
    at_task: Callable[..., Labeller], quarters: int, points: list[list[int]]
) -> None:
    labeller = at_task()
    for _ in range(quarters):
        labeller.page.get_by_role("button", name="Turn view").click()
    frame = labeller.page.locator("#stage").bounding_box()
    assert frame is not None
    scale = max(frame["width"], frame["height"]) / max(SIZE)
    corners = {1: ((20, 100), (140, 140)), 2: ((260, 20), (300, 140)), 3: ((60, 260), (180, 300))}[quarters]
    for (across, down), act in zip(corners, ("down", "up"), strict=True):
        labeller.page.mouse.move(frame["x"] + across * scale, frame["y"] + down * scale)
        getattr(labeller.page.mouse, act)()
    labeller.page.keyboard.type("a")
    assert labeller.label()["boxes"] == [box("a", points)]


def test_all_is_done_by_keys(at_task: Callable[..., Labeller]) -> None:
    labeller = at_task([box("a"), box("b", [[x, y + 80] for x, y in POINTS]), box("c")])
    keys = labeller.page.keyboard
    labeller.text(1).focus()
    keys.press("Alt+t")
    keys.press("Enter")
    keys.press("Alt+u")
    labeller.page.get_by_label("Corner 3").focus()
    keys.press("ArrowRight")
    keys.press("Shift+ArrowDown")
    labeller.text(2).focus()
    keys.press("Enter")
    keys.press("Alt+Delete")
    labeller.page.get_by_role("button", name="Add box").press("Enter")
    keys.type("new")
    assert labeller.page.evaluate("window.submitted ?? null") is None  # by no Enter
    made = labeller.label()["boxes"]
    assert made[:2] == [
        box("a", [*POINTS[1:], POINTS[0]]),
        box("###", [[20, 110], [120, 110], [121, 150], [20, 140]]),
    ]
    assert [one["transcription"] for one in made] == ["a", "###", "new"]


def test_enter_that_chooses_a_word_of_an_input_method_stays_in_its_text(
    at_task: Callable[..., Labeller],
) -> None:
    labeller = at_task([box("a"), box("b")])
    labeller.text(1).focus()
    enter = {"key": "Enter", "isComposing": True, "bubbles": True, "cancelable": True}
    labeller.text(1).dispatch_event("keydown", enter)
    assert labeller.page.evaluate("document.activeElement.value") == "a"


def test_a_large_drawing_fits_and_is_zoomed_without_losing_a_pixel(
    portal: Portal, sit_down: Callable[[str], Labeller]
) -> None:
    portal.images[DRAWING] = sheet(kind="JPEG", size=(9934, 7016))
    labeller = sit_down(portal.task(DRAWING))
    view, stage = (labeller.page.locator(one).bounding_box() for one in ("#view", "#stage"))
    assert view is not None
    assert stage is not None
    assert stage["width"] <= view["width"]
    assert stage["height"] <= view["height"]
    corner = (stage["x"] + stage["width"] - 6, stage["y"] + stage["height"] - 6)
    labeller.page.mouse.move(*corner)  # what is there, 80 pixels or so from the image's own, stays there
    labeller.page.keyboard.down("Control")
    for _ in range(13):
        labeller.page.mouse.wheel(0, -100)
    labeller.page.keyboard.up("Control")
    labeller.page.wait_for_function("document.getElementById('stage').offsetWidth > 9934")
    labeller.drag((9801, 6811), (9903, 6845))
    labeller.text(1).fill("a")
    assert labeller.label() == {
        "image": {"width": 9934, "height": 7016},
        "boxes": [box("a", [[9801, 6811], [9903, 6811], [9903, 6845], [9801, 6845]])],
    }


def test_a_box_is_drawn_over_another_with_shift(at_task: Callable[..., Labeller]) -> None:
    labeller = at_task([box("whole")])
    labeller.page.keyboard.down("Shift")
    labeller.drag((40, 35), (80, 55))
    labeller.page.keyboard.up("Shift")
    labeller.page.keyboard.type("part")
    assert labeller.label()["boxes"] == [box("whole"), box("part", [[40, 35], [80, 35], [80, 55], [40, 55]])]


def test_a_box_stays_on_the_image(at_task: Callable[..., Labeller]) -> None:
    labeller = at_task([box("a")])
    labeller.drag((60, 45), (-30, 300))
    assert labeller.label()["boxes"] == [box("a", [[0, 170], [100, 170], [100, 200], [0, 200]])]


@pytest.mark.parametrize("orientation", [3, 5, 6])  # upside down, mirrored and lying, lying
def test_an_image_that_exif_turns_is_shown_as_it_is_stored(
    portal: Portal, sit_down: Callable[[str], Labeller], orientation: int
) -> None:
    portal.images[DRAWING] = sheet(kind="JPEG", exif_orientation=orientation)
    labeller = sit_down(portal.task(DRAWING))
    shown = Image.open(io.BytesIO(labeller.page.locator("#stage").screenshot())).convert("RGB")
    assert shown.width / shown.height == pytest.approx(SIZE[0] / SIZE[1], abs=0.01)
    scale = shown.width / SIZE[0]
    middle = (int((MARK[0] + MARK[2]) / 2 * scale), int((MARK[1] + MARK[3]) / 2 * scale))
    found = shown.getpixel(middle)
    assert found == pytest.approx(RED, abs=9)
    labeller.page.get_by_label("There is nothing to read").check()
    assert labeller.label()["image"] == {"width": 400, "height": 200}


@pytest.mark.parametrize(
    ("data", "cors"), [(None, True), (b"MM\0*no browser shows it", True), (sheet(), False)]
)
def test_without_its_image_nothing_is_submitted(
    portal: Portal, sit_down: Callable[[str], Labeller], data: bytes | None, cors: bool
) -> None:
    portal.cors = cors
    if data is not None:
        portal.images[DRAWING] = data
    labeller = sit_down(portal.task(DRAWING, [box("a")]))
    labeller.page.get_by_label("There is nothing to read").check()
    assert labeller.submit() is None
    assert "The image could not be loaded, so nothing can be submitted" in labeller.message()
    labeller.page.get_by_role("button", name="Add box").click()
    assert labeller.texts() == []


def test_the_template_asks_for_nothing_but_aws_own_script_and_escapes_what_it_prints() -> None:
    text = TEMPLATE.read_text(encoding="utf-8")
    assert re.findall(r"(?:https?:)?//[\w.]+\.\w+/[^\"' ]*", text) == [
        "https://assets.crowd.aws/crowd-html-elements.js",
        "http://www.w3.org/2000/svg",  # a name, not an address
    ]
    assert re.findall(r"\{[{%].*?[%}]\}", text) == [
        "{{ task.input.taskObject | grant_read_access }}",
        "{{ task.input.initial | to_json | escape }}",
    ]
    assert not re.search(r"innerHTML|insertAdjacent|document\.write|\beval\b|skip_autoescape", text)
    assert len(text) < 128_000  # RenderUiTemplate takes no more
