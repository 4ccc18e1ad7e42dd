"""Lines as a network sees them: widths, padding, colours, memory or file, and random changes."""

from __future__ import annotations

from pathlib import Path

import digits
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from upath import UPath

from config.tasks.recognition import Augmentation, Resize
from containers.common.errors import JobError
from containers.paddle.recognition import lines as module
from containers.paddle.recognition.augment import augment, joined
from containers.paddle.recognition.lines import load_lines
from containers.runtime.preprocessing import PADDING, fit, pixels_of, tensor_width_px, to_input
from corpus import formats
from corpus.images import open_image
from corpus.ingest import Options, import_records
from corpus.snapshot import Snapshot
from tasks.recognition.contract import LinePreprocessing


def _how(resize: Resize, *, grayscale: bool = True) -> LinePreprocessing:
    return LinePreprocessing(height_px=32, width_px=96, resize=resize, grayscale=grayscale)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return digits.snapshot(tmp_path_factory.mktemp("lines"), "01234", 60)


@given(st.integers(1, 600), st.integers(1, 200), st.sampled_from(["stretch", "pad", "keep-ratio"]))
def test_every_image_fits_its_tensor(width: int, height: int, resize: Resize) -> None:
    how = _how(resize)
    line = fit(np.zeros((height, width), np.uint8), how)
    assert line.shape == (32, tensor_width_px(width, height, how))
    assert line.shape[1] <= 96
    scaled = min(-(-width * 32 // height), 96)
    if resize == "stretch":
        assert not line.any()
    else:
        assert (line[:, scaled:] == PADDING).all()
        assert not line[:, :scaled].any()


def test_the_network_sees_minus_one_to_one_three_times() -> None:
    line = np.array([[0, 255]], np.uint8).repeat(32, axis=0)
    tensor = to_input([line])
    assert tensor.shape == (1, 3, 32, 2)
    np.testing.assert_allclose(tensor[0, :, 5, :], [[-1, 1]] * 3, atol=1e-6)


def test_colours_are_blue_green_red() -> None:
    red = Image.new("RGB", (4, 4), (255, 0, 0))
    np.testing.assert_array_equal(pixels_of(red, _how("pad", grayscale=False))[0, 0], [0, 0, 255])


@pytest.mark.parametrize("resize", ["stretch", "pad", "keep-ratio"])
@pytest.mark.parametrize("in_memory", [True, False])
def test_lines_are_their_images(
    drawn: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, resize: Resize, in_memory: bool
) -> None:
    if not in_memory:
        monkeypatch.setattr(module, "_IN_MEMORY_BYTES", 0)
    how = _how(resize)
    lines = load_lines([drawn], "train", how, tmp_path)
    assert (tmp_path / "train.pixels").exists() != in_memory
    assert len(lines) == 48
    batches = lines.batches(np.arange(48)[::-1], 7)
    assert sorted(np.concatenate(batches).tolist()) == list(range(48))
    for rows in batches:
        assert len(rows) <= 7
        for row, pixels in zip(rows, lines.take(rows), strict=True):
            sample = lines.samples[row]
            image = open_image(drawn.image_path(sample).read_bytes(), sample.id)
            np.testing.assert_array_equal(pixels, fit(pixels_of(image, how), how))


def test_what_is_no_line_is_refused(drawn: Snapshot, tmp_path: Path) -> None:
    with pytest.raises(JobError, match="no sample in the split 'golden'"):
        load_lines([drawn], "golden", _how("pad"), tmp_path)
    page = tmp_path / "pages"
    page.mkdir()
    Image.new("L", (100, 60), 255).save(page / "page.png")
    box = '[{"transcription": "12", "points": [[5, 5], [60, 5], [60, 30], [5, 30]]}]'
    (page / "Label.txt").write_text(f"page.png\t{box}\n")
    records = formats.read("paddle-det", UPath(page))
    regions = import_records(
        records, UPath(tmp_path / "regions"), Options("pages", crop_regions=False)
    ).snapshot
    split = next(regions.samples()).split
    with pytest.raises(JobError, match=r"is a region of a page; expected an image of one line\. Cut"):
        load_lines([regions], split, _how("pad"), tmp_path)


def test_changes_are_random_and_repeatable() -> None:
    lines = np.random.default_rng(0).integers(0, 256, (8, 32, 48), dtype=np.uint8)
    original = lines.copy()
    one, same, other = (augment(lines, Augmentation(), np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    np.testing.assert_array_equal(lines, original)
    assert (one != other).mean() > 0.5
    assert all((before != after).any() for before, after in zip(lines, one, strict=True))
    nothing = Augmentation(
        shift=0, stretch=0, shear=0, slope=0, stroke=0, blur=0, contrast=0, brightness=0, noisy=0
    )
    np.testing.assert_array_equal(augment(lines, nothing, np.random.default_rng(3)), lines)


def test_no_letter_leaves_a_long_line() -> None:
    line = np.full((32, 900), 255, np.uint8)
    line[12:20, [8, 9, 10, -11, -10, -9]] = 0
    how = Augmentation(stroke=0, blur=0, contrast=0, brightness=0, noisy=0)
    changed = augment(np.stack([line] * 64), how, np.random.default_rng(0))
    assert (changed[:, :, :450].min(axis=(1, 2)) < 128).all()
    assert (changed[:, :, 450:].min(axis=(1, 2)) < 128).all()


def test_joined_lines_carry_both_texts() -> None:
    random = np.random.default_rng(0)
    lines = np.stack([np.full((32, 48), 20 * n, np.uint8) for n in range(6)])
    labels = [np.array([n] * (n % 3 + 1), np.int32) for n in range(6)]
    pixels, texts = joined(lines, labels, 1.0, 4, random)
    both = [n for n in range(6) if len(texts[n]) > len(labels[n])]
    assert both
    for n in range(6):
        assert len(texts[n]) <= 4
        np.testing.assert_array_equal(texts[n][: len(labels[n])], labels[n])
        assert (pixels[n, :, 0] == 20 * n).all()
        if n not in both:
            np.testing.assert_array_equal(pixels[n], lines[n])
