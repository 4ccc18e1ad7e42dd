"""Classifiers, detectors and searches, held against values worked by hand."""

from __future__ import annotations

import pytest

from evaluation.classes import classify
from evaluation.errors import FigureError
from evaluation.regions import Page, Region, spot
from evaluation.retrieval import Ranking, average_precision, score_rankings


def test_classes_by_hand() -> None:
    result = classify(["a", "a", "a", "b", "b", "c"], ["a", "a", "b", "b", "c", "d"])
    assert result.accuracy == pytest.approx(3 / 6)
    assert result.labels == ("a", "b", "c", "d")
    assert result.confusion == ((2, 1, 0, 0), (0, 1, 1, 0), (0, 0, 0, 1), (0, 0, 0, 0))
    # F1: a 2·2/(3+2), b 2·1/(2+2), c and d 0
    assert [one.f1 for one in result.classes] == [pytest.approx(0.8), pytest.approx(0.5), 0.0, 0.0]
    assert result.macro_f1 == pytest.approx(1.3 / 4)
    assert [one.precision for one in result.classes] == [1.0, 0.5, 0.0, 0.0]
    assert [one.recall for one in result.classes] == [pytest.approx(2 / 3), 0.5, 0.0, None]


def test_classes_must_come_in_pairs() -> None:
    for references, predictions in (([], []), (["a"], [])):
        with pytest.raises(FigureError):
            classify(references, predictions)


def box(left: float, top: float, width: float, height: float, text: str = "x") -> Region:
    right, bottom = left + width, top + height
    return Region(((left, top), (right, top), (right, bottom), (left, bottom)), text)


def numbers(page: Page) -> tuple[int, int, int, int]:
    result = spot([page])
    found = result.detection
    return found.true, found.found, found.matched, result.end_to_end.matched


@pytest.mark.parametrize(
    ("true", "found", "expected"),
    [
        # moved by a third of the width: IoU 20/40, just enough; by more: not
        ([box(0, 0, 30, 1)], [box(10, 0, 30, 1)], (1, 1, 1, 1)),
        ([box(0, 0, 30, 1)], [box(10.1, 0, 30, 1)], (1, 1, 0, 0)),
        ([box(0, 0, 30, 1)], [box(0, 0, 30, 1, "y")], (1, 1, 1, 0)),
        # one word may be found once
        ([box(0, 0, 30, 1)], [box(0, 0, 30, 1), box(1, 0, 30, 1)], (1, 2, 1, 1)),
        # the better of two overlapping pairs matches first
        ([box(0, 0, 30, 1, "a"), box(9, 0, 30, 1, "b")], [box(9, 0, 30, 1, "b")], (2, 1, 1, 1)),
        # unreadable text neither helps nor harms
        ([box(0, 0, 30, 1, "###")], [box(1, 0, 10, 1)], (0, 0, 0, 0)),
        ([box(0, 0, 30, 1, "###")], [box(26, 0, 10, 1)], (0, 1, 0, 0)),
        ([box(0, 0, 30, 1)], [], (1, 0, 0, 0)),
        ([], [box(0, 0, 30, 1)], (0, 1, 0, 0)),
        ([], [], (0, 0, 0, 0)),
    ],
)
def test_regions_by_hand(
    true: list[Region], found: list[Region], expected: tuple[int, int, int, int]
) -> None:
    assert numbers(Page("p", tuple(true), tuple(found))) == expected


@pytest.mark.parametrize("iou", [0.0, -1.0, 1.1, float("nan")])
def test_an_iou_that_says_nothing_is_refused(iou: float) -> None:
    with pytest.raises(FigureError, match="above 0, at most 1"):
        spot([Page("1", (), ())], iou)


def test_region_rates_are_over_all_pages() -> None:
    pages = [
        Page("1", (box(0, 0, 9, 9), box(20, 0, 9, 9)), (box(0, 0, 9, 9),)),
        Page("2", (), (box(0, 0, 9, 9),)),
    ]
    detection = spot(pages).detection
    assert (detection.precision, detection.recall, detection.hmean) == (0.5, 0.5, 0.5)
    nothing = spot([Page("1", (), ())]).detection
    assert (nothing.precision, nothing.recall, nothing.hmean) == (None, None, None)


def test_corners_in_the_wrong_order_still_make_a_region() -> None:
    square = Region(((0, 0), (10, 0), (10, 10), (0, 10)), "x")
    bow_tie = Region(((0, 0), (10, 10), (10, 0), (0, 10)), "x")
    assert numbers(Page("p", (square,), (bow_tie,))) == (1, 1, 1, 1)  # half of the square, IoU 0.5
    with pytest.raises(FigureError, match="without area on p"):
        spot([Page("p", (Region(((0, 0), (1, 1)), "x"),), ())])


def test_rankings_by_hand() -> None:
    first = Ranking("1", ("a", "x", "b", "y"), frozenset("abc"))
    second = Ranking("2", ("x", "a"), frozenset("a"))
    nothing = Ranking("3", ("x",), frozenset())
    assert average_precision(first) == pytest.approx((1 / 1 + 2 / 3 + 0) / 3)
    result = score_rankings([first, second, nothing], ks=(1, 3))
    assert (result.queries, result.unanswerable) == (2, 1)
    assert [one.recall for one in result.recall] == [pytest.approx(1 / 6), pytest.approx((2 / 3 + 1) / 2)]
    assert result.mean_average_precision == pytest.approx((5 / 9 + 1 / 2) / 2)


def test_rankings_that_say_nothing_are_refused() -> None:
    with pytest.raises(FigureError, match="none with a relevant item"):
        score_rankings([Ranking("1", ("a",), frozenset())])
    with pytest.raises(FigureError, match="k 0; expected 1 or more"):
        score_rankings([Ranking("1", ("a",), frozenset("a"))], ks=(1, 0))
    with pytest.raises(FigureError, match="twice"):
        score_rankings([Ranking("1", ("a", "a"), frozenset("a"))])
