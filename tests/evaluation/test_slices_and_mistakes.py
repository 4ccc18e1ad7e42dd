"""Where a model is wrong: slices, confusions, aligned texts, calibration."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from corpus.paths import as_path
from evaluation.calibration import calibrate
from evaluation.mistakes import Confusion, Mistakes, align, find_mistakes
from evaluation.pictures import assess, thumbnails, with_quality
from evaluation.predictions import Prediction, Predictions, collect
from evaluation.slices import MIN_SAMPLES, Slice, dimensions, matches, members_of, slice_metrics, worst
from evaluation.text import measure


def sliced(predictions: Predictions) -> dict[str, Slice]:
    lines = measure(predictions.references(), predictions.texts())
    return {one.name: one for cut in dimensions(predictions) for one in slice_metrics(cut, lines)}


def test_slices_by_hand() -> None:
    found = sliced(
        collect(
            "test",
            [
                Prediction("1", "ab", "ab", group="p", meta={"source": "s", "box": [1, 2], "hard": True}),
                Prediction("2", "abcdef", "abxxef", group="p", meta={"source": "t"}),
                Prediction("3", "ที่", "ที", group="q", meta={"source": "s", "length": "short"}),
                Prediction("4", "12", "1", meta={"hard": False}),
                Prediction("5", "aที", "aที"),
            ],
        )
    )
    assert {name for name in found if not name.startswith("character")} == {
        *("length=1 to 5", "length=6 to 10", "script=Latin", "script=Thai", "script=mixed"),
        *("script=digits and signs", "group=p", "group=q", "source=s", "source=t"),
        *("hard=True", "hard=False", "meta.length=short"),
    }
    page = found["group=p"]
    assert (page.samples, page.errors, page.reference_length) == (2, 2, 8)
    assert (page.cer, page.exact_match, page.error_share) == (0.25, 0.5, 0.5)
    assert found["character=a"].samples == 3
    assert found["character=\u0e48"].cer == pytest.approx(1 / 3)


def test_slices_never_share_a_name() -> None:
    meta = {"length": "a", "meta.length": "b", "camera=left": "on"}
    predictions = collect("test", [Prediction(str(n), "ab", "ab", meta=meta) for n in range(2)])
    names = [one.name for one in dimensions(predictions)]
    assert names == ["length", "script", "character", "camera=left", "meta.length", "meta.meta.length"]
    assert members_of("camera=left=on", dimensions(predictions)).tolist() == [0, 1]
    assert matches("camera=left=on", ["camera=left=*"])
    assert not matches("camera=left=on", ["camera=right=*", "cam=*"])


def test_numbers_are_cut_into_quarters() -> None:
    lines = [Prediction(str(n), "ab", "ab" if n < 30 else "a", meta={"height": n}) for n in range(41)]
    found = sliced(collect("test", lines))
    heights = {name: one.samples for name, one in found.items() if name.startswith("height")}
    assert heights == {
        "height=up to 10": 11,
        "height=10 to 20": 10,
        "height=20 to 30": 10,
        "height=above 30": 10,
    }
    assert found["height=above 30"].cer == 0.5


def test_the_worst_slices_come_first_and_small_ones_only_when_asked_for() -> None:
    lines = [Prediction(f"a{n}", "ab", "ab", meta={"kind": "good"}) for n in range(MIN_SAMPLES)]
    lines += [Prediction(f"b{n}", "ab", "ax", meta={"kind": "bad"}) for n in range(MIN_SAMPLES)]
    lines += [Prediction("c", "ab", "xx", meta={"kind": "small"})]
    slices = [one for one in sliced(collect("test", lines)).values() if one.dimension in ("kind", "script")]
    assert [one.name for one in worst(slices)] == ["kind=bad", "kind=good"]  # there is but one script
    assert [one.name for one in worst(slices, ["kind=small"])] == ["kind=small", "kind=bad", "kind=good"]
    assert len(worst(slices, ["kind=*", "script=*"])) == 4


def mistakes_of(*pairs: tuple[str, str]) -> Mistakes:
    lines = [Prediction(str(n), a, b, confidence=0.5 + n / 10) for n, (a, b) in enumerate(pairs)]
    predictions = collect("test", lines)
    return find_mistakes(predictions, measure(predictions.references(), predictions.texts()))


def test_confusions_by_hand() -> None:
    found = mistakes_of(
        ("1O0", "100"), ("OO", "00"), ("burn", "bum"), ("a b", "ab"), ("ab", "abc"), ("ที่", "ที")
    )
    assert found.confusions == (
        Confusion("O", "0", 3, ("0", "1")),
        Confusion("", "c", 1, ("4",)),
        Confusion(" ", "", 1, ("3",)),
        Confusion("rn", "m", 1, ("2",)),
        Confusion("ที่", "ที", 1, ("5",)),
    )
    characters = {one.character: one for one in found.characters}
    assert (characters["O"].occurrences, characters["O"].substituted, characters["O"].error_rate) == (
        3,
        3,
        1.0,
    )
    assert (characters["c"].occurrences, characters["c"].inserted, characters["c"].error_rate) == (0, 1, None)
    assert characters["b"].error_rate == 0.0


def test_worst_and_surest_lines() -> None:
    found = mistakes_of(("abc", "abc"), ("abc", "xyz"), ("abc", "xbc"))
    assert [(line.id, line.errors) for line in found.worst] == [("1", 3), ("2", 1)]
    assert [(line.id, line.confidence) for line in found.sure] == [("2", 0.7), ("1", 0.6)]


@given(st.text("aab é\u0e01\u0e33\u0e48", max_size=10), st.text("aab é\u0e01\u0e33\u0e48", max_size=10))
def test_aligned_pieces_add_up_to_both_texts(reference: str, prediction: str) -> None:
    pieces = align(reference, prediction)
    assert "".join(piece.reference for piece in pieces) == reference
    assert "".join(piece.prediction for piece in pieces) == prediction
    assert all((piece.kind == "equal") == (piece.reference == piece.prediction) for piece in pieces)


def test_real_receipts_with_one_known_mistake(shared_data: Path) -> None:
    texts: list[str] = []
    for path in sorted((shared_data / "sroie" / "box").glob("*.csv"))[:40]:
        with path.open(encoding="utf-8") as file:
            texts += [
                ",".join(cells[8:]) for cells in csv.reader(file, quoting=csv.QUOTE_NONE) if len(cells) > 8
            ]
    zeros = sum(text.count("0") for text in texts)
    assert zeros > 100
    lines = [Prediction(str(n), text, text.replace("0", "O")) for n, text in enumerate(texts)]
    predictions = collect("receipts", lines)
    measured = measure(predictions.references(), predictions.texts())
    assert measured.characters.errors.sum() == measured.characters.substitutions.sum() == zeros
    found = find_mistakes(predictions, measured)
    assert [(one.reference, one.prediction, one.count) for one in found.confusions] == [("0", "O", zeros)]


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
    predictions = collect("test", [Prediction(str(n), "", "", image=name) for n, name in enumerate(names)])
    assert list(thumbnails(predictions, "01234567", as_path(folder))) == ["0"]
    measured = with_quality(predictions, as_path(folder))
    assert [line.meta.get("image height") for line in measured.lines] == [20, *[None] * 7]


def test_what_is_measured_does_not_take_the_place_of_a_key_of_ones_own(tmp_path: Path) -> None:
    Image.new("L", (40, 20), 255).save(tmp_path / "a.png")
    lines = [
        Prediction("1", "", "", image="a.png", meta={"image height": 3}),
        Prediction("2", "", "", image="a.png"),
    ]
    first, second = with_quality(collect("test", lines), as_path(tmp_path)).lines
    assert first.meta["image height"] == 3
    assert second.meta.keys() == {"image contrast", "image sharpness"}
