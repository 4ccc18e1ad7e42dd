"""Where a model is wrong: slices, calibration, and how legible its images are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter
from readings import Line, answers, task_with

from corpus.paths import as_path
from evaluation.calibration import calibrate
from evaluation.pictures import assess, thumbnails, with_quality
from evaluation.slices import (
    MIN_SAMPLES,
    Dimension,
    Slice,
    common_dimensions,
    matches,
    member_of,
    worst_slices,
)

EVERY = ("length=*", "script=*", "character=*", "group=*", "source=*", "hard=*", "meta.length=*", "height=*")


def dimensions(lines: list[Line]) -> list[Dimension]:
    items = answers("test", lines).items
    own = task_with().dimensions(items)
    return [*own, *common_dimensions(items, [one.name for one in own])]


def sliced(lines: list[Line], guarded: tuple[str, ...] = EVERY) -> dict[str, Slice]:
    """Return the slices worth a look, and those that are `guarded`."""
    read = answers("test", lines)
    headline = task_with().figures(read.items, read.answers)[0]
    return {one.name: one for one in worst_slices(headline, [], dimensions(lines), guarded)}


def test_slices_by_hand() -> None:
    found = sliced(
        [
            Line("1", "ab", "ab", group="p", meta={"source": "s", "box": [1, 2], "hard": True}),
            Line("2", "abcdef", "abxxef", group="p", meta={"source": "t"}),
            Line("3", "ที่", "ที", group="q", meta={"source": "s", "length": "short"}),
            Line("4", "12", "1", meta={"hard": False}),
            Line("5", "aที", "aที"),
        ]
    )
    assert {name for name in found if not name.startswith("character")} == {
        *("length=1 to 5", "length=6 to 10", "script=Latin", "script=Thai", "script=mixed"),
        *("script=digits and signs", "group=p", "group=q", "source=s", "source=t"),
        *("hard=True", "hard=False", "meta.length=short"),
    }
    page = found["group=p"]
    assert (page.samples, page.cost, page.error, page.error_share) == (2, 2, 0.25, 0.5)
    assert found["character=a"].samples == 3
    assert found["character=\u0e48"].error == pytest.approx(1 / 3)


def test_slices_never_share_a_name() -> None:
    meta = {"length": "a", "meta.length": "b", "camera=left": "on"}
    cuts = dimensions([Line(str(n), "ab", "ab", meta=meta) for n in range(2)])
    names = [one.name for one in cuts]
    assert names == ["length", "script", "character", "camera=left", "meta.length", "meta.meta.length"]
    assert member_of("camera=left=on", cuts, 2).tolist() == [True, True]
    assert member_of("camera=left=off", cuts, 2).tolist() == [False, False]
    assert matches("camera=left=on", ["camera=left=*"])
    assert not matches("camera=left=on", ["camera=right=*", "cam=*"])


def test_numbers_are_cut_into_quarters() -> None:
    lines = [Line(str(n), "ab", "ab" if n < 30 else "a", meta={"height": n}) for n in range(41)]
    found = sliced(lines)
    heights = {name: one.samples for name, one in found.items() if name.startswith("height")}
    assert heights == {
        "height=up to 10": 11,
        "height=10 to 20": 10,
        "height=20 to 30": 10,
        "height=above 30": 10,
    }
    assert found["height=above 30"].error == 0.5


def test_the_worst_slices_come_first_and_small_ones_only_when_asked_for() -> None:
    lines = [Line(f"a{n}", "ab", "ab", meta={"kind": "good"}) for n in range(MIN_SAMPLES)]
    lines += [Line(f"b{n}", "ab", "ax", meta={"kind": "bad"}) for n in range(MIN_SAMPLES)]
    lines += [Line("c", "ab", "xx", meta={"kind": "small"})]

    def worst(*guarded: str) -> list[str]:
        return [one for one in sliced(lines, guarded) if one.startswith(("kind", "script"))]

    assert worst() == ["kind=bad", "kind=good"]  # there is but one script
    assert worst("kind=small") == ["kind=small", "kind=bad", "kind=good"]
    assert len(worst("kind=*", "script=*")) == 4


def test_calibration_by_hand() -> None:
    result = calibrate([0.95, 0.95, 0.15, None, 0.0], np.array([True, False, False, True, True]))
    assert result is not None
    assert (result.samples, result.accuracy) == (4, 0.5)
    filled = [(one.samples, one.accuracy) for one in result.bins if one.samples]
    assert filled == [(1, 1.0), (1, 0.0), (2, 0.5)]
    # |1 - 0| · 1/4 + |0 - 0.15| · 1/4 + |0.5 - 0.95| · 2/4
    assert result.ece == pytest.approx(0.25 + 0.0375 + 0.225)
    assert result.overconfidence == pytest.approx((0.95 + 0.95 + 0.15) / 4 - 0.5)
    on_the_edge = calibrate([0.5], np.array([True]))
    assert on_the_edge is not None
    assert [one.high for one in on_the_edge.bins if one.samples] == [0.5]
    assert calibrate([None, None], np.array([True, False])) is None


def test_a_blurred_or_pale_image_is_measured_as_such() -> None:
    sharp = Image.fromarray(np.tile(np.repeat([0, 255], 4), (32, 8)).astype(np.uint8))
    blurred = sharp.filter(ImageFilter.GaussianBlur(2))
    pale = sharp.point(lambda value: 200 + value // 5)
    assert assess(sharp).height_px == 32
    assert assess(sharp).contrast == 1.0
    assert assess(sharp).sharpness == 1.0
    assert assess(blurred).sharpness < 0.7
    assert assess(pale).contrast == pytest.approx(0.2)
    assert assess(pale).sharpness == pytest.approx(assess(sharp).sharpness)
    assert assess(Image.new("L", (1, 1))).sharpness == 0.0


def test_images_are_taken_from_the_folder_only(tmp_path: Path) -> None:
    folder = tmp_path / "predictions"
    folder.mkdir()
    Image.new("L", (40, 20), 255).save(folder / "in.png")
    Image.new("L", (40, 20), 255).save(tmp_path / "out.png")
    (folder / "broken.png").write_bytes(b"\x89PNG")
    (folder / "folder.png").mkdir()
    names = ["in.png", "../out.png", str(tmp_path / "out.png"), "broken.png", "none.png", None]
    names += ["x" * 300 + ".png", "folder.png"]
    assert list(thumbnails({str(n): name for n, name in enumerate(names)}, as_path(folder))) == ["0"]
    items = answers("test", [Line(str(n), "", "", image=name) for n, name in enumerate(names)]).items
    measured = with_quality(items, as_path(folder))
    assert [one.meta.get("image height") for one in measured] == [20, *[None] * 7]


def test_what_is_measured_does_not_take_the_place_of_a_key_of_ones_own(tmp_path: Path) -> None:
    Image.new("L", (40, 20), 255).save(tmp_path / "a.png")
    lines = [Line("1", "", "", image="a.png", meta={"image height": 3}), Line("2", "", "", image="a.png")]
    first, second = with_quality(answers("test", lines).items, as_path(tmp_path))
    assert first.meta["image height"] == 3
    assert second.meta.keys() == {"image contrast", "image sharpness"}
