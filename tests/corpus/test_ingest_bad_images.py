"""Images as they come: what is odd or unusable is named with its label's line, and none stops the rest."""

from __future__ import annotations

import contextlib
import io
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drawing import png
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from upath import UPath

from config.errors import Problem
from corpus import formats
from corpus.errors import CorpusError, ImageError
from corpus.images import MAX_PIXELS, facts_of, open_image, to_8_bit
from corpus.ingest import Options, Outcome, add_records, import_records
from corpus.records import Record
from corpus.snapshot import read_problems

RGB = Image.fromarray(np.random.default_rng(0).integers(0, 255, (12, 20, 3), dtype=np.uint8))


def encoded(image: Image.Image, image_format: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, image_format, **options)
    return buffer.getvalue()


def exif(orientation: int) -> Image.Exif:
    made = Image.Exif()
    made[0x0112] = orientation
    return made


def white_png(width: int, height: int) -> bytes:
    """Return a PNG of one bit a pixel without the need to hold it: its header is what matters."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compressobj(1)
    row = b"\0" + b"\xff" * -(-width // 8)
    data = b"".join(rows.compress(row) for _ in range(height)) + rows.flush()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def second_page_of_nothing() -> bytes:
    """Return a TIFF whose first directory points to a second one without an entry."""
    data = bytearray(encoded(RGB, "TIFF"))
    first = int.from_bytes(data[4:8], "little")
    end = first + 2 + 12 * int.from_bytes(data[first : first + 2], "little")
    data[end : end + 4] = len(data).to_bytes(4, "little")
    return bytes(data) + bytes(6)


GREY_16 = Image.fromarray(np.arange(240, dtype=np.uint16).reshape(12, 20) * 273)
TURNED = encoded(RGB, "JPEG", exif=exif(6))
ANIMATION = encoded(RGB, "GIF", save_all=True, append_images=[RGB.rotate(90)])
ALPHA = Image.fromarray(np.dstack([np.asarray(RGB), np.full((12, 20), 99, dtype=np.uint8)]))
A_PNG = encoded(RGB, "PNG")

# name, bytes, rule (a ~ marks a warning: the image is used)
IMAGES: dict[str, tuple[str, bytes, str | None]] = {
    "a good one": ("a.png", A_PNG, None),
    "zero bytes": ("a.png", b"", "image.empty"),
    "truncated": ("a.png", A_PNG[: len(A_PNG) // 2], "image.truncated"),
    "truncated JPEG": ("a.jpg", TURNED[: len(TURNED) // 2], "image.truncated"),
    "text": ("a.png", b"<html>404</html>", "image.unknown"),
    "a PNG named .jpg": ("a.jpg", A_PNG, "~image.wrong-extension"),
    "CMYK": ("a.jpg", encoded(RGB.convert("CMYK"), "JPEG"), "~image.cmyk"),
    "16 bits": ("a.png", encoded(GREY_16, "PNG"), "~image.sixteen-bit"),
    "an animation": ("a.gif", ANIMATION, "~image.animated"),
    "a broken second frame": (
        "a.gif",
        ANIMATION[:-40],
        "~image.animated",
    ),
    "a second frame of nothing": (
        "a.gif",
        ANIMATION[: ANIMATION.rindex(b"\x21\xf9\x04") + 9],
        "image.truncated",
    ),
    "a second page of nothing": ("a.tif", second_page_of_nothing(), "image.truncated"),
    "turned by EXIF": ("a.jpg", TURNED, "~image.exif-rotated"),
    "an orientation that EXIF lacks": ("a.jpg", encoded(RGB, "JPEG", exif=exif(0)), None),
    "transparent": ("a.png", encoded(ALPHA, "PNG"), "~image.transparent"),
    "a transparent palette": ("a.gif", encoded(RGB.quantize(8), "GIF", transparency=1), "~image.transparent"),
    "30,000 x 30,000": ("a.png", white_png(30_000, 30_000), "image.too-large"),
}


def labelled(folder: Path, name: str, data: bytes) -> UPath:
    """Write a good image and `name` with `data`, both labelled in one file, `name` on line 2."""
    folder.mkdir()
    (folder / "good.png").write_bytes(png(1))
    (folder / name).write_bytes(data)
    (folder / "train.txt").write_text(f"good.png\tg\n{name}\tb\n")
    return UPath(folder)


def imported(source: UPath, out: Path, *, workers: int = 1) -> Outcome:
    return import_records(formats.read("paddle-rec", source), UPath(out), Options("s", workers=workers))


@pytest.mark.parametrize("case", IMAGES)
def test_each_is_named_and_the_good_one_is_imported(tmp_path: Path, case: str) -> None:
    name, data, rule = IMAGES[case]
    outcome = imported(labelled(tmp_path / "in", name, data), tmp_path / "out")
    used = rule is None or rule.startswith("~")
    assert [sample.text for sample in outcome.snapshot.samples()] == (["g", "b"] if used else ["g"])
    assert [f"{'~' * (p.severity == 'warning')}{p.rule}" for p in outcome.problems] == (
        [rule] if rule else []
    )
    for problem in outcome.problems:
        assert (problem.file, problem.line) == (str(tmp_path / "in" / "train.txt"), 2)
        assert name in problem.found
    assert read_problems(outcome.snapshot.folder) == list(outcome.problems)


@pytest.mark.parametrize("case", ["16 bits", "transparent", "CMYK"])
def test_what_is_odd_is_seen_as_an_eye_sees_it(case: str) -> None:
    pixels = np.asarray(to_8_bit(open_image(IMAGES[case][1], "f")), dtype=int)
    if case == "16 bits":
        assert (pixels == np.rint(np.asarray(GREY_16) / 257)).all()
    elif case == "transparent":
        assert np.abs(pixels - (255 - (255 - np.asarray(RGB, dtype=int)) * 99 / 255)).max() <= 2
    else:
        assert np.abs(pixels - np.asarray(RGB, dtype=int)).mean() < 40


@pytest.mark.parametrize("text", ["", " ", "\u3000"])
def test_a_text_of_nothing_is_named(tmp_path: Path, text: str) -> None:
    source = labelled(tmp_path / "in", "a.png", png(2))
    (tmp_path / "in" / "train.txt").write_text(f"good.png\tg\na.png\t{text}\n")
    outcome = imported(source, tmp_path / "out")
    assert [(p.rule, p.line, p.severity) for p in outcome.problems] == [("text.empty", 2, "warning")]
    assert outcome.added == 2


def test_regions_of_a_page_that_exif_turns_are_refused_each_with_its_line(tmp_path: Path) -> None:
    source = tmp_path / "in"
    (source / "box").mkdir(parents=True)
    (source / "img").mkdir()
    (source / "box" / "1.csv").write_text("1,1,9,1,9,5,1,5,a\n1,1,9,1,9,5,1,5,b\n")
    (source / "img" / "1.jpg").write_bytes(TURNED)
    with pytest.raises(CorpusError, match="no usable label") as raised:
        import_records(formats.read("sroie", UPath(source)), UPath(tmp_path / "out"), Options("s", workers=1))
    assert "1.csv:1" in str(raised.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in"]


@pytest.mark.parametrize(
    ("corners", "told"),
    [
        ("0,0,0,9,9,9,9,0", "do not run clockwise"),
        ("0,0,900000,1,900000,900000,0,900000", "most of the region lies outside the page"),
        ("5,5,5,5,5,5,5,5", "no area"),
        ("500,5,590,5,590,9,500,9", "outside the page"),
    ],
)
def test_a_region_that_cannot_be_cut_is_named(tmp_path: Path, corners: str, told: str) -> None:
    (tmp_path / "in" / "box").mkdir(parents=True)
    (tmp_path / "in" / "img").mkdir()
    (tmp_path / "in" / "box" / "1.csv").write_text(f"1,1,9,1,9,5,1,5,a\n{corners},b\n")
    (tmp_path / "in" / "img" / "1.png").write_bytes(A_PNG)
    items = formats.read("sroie", UPath(tmp_path / "in"))
    outcome = import_records(items, UPath(tmp_path / "out"), Options("s", workers=1))
    (problem,) = outcome.problems
    assert (problem.rule, problem.line) == ("region.unusable", 2)
    assert told in problem.found


def test_the_same_record_twice_is_one_sample(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png(1))
    record = Record("k", UPath(tmp_path / "a.png"), "a.png", "a", "f", 1)
    outcome = import_records([record, record], UPath(tmp_path / "out"), Options("s", workers=1))
    assert (outcome.added, outcome.unchanged) == (1, 1)


SEEDS = [
    *(encoded(RGB, image_format) for image_format in ("PNG", "BMP", "WEBP")),
    *(data for _, data, _ in IMAGES.values() if 0 < len(data) < 5000),
    encoded(RGB, "TIFF", exif=exif(6)),
    encoded(RGB, "TIFF", compression="tiff_lzw"),
    encoded(GREY_16, "TIFF"),
    encoded(Image.fromarray(np.full((3, 3), np.nan, dtype=np.float32)), "TIFF"),
]


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(SEEDS) | st.binary(max_size=100),
    st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), max_size=8),
    st.integers(0, 5000),
)
def test_no_bytes_make_an_image_fail_in_another_way(
    data: bytes, changes: list[tuple[int, int]], length: int
) -> None:
    broken = bytearray(data)
    for at, value in changes if data else []:
        broken[at % len(broken)] = value
    with contextlib.suppress(ImageError):
        image = open_image(bytes(broken[:length]), "f")
        facts_of(image, "f")
        assert image.width * image.height <= MAX_PIXELS
        assert to_8_bit(image).mode in ("L", "RGB")


class Stop(BaseException):
    """What nobody catches."""


@pytest.mark.parametrize("error", [KeyboardInterrupt, Stop, ValueError])
@pytest.mark.parametrize("workers", [1, 2])
def test_an_import_that_is_broken_off_leaves_nothing(
    tmp_path: Path, error: type[BaseException], workers: int
) -> None:
    source = labelled(tmp_path / "in", "a.png", png(2))

    def items() -> Iterator[Record | Problem]:
        for _ in range(200):  # several chunks, so that images were stored and workers are busy
            yield from formats.read("paddle-rec", source)
        raise error

    with pytest.raises(error):
        import_records(items(), UPath(tmp_path / "out"), Options("s", workers=workers))
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_an_addition_that_is_broken_off_leaves_the_snapshot_as_it_was(tmp_path: Path) -> None:
    parent = imported(labelled(tmp_path / "in", "a.png", png(2)), tmp_path / "out").snapshot
    before = {p.name: p.read_bytes() for p in (tmp_path / "out").iterdir() if p.suffix in (".json", ".jsonl")}

    def items() -> Iterator[Record | Problem]:
        yield from formats.read("paddle-rec", labelled(tmp_path / "more", "b.png", png(3)))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        add_records(parent, items(), Options("t", workers=1))
    after = {p.name: p.read_bytes() for p in (tmp_path / "out").iterdir() if p.suffix in (".json", ".jsonl")}
    assert after == before
    assert not list((tmp_path / "out").rglob("*.partial"))
    again = add_records(parent, formats.read("paddle-rec", UPath(tmp_path / "more")), Options("t", workers=1))
    assert again.added == 2


def test_a_source_without_one_usable_image_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "train.txt").write_text("a.png\ta\n")
    with pytest.raises(CorpusError, match=r"train\.txt:1: no image a\.png"):
        imported(UPath(tmp_path), tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["train.txt"]
