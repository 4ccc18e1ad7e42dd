"""Where a detector's answers come from: outlines and their middles, targets, boxes, tiles, the loss."""

from __future__ import annotations

import cv2
import numpy as np
import paddle
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from config.tasks.detection import Detection
from containers.paddle.detection.losses import detection_loss
from containers.paddle.detection.outlines import outlines_of
from containers.paddle.detection.targets import Targets, stacked, targets_of
from containers.runtime.boxes import boxes_in, lost_px
from containers.runtime.tiles import page_map, spans
from corpus.sample import Polygon

HOW = Detection(tile_px=64, overlap_px=16)
sides = st.floats(4.0, 400.0)
ratios = st.floats(0.2, 0.9)


def turned(x: float, y: float, width: float, height: float, angle_deg: float) -> Polygon:
    corners = cv2.boxPoints(((x, y), (width, height), angle_deg))
    return tuple((float(a), float(b)) for a, b in corners)


def overlap(one: Polygon, other: Polygon) -> float:
    a, b = shapely.Polygon(one), shapely.Polygon(other)
    return a.intersection(b).area / a.union(b).area


@given(sides, sides, ratios)
def test_what_is_taken_off_a_rectangle_is_known_from_what_is_left(w: float, h: float, ratio: float) -> None:
    (outline,) = outlines_of([((0.0, 0.0), (w, 0.0), (w, h), (0.0, h))], ratio)
    left = np.ptp(outline.core[0], axis=0)
    assert outline.margin_px == pytest.approx(w * h * (1 - ratio**2) / (2 * (w + h)))  # equation 10
    np.testing.assert_allclose(left, [w - 2 * outline.margin_px, h - 2 * outline.margin_px], atol=1e-6)
    assert lost_px(*left, ratio) == pytest.approx(outline.margin_px, abs=1e-5)


@given(st.floats(20, 150), st.floats(12, 40), st.floats(-90, 90), st.sampled_from([0.4, 0.6, 0.7]))
def test_a_perfect_map_gives_the_box_back(width: float, height: float, angle: float, ratio: float) -> None:
    text = turned(100.3, 99.6, width, height, angle)
    targets = targets_of(outlines_of([text], ratio), [], 0, 0, 200)
    found = boxes_in(targets.core, HOW.model_copy(update={"shrink_ratio": ratio}))
    (polygon,), (score,) = found.polygons, found.scores
    assert overlap(polygon, text) > 0.65  # a core is as few as four pixels high
    # at 45 degrees two corners are equally far up and left, but for single precision
    assert sum(polygon[0]) == pytest.approx(min(map(sum, polygon)), abs=1e-3)
    assert score == pytest.approx(1.0)
    assert shapely.LinearRing(polygon).is_ccw  # clockwise on a page, where y points down


def test_the_first_corner_is_the_top_left() -> None:
    probabilities = np.zeros((60, 90), np.float32)
    probabilities[20:26, 10:60] = 1.0
    (polygon,) = boxes_in(probabilities, HOW).polygons
    lost = lost_px(50, 6, 0.4)
    expected = [
        (10 - lost, 20 - lost),
        (60 + lost, 20 - lost),
        (60 + lost, 26 + lost),
        (10 - lost, 26 + lost),
    ]
    np.testing.assert_allclose(polygon, expected, atol=1e-4)


def test_faint_and_minute_spots_are_no_texts() -> None:
    probabilities = np.zeros((60, 90), np.float32)
    probabilities[5:10, 10:60] = 0.59  # above binarise, below min_score
    probabilities[20:25, 10:60] = 0.61
    probabilities[40, 40] = 1.0
    how = HOW.model_copy(update={"min_side_px": 5.0})
    found = boxes_in(probabilities, how)
    (polygon,), (score,) = found.polygons, found.scores
    assert sum(polygon[0]) == min(map(sum, polygon))
    assert score == pytest.approx(0.61)
    assert len(boxes_in(probabilities, how.model_copy(update={"min_side_px": 0.0})).polygons) == 2


def test_targets_of_a_crop_are_those_of_the_page() -> None:
    texts = outlines_of([turned(70, 40, 60, 14, 20), turned(30, 100, 40, 12, 0)], 0.4)
    page, crop = targets_of(texts, [], 0, 0, 128), targets_of(texts, [], 48, 24, 64)
    for one, other in ((crop.core, page.core), (crop.threshold_counts, page.threshold_counts)):
        # a line that is cut off at an edge may pass a pixel on its other side
        assert (one != other[24:88, 48:112]).mean() < 0.005
    assert crop.core.sum() > 100


def test_the_threshold_is_high_at_the_edge_and_counts_near_it() -> None:
    texts = outlines_of([((20.0, 20.0), (60.0, 20.0), (60.0, 40.0), (20.0, 40.0))], 0.4)
    margin = texts[0].margin_px
    threshold = targets_of(texts, [], 0, 0, 80).threshold[:, 40]
    counts = targets_of(texts, [], 0, 0, 80).threshold_counts[:, 40]
    distance = np.minimum(abs(np.arange(80) + 0.5 - 20), abs(np.arange(80) + 0.5 - 40))
    np.testing.assert_allclose(threshold, 0.3 + 0.4 * np.clip(1 - distance / margin, 0, 1), atol=1e-6)
    np.testing.assert_array_equal(np.flatnonzero(counts)[[0, -1]], [round(20 - margin), round(39 + margin)])


def test_what_nobody_can_read_costs_nothing() -> None:
    unreadable = outlines_of([turned(32, 32, 30, 12, 0)], 0.4)
    targets = stacked([targets_of([], unreadable, 0, 0, 64)])
    assert targets.core_counts.sum() == 64 * 64 - 30 * 12
    maps = np.full((1, 2, 64, 64), 0.01, np.float32)
    silent = float(detection_loss(paddle.to_tensor(maps), targets))
    maps[0, 0, 28:36, 20:44] = 0.99
    assert float(detection_loss(paddle.to_tensor(maps), targets)) == pytest.approx(silent)


def test_the_loss_is_the_papers() -> None:
    core = np.zeros((1, 8, 8), np.float32)
    core[0, 2, 2:4] = 1.0
    edges = np.zeros_like(core)
    edges[0, 1:4, 1:5] = 1.0
    targets = Targets(core, np.ones_like(core), np.full_like(core, 0.5), edges)
    maps = np.zeros((1, 2, 8, 8), np.float32)
    maps[0, 0] = 0.1
    maps[0, 0, 6, :4] = [0.9, 0.8, 0.7, 0.6]  # the four hardest of those without text
    maps[0, 0, 2, 2:4] = 0.8
    maps[0, 1] = 0.3
    # two pixels of text, six without: the four above, and all that tie with the fifth
    ties = 64 - 2 - 4
    losses = [*-np.log([0.8, 0.8]), *-np.log(1 - np.array([0.9, 0.8, 0.7, 0.6])), *[-np.log(0.9)] * ties]
    binary = 1 / (1 + np.exp(-50 * (maps[0, 0] - 0.3)))
    dice = 1 - 2 * (binary * core[0]).sum() / (binary.sum() + 2)
    expected = np.mean(losses) + dice + 10 * 0.2
    assert float(detection_loss(paddle.to_tensor(maps), targets)) == pytest.approx(expected, rel=1e-4)


@given(st.integers(1, 3000), st.sampled_from([64, 320, 640]), st.floats(0, 0.5))
def test_tiles_answer_for_every_pixel_once(size: int, tile: int, share: float) -> None:
    overlap_px = int(tile * share)
    found = spans(size, tile, overlap_px)
    assert [one.begin for one in found] == [0, *[one.end for one in found[:-1]]]
    assert found[-1].end == size
    for one in found:
        assert one.start >= 0
        assert one.start + tile <= max(size, tile)
        # unless the page ends there, the network sees beyond what it answers for
        assert one.begin == 0 or one.begin - one.start >= overlap_px // 2
        assert one.end == size or one.start + tile - one.end >= overlap_px // 2


@pytest.mark.parametrize("shape", [(150, 203), (40, 203), (30, 20), (64, 64)])
def test_a_text_across_tiles_is_one_text(shape: tuple[int, int]) -> None:
    """The network is stood for by one that answers with the page's own brightness."""
    noise = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    text = np.zeros(shape, np.uint8)
    text[10:20, 5 : shape[1] - 5] = 255  # through every tile of its row

    def engine(batch: np.ndarray) -> np.ndarray:
        assert batch.shape[1:] == (3, 64, 64)
        return (batch[:, :1] + 1) / 2

    np.testing.assert_allclose(page_map(noise, engine, HOW), noise / 255, atol=1e-6)
    assert len(boxes_in(page_map(text, engine, HOW), HOW).polygons) == 1
