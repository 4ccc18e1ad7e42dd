"""How often the perceptual hash of the examination is wrong, by how many bits two hashes may differ.

    python benchmarks/near_duplicates.py

On the SROIE crops: pairs with the same text from two receipts that are called alike (they may be: shops
print the same line in the same type), pairs with different texts that are, and copies that are missed. On
whole receipts: two of them that are called alike, and copies that are missed. And how long the search takes
among 100,000 pages, 80 % of them in train: with hashes of chance, and where they are a few hundred forms,
each filled in many times.
"""

from __future__ import annotations

import io
import itertools
import os
import random
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter
from table import report
from upath import UPath

from corpus.examine.duplicates import _nearest_by_parts
from corpus.examine.facts import fingerprint
from corpus.formats import read
from corpus.images import open_image
from corpus.ingest import Options, import_records
from corpus.sample import Sample

PAIRS, ORIGINALS, PAGES, FORMS = 6000, 800, 100_000, 300
BITS = range(6)
LANCZOS, BICUBIC = Image.Resampling.LANCZOS, Image.Resampling.BICUBIC


def jpeg(image: Image.Image, quality: int) -> Image.Image:
    """Return `image` after a JPEG of this quality."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return open_image(buffer.getvalue(), "")


def noisy(image: Image.Image) -> Image.Image:
    """Return `image` with Gaussian noise of 5 grey levels."""
    pixels = np.asarray(image) + np.random.default_rng(3).normal(0, 5, (image.height, image.width, 3))
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def scaled(image: Image.Image, factor: float, how: Image.Resampling) -> Image.Image:
    """Return `image`, smaller or larger."""
    return image.resize((max(1, round(image.width * factor)), max(1, round(image.height * factor))), how)


COPIES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "JPEG 75": lambda image: jpeg(image, 75),
    "JPEG 40": lambda image: jpeg(image, 40),
    "halved": lambda image: scaled(image, 0.5, LANCZOS),
    "x 1.3": lambda image: scaled(image, 1.3, BICUBIC),
    "darker": lambda image: ImageEnhance.Brightness(image).enhance(0.8),
    "flatter": lambda image: ImageEnhance.Contrast(image).enhance(0.7),
    "blurred 1 px": lambda image: image.filter(ImageFilter.GaussianBlur(1)),
    "noisy": noisy,
    "cut 1 px closer": lambda image: image.crop((1, 1, max(3, image.width - 1), max(3, image.height - 1))),
    "turned 0.7 degrees": lambda image: image.rotate(0.7, BICUBIC, fillcolor="white"),
}


def main() -> None:
    """Measure, print and write the table."""
    data = os.environ.get("GLYPHLINE_DATA") or Path(__file__).parents[2] / "shared" / "data"
    chance = random.Random(1)
    with tempfile.TemporaryDirectory() as name:
        folder = UPath(name) / "sroie"
        snapshot = import_records(read("sroie", UPath(data) / "sroie"), folder, Options("sroie")).snapshot
        samples = list(snapshot.samples())
        images = [open_image(snapshot.image_path(s).read_bytes(), s.image).convert("RGB") for s in samples]
    pages = [
        open_image(path.read_bytes(), "") for path in sorted((Path(data) / "sroie" / "img").glob("*.jpg"))
    ]
    prints = [fingerprint(image.convert("L")) for image in images]
    by_text: dict[str, list[int]] = defaultdict(list)
    for number, sample in enumerate(samples):
        by_text[sample.text or ""].append(number)
    same = [
        pair
        for members in by_text.values()
        for pair in itertools.combinations(members, 2)
        if samples[pair[0]].group != samples[pair[1]].group
    ]
    same = chance.sample(same, min(PAIRS, len(same)))
    every = range(len(samples))
    other = [pair for pair in (chance.sample(every, 2) for _ in range(PAIRS)) if _differ(samples, pair)]
    chosen = chance.sample(every, ORIGINALS)
    rows = [
        _row("same text, another receipt", [(prints[a], prints[b]) for a, b in same], wrong="alike"),
        _row("another text", [(prints[a], prints[b]) for a, b in other], wrong="alike"),
        *_copies("copy", [images[i] for i in chosen]),
        _row("another receipt, whole", list(itertools.combinations(map(_print, pages), 2)), wrong="alike"),
        *_copies("copy of a receipt", pages),
    ]
    report("near_duplicates", rows)
    report("near_duplicates_search", [_search("chance", 64), _search(f"{FORMS} forms", 3)])


def _print(image: Image.Image) -> int:
    return fingerprint(image.convert("L"))


def _copies(name: str, originals: list[Image.Image]) -> list[dict[str, object]]:
    """Return how many copies of each kind are missed."""
    rows = []
    for kind, copy in COPIES.items():
        pairs = [(_print(one), _print(copy(one.convert("RGB")))) for one in originals]
        rows.append(_row(f"{name}: {kind}", pairs, wrong="missed"))
    return rows


def _search(name: str, changed: int) -> dict[str, object]:
    """Return how long the search takes among pages with hashes of chance, or of forms with changed bits."""
    chance = np.random.default_rng(7)
    prints = chance.integers(0, 2**64, PAGES if changed == 64 else FORMS, np.uint64)
    if changed < 64:
        flips = np.bitwise_or.reduce(np.uint64(1) << chance.integers(0, 64, (changed, PAGES), np.uint64))
        prints = prints[chance.integers(0, FORMS, PAGES)] ^ flips
    queries, others = np.split(np.arange(PAGES), [PAGES // 5])
    start = time.perf_counter()
    pairs = _nearest_by_parts(queries, others, np.zeros(PAGES, np.int64), prints, 3)
    seconds = round(time.perf_counter() - start, 2)
    return {
        "hashes": name,
        "pages": PAGES,
        "looked for": len(queries),
        "found": len(pairs),
        "seconds": seconds,
    }


def _row(name: str, pairs: list[tuple[int, int]], *, wrong: str) -> dict[str, object]:
    """Return how many per cent of `pairs` are called alike, or missed, for each number of bits."""
    apart = np.array([((one ^ other) & (2**64 - 1)).bit_count() for one, other in pairs])
    row: dict[str, object] = {"pairs": name, "count": len(pairs), "wrong if": wrong}
    for bits in BITS:
        hit = apart <= bits if wrong == "alike" else apart > bits
        row[f"{bits} bits, %"] = round(100 * float(hit.mean()), 2)
    return row


def _differ(samples: list[Sample], pair: list[int]) -> bool:
    return samples[pair[0]].text != samples[pair[1]].text


if __name__ == "__main__":
    main()
