"""Near duplicates: the perceptual hash survives what a copy goes through, and the search finds every pair."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import numpy as np
import pytest
from examined import Line, Reader, encoded, examined, finding, picture, reader
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from corpus.examine import duplicates
from corpus.examine.facts import fingerprint
from corpus.examine.statistics import _jensen_shannon


def line_of(text: str, size: tuple[int, int] = (240, 32)) -> Image.Image:
    image = Image.new("L", size, 244)
    ImageDraw.Draw(image).text((6, 3), text, fill=30, font=ImageFont.load_default(20))
    return image


def bits_apart(one: Image.Image, other: Image.Image) -> int:
    return ((fingerprint(one) ^ fingerprint(other)) & (2**64 - 1)).bit_count()


def recompressed(image: Image.Image) -> Image.Image:
    return Image.open(io.BytesIO(encoded(image, "JPEG", quality=60))).convert("L")


@pytest.mark.parametrize(
    "copy",
    [
        recompressed,
        lambda image: image.resize((120, 16), Image.Resampling.LANCZOS),
        lambda image: image.filter(ImageFilter.GaussianBlur(1)),
        lambda image: image.point(lambda value: value * 0.8),
    ],
    ids=["recompressed", "halved", "blurred", "darkened"],
)
def test_a_copy_stays_near(copy: object) -> None:
    for text in ("TOTAL 12.40", "PT-101A", "No. 7"):
        original = line_of(text)
        assert callable(copy)
        assert bits_apart(original, copy(original)) <= 3


def test_another_text_is_far() -> None:
    assert bits_apart(line_of("TOTAL 12.40"), line_of("CASH 20.00")) > 16
    assert bits_apart(line_of("PT-101A"), line_of("PT-201B")) > 3


def test_real_receipts_repeat_little(shared_data: Path, tmp_path: Path) -> None:
    """Lines of one shop look alike, lines of others do not: a share far below what would be refused."""
    from upath import UPath

    from config.tasks import load_family
    from corpus.examine import examine
    from corpus.formats import read
    from corpus.ingest import Options, import_records

    names = sorted(path.stem for path in (shared_data / "sroie" / "img").glob("*.jpg"))[:24]
    for folder, suffix in (("img", "jpg"), ("box", "csv"), ("key", "json")):
        (tmp_path / "sroie" / folder).mkdir(parents=True)
        for name in names:
            shutil.copy(shared_data / "sroie" / folder / f"{name}.{suffix}", tmp_path / "sroie" / folder)
    records = read("sroie", UPath(tmp_path / "sroie"))
    outcome = import_records(records, UPath(tmp_path / "snapshot"), Options("sroie"))
    found = examine(str(tmp_path / "snapshot"), Reader(load_family("receipt-rec")))
    assert sum(found.samples.values()) == outcome.added > 900
    assert found.ceilings[-1].share > 0.99
    near = finding(found, "split.near-duplicate")
    held_out = outcome.added - found.samples["train"]
    assert near is None or len(near.occurrences) < 0.05 * held_out


# few bits set, anywhere: hashes that are near each other
hashes = st.sets(st.sampled_from([0, 1, 15, 16, 17, 31, 40, 62, 63]), max_size=4).map(
    lambda bits: sum(1 << bit for bit in bits)
)
drawn = st.lists(
    st.tuples(
        st.sampled_from("ab"),
        st.sampled_from([0, 1, 2]),
        # few bits set, anywhere: hashes that are near each other
        st.lists(st.sampled_from([0, 1, 15, 16, 17, 31, 40, 62, 63]), max_size=4).map(
            lambda bits: sum(1 << b for b in set(bits))
        ),
    ),
    max_size=40,
)


@settings(max_examples=80, deadline=None)
@given(drawn, st.integers(0, 16), st.sampled_from([3, 1 << 20]), st.booleans())
def test_the_search_finds_the_nearest_of_every_sample(
    rows: list[tuple[str, int, int]], bits: int, block: int, by_parts: bool
) -> None:
    texts = np.array([ord(text) for text, _, _ in rows], np.int64)
    prints = np.array([number for _, _, number in rows], np.uint64)
    ranks = np.array([rank for _, rank, _ in rows], np.int64)
    queries, others = np.flatnonzero(ranks == 2), np.flatnonzero(ranks < 2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duplicates, "_BLOCK", block)
        search = duplicates._nearest_by_parts if by_parts else duplicates._nearest
        found = {pair.row: pair for pair in search(queries, others, texts, prints, bits)}
    for query in queries.tolist():
        text, _, number = rows[query]
        nearest = min(
            ((rows[i][2] ^ number).bit_count() for i in others.tolist() if rows[i][0] == text), default=99
        )
        if nearest > bits:
            assert query not in found
        else:
            pair = found[query]
            assert pair.bits == nearest
            assert rows[pair.earlier][0] == text
            assert (rows[pair.earlier][2] ^ number).bit_count() == nearest


@given(st.integers(0, 2**64 - 1), st.sets(st.integers(0, 63), max_size=16), st.integers(0, 16))
def test_no_hash_that_is_near_is_missed_by_its_parts(one: int, flips: set[int], bits: int) -> None:
    prints = np.array([one, one ^ sum(1 << bit for bit in flips)], np.uint64)
    query, other, kinds = np.array([0]), np.array([1]), np.zeros(2, np.int64)
    found = duplicates._nearest_by_parts(query, other, kinds, prints, bits)
    assert found == ([duplicates.Pair(0, 1, len(flips))] if len(flips) <= bits else [])


@pytest.mark.parametrize("bits", range(17))
def test_one_bit_in_every_part_but_the_last_is_near(bits: int) -> None:
    starts = np.linspace(0, 64, bits + 2).astype(int).tolist()[:-2]
    prints = np.array([0, sum(1 << start for start in starts)], np.uint64)
    found = duplicates._nearest_by_parts(np.array([0]), np.array([1]), np.zeros(2, np.int64), prints, bits)
    assert [pair.bits for pair in found] == [bits]


def test_only_the_same_text_is_compared_and_blank_images_are_not(tmp_path: Path) -> None:
    copy = encoded(picture(0), "JPEG", quality=90)
    blank = [encoded(Image.new("L", (64, 32), shade)) for shade in (255, 250)]
    lines = [
        Line("abc", data=encoded(picture(0))),
        Line("cab", "val", data=copy),
        Line("bca", data=blank[0]),
        Line("bca", "val", data=blank[1]),
    ]
    assert finding(examined(tmp_path, lines, reader()), "split.near-duplicate") is None
    lines[1] = Line("abc", "val", data=copy)
    found = finding(examined(tmp_path, lines, reader()), "split.near-duplicate")
    assert found is not None
    assert [one.sample for one in found.occurrences] == ["1"]


def test_divergence_has_known_values_and_forgives_small_samples() -> None:
    alike, other = np.array([1, 2, 3] * 400), np.array([4, 5, 6] * 400)
    assert _jensen_shannon(alike, alike) == 0.0
    assert _jensen_shannon(alike, other) == pytest.approx(1.0, abs=0.01)
    # p = (1/2, 1/2), q = (1, 0): H(3/4, 1/4) - (1 + 0) / 2 = 0.3113
    halves = np.array([0, 1] * 5000)
    assert _jensen_shannon(halves, np.zeros(10_000, np.int64)) == pytest.approx(0.3113, abs=0.001)
    random = np.random.default_rng(5)
    chances = [
        _jensen_shannon(random.integers(0, 60, 60_000), random.integers(0, 60, 300)) for _ in range(20)
    ]
    assert np.mean(chances) < 0.01  # uncorrected 0.035
