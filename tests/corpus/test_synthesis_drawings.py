"""Synthetic drawings: every text is where its polygon says, the right way up, and nothing lies on it."""

from __future__ import annotations

import itertools
import random
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from corpus.crops import crop, is_turnable
from corpus.errors import SynthesisError
from corpus.synthesis import load_recipe
from corpus.synthesis.drawings.canvas import Region
from corpus.synthesis.drawings.geometry import DOWN, LEFT, RIGHT, UP, Box, box_around
from corpus.synthesis.drawings.routing import GRID_PX, Router
from corpus.synthesis.drawings.sheet import DrawnSheet, draw_sheet
from corpus.synthesis.drawings.space import Space
from corpus.synthesis.drawings.symbols import BUBBLES, CONTROL_VALVE, EQUIPMENT, IN_LINE, VALVES
from corpus.synthesis.fonts import Face
from corpus.synthesis.lettering import set_type
from corpus.synthesis.recipe import Degradations, Effect, Tone
from corpus.synthesis.synthesise import faces_for


@lru_cache
def sheet(seed: int, skew_deg: float) -> DrawnSheet:
    """Draw a sheet with black ink on white paper, turned by `skew_deg`."""
    skew = Effect(probability=1.0, range=(skew_deg, skew_deg))
    recipe = load_recipe("pid-drawings").model_copy(
        update={"degradations": Degradations(skew_deg=skew), "tone": Tone(paper=(255, 255), ink=(0, 0))}
    )
    try:
        faces = faces_for(recipe)
    except SynthesisError as error:
        pytest.skip(str(error))
    return draw_sheet(recipe, faces, random.Random(seed))


def texts(drawn: DrawnSheet) -> list[Region]:
    return [region for region in drawn.regions if region.text is not None]


def likeness(line: Image.Image, text: str, face: Face) -> float:
    """Return how well `line` agrees with `text` set in `face` inside a margin of one pixel (correlation)."""
    ideal = Image.new("L", line.size)
    ideal.paste(set_type(text, face, 48).mask.resize((line.width - 2, line.height - 2)), (1, 1))
    a, b = 255 - np.asarray(line, float).ravel(), np.asarray(ideal, float).ravel()
    return float(np.corrcoef(a, b)[0, 1])


@pytest.mark.parametrize(("seed", "skew_deg"), [(0, 0.0), (1, 1.0), (2, -2.5)])
def test_every_text_is_cut_out_upright_and_tight(seed: int, skew_deg: float) -> None:
    drawn = sheet(seed, skew_deg)
    upright = 0
    for region in texts(drawn):
        assert region.text is not None
        line, turned = crop(drawn.image, region.polygon, turnable=is_turnable(region.text))
        assert not turned
        if len(region.text) > 2:  # fewer are too few pixels to compare
            alike = likeness(line, region.text, drawn.face)
            assert alike > 0.6, region
            assert alike > likeness(line.rotate(180), region.text, drawn.face), region
        upright += region.polygon[1][1] < region.polygon[0][1] - 30
    assert upright >= 1  # some line numbers read upwards


@pytest.mark.parametrize("seed", range(4))
def test_no_text_lies_on_another_and_all_are_on_the_sheet(seed: int) -> None:
    drawn = sheet(seed, 0.0)
    boxes = [box_around(region.polygon).grown(-1) for region in texts(drawn)]
    assert len(boxes) > 80
    for a, b in itertools.combinations(boxes, 2):
        apart = a.right <= b.left or b.right <= a.left or a.bottom <= b.top or b.bottom <= a.top
        assert apart, (a, b)
    for region in drawn.regions:
        box = box_around(region.polygon)
        assert box.left >= 0
        assert box.top >= 0
        assert box.right <= drawn.image.width
        assert box.bottom <= drawn.image.height


def test_the_truth_names_equipment_instruments_valves_pipes_and_signals() -> None:
    labels = {region.label for seed in range(4) for region in sheet(seed, 0.0).regions}
    assert {"text", "pipe", "pipe-minor", "signal", "off-page-connector", "flow-arrow"} <= labels
    assert labels & {symbol.name for symbol in EQUIPMENT.values()}
    assert len(labels & {symbol.name for symbol in VALVES}) >= 4
    assert len(labels & {symbol.name for symbol in IN_LINE}) >= 3
    assert labels & set(BUBBLES)


def test_an_instruments_letters_and_number_stand_in_its_bubble() -> None:
    regions = sheet(0, 0.0).regions
    bubbles = [r for r in regions if r.label in BUBBLES and "tag" in r.meta]
    assert bubbles
    for bubble in bubbles:
        outer = box_around(bubble.polygon)
        inside = [
            region.text
            for region in regions
            if region.text is not None
            and outer.left < box_around(region.polygon).centre[0] < outer.right
            and outer.top < box_around(region.polygon).centre[1] < outer.bottom
        ]
        assert "-".join(str(text) for text in inside) == bubble.meta["tag"]


Way = list[tuple[float, float]]


def nodes_of(way: Way) -> Way:
    """Return every node of the grid on `way`, in order."""
    nodes = [way[0]]
    for (x0, y0), (x1, y1) in itertools.pairwise(way):
        count = round(max(abs(x1 - x0), abs(y1 - y0)) / GRID_PX)
        nodes += [(x0 + (x1 - x0) * n / count, y0 + (y1 - y0) * n / count) for n in range(1, count + 1)]
    return nodes


def steps_of(way: Way) -> set[frozenset[tuple[float, float]]]:
    return {frozenset(pair) for pair in itertools.pairwise(nodes_of(way))}


node = st.tuples(st.integers(1, 28), st.integers(1, 18)).map(lambda at: (at[0] * 20.0, at[1] * 20.0))
direction = st.sampled_from([RIGHT, LEFT, UP, DOWN])


@given(st.lists(st.tuples(node, direction, node, direction), min_size=2, max_size=8))
@settings(deadline=None, max_examples=50)
def test_pipes_cross_straight_and_never_touch_or_share_a_way(ends: list[tuple[Any, Any, Any, Any]]) -> None:
    router = Router(Space(600, 400))
    ways = [way for end in ends if end[0] != end[2] and (way := router.route(*end))]
    for one, other in itertools.permutations(ways, 2):
        assert not steps_of(one) & steps_of(other)
        assert not set(one[1:-1]) & set(nodes_of(other)[1:-1])  # no bend on another pipe


def test_pipes_go_through_a_gap_side_by_side() -> None:
    space = Space(600, 400)
    for wall in (Box(300, 0, 304, 180), Box(300, 240, 304, 400)):
        space.take(wall)
    router = Router(space)
    first = router.route((40, 100), RIGHT, (560, 100), RIGHT)
    second = router.route((40, 140), RIGHT, (560, 140), RIGHT)
    assert first is not None
    assert second is not None
    assert not steps_of(first) & steps_of(second)
    assert router.route((40, 180), RIGHT, (560, 180), RIGHT) is None  # the gap has room for two
    assert router.route((160, 20), DOWN, (160, 380), DOWN) is not None  # but one may cross them


def test_a_symbol_turns_with_the_flow() -> None:
    upright = CONTROL_VALVE.box((0, 0))
    assert upright.top < -40
    assert CONTROL_VALVE.turned(DOWN).box((0, 0)).right > 40
    assert CONTROL_VALVE.turned(LEFT).box((0, 0)).bottom > 40
    assert CONTROL_VALVE.turned(UP).box((0, 0)).left < -40
