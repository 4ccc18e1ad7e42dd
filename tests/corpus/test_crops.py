"""Cutting quadrilaterals out of a page: upright, whole, and turned only where the text lies on its side."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PIL import Image, ImageDraw

from corpus.crops import crop, is_turnable
from corpus.sample import Polygon


def marked_page() -> Image.Image:
    """A white page with a black block: 60 x 20 px at (30, 40), its left third grey."""
    page = Image.new("L", (200, 150), 255)
    draw = ImageDraw.Draw(page)
    draw.rectangle((30, 40, 89, 59), fill=0)
    draw.rectangle((30, 40, 49, 59), fill=128)
    return page


def pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image, dtype=np.int16)


BOX: Polygon = ((30, 40), (90, 40), (90, 60), (30, 60))


def test_a_box_is_cut_exactly() -> None:
    line, turned = crop(marked_page(), BOX, turnable=True)
    assert not turned
    assert line.size == (60, 20)
    assert set(np.unique(pixels(line)[:, :20])) == {128}
    assert set(np.unique(pixels(line)[:, 20:])) == {0}


def test_the_first_point_is_the_top_left_of_the_text() -> None:
    upside_down: Polygon = (BOX[2], BOX[3], BOX[0], BOX[1])
    line, _ = crop(marked_page(), upside_down, turnable=True)
    assert line.size == (60, 20)
    assert np.abs(pixels(line)[2:-2, 42:58] - 128).max() <= 2, "the grey third is on the right now"


@pytest.mark.parametrize("degrees", [-20, -7, 10, 33])
def test_a_slanted_quadrilateral_is_set_upright(degrees: float) -> None:
    page = marked_page()
    centre = np.array([page.width / 2, page.height / 2])
    angle = np.deg2rad(-degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    quad = tuple((float(x), float(y)) for x, y in (np.array(BOX) - centre) @ turn.T + centre)
    slanted = page.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=255)
    line, _ = crop(slanted, quad, turnable=True)
    assert line.size == (60, 20)
    assert np.abs(pixels(line)[3:-3, 3:17] - 128).mean() < 8
    assert pixels(line)[3:-3, 25:-3].mean() < 8


def test_what_lies_beyond_the_page_is_paper() -> None:
    line, _ = crop(marked_page(), ((-20, -9), (60, -8), (60, 20), (-20, 20)), turnable=True)
    assert pixels(line).min() == 255


def test_a_tall_crop_is_turned_only_for_a_text_that_cannot_stand_upright() -> None:
    page = marked_page().rotate(90, expand=True)
    tall: Polygon = ((40, 110), (60, 110), (60, 170), (40, 170))
    assert crop(page, tall, turnable=True)[0].size == (60, 20)
    assert crop(page, tall, turnable=True)[1]
    assert crop(page, tall, turnable=is_turnable("12"))[0].size == (20, 60)


def test_text_that_runs_upwards_is_turned_to_read_from_the_left() -> None:
    page = marked_page().rotate(90, expand=True)  # what was left is below now
    line, _ = crop(page, ((40, 110), (60, 110), (60, 170), (40, 170)), turnable=True)
    assert set(np.unique(pixels(line)[:, :20])) == {128}
    assert set(np.unique(pixels(line)[:, 20:])) == {0}


@pytest.mark.parametrize(
    ("quad", "told"),
    [
        (((5, 5), (5, 5), (5, 5), (5, 5)), "no area"),
        (((0, 0), (9, 9), (18, 18), (9, 9)), "no area"),
        (((300, 5), (390, 5), (390, 30), (300, 30)), "outside the page of 200 x 150"),
        (((-50, 5), (-2, 5), (-2, 30), (-50, 30)), "outside the page"),
        (((-50, 5), (40, 5), (40, 30), (-50, 30)), "most of the region lies outside the page of 200 x 150"),
        (((10, 5), (900, 5), (900, 30), (10, 31)), "most of the region lies outside the page"),
        (((0, 0), (1e308, 0), (1e308, 1e308), (-1e308, 1e308)), "outside the page"),
        (((0, 0), (math.inf, 0), (math.inf, 9), (0, 9)), "outside the page"),
        (((0, 0), (math.nan, 0), (9, 9), (0, 9)), "outside the page"),
        ((), "0 points"),
        (((0, 0), (9, 9)), "2 points"),
    ],
)
def test_regions_that_cannot_be_cut(quad: Polygon, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        crop(marked_page(), quad, turnable=True)
