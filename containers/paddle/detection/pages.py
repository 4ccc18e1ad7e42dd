"""The pages of a split with the texts on them, decoded once and held in memory or in a mapped file."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from config.errors import Problem
from containers.common.errors import JobError
from containers.common.reader import size_of, stored_items
from containers.paddle.detection.outlines import Outline, outlines_of
from containers.runtime.preprocessing import pixels_of
from corpus.images import open_image
from corpus.sample import Polygon, Sample, Split
from corpus.snapshot import Snapshot
from evaluation.regions import UNREADABLE, Region
from tasks.detection.contract import PagePreprocessing

Pixels = NDArray[np.uint8]

_IN_MEMORY_BYTES = 2 * 1024**3


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its image's path in the snapshot, its pixels, and where text is."""

    image: str
    pixels: Pixels
    regions: tuple[Region, ...]
    texts: tuple[Outline, ...]
    unreadable: tuple[Outline, ...]


def load_pages(
    snapshots: Sequence[Snapshot], split: Split, how: PagePreprocessing, scratch: Path
) -> tuple[Page, ...]:
    """Decode every page of a split; beyond 2 GiB the pixels go to a file in `scratch`.

    Raises:
        JobError: the split has no text, or a text has no polygon or one without area.
        ImageError: an image does not decode.
    """
    pages = stored_items(snapshots, split, "image")
    if not any(_text(one) not in (None, UNREADABLE) for page in pages for one in page.item.samples):
        places = ", ".join(str(one.folder) for one in snapshots)
        found = f"no readable text in the split {split!r}"
        remedy = "Give the snapshot more pages, or other split shares."
        raise JobError(Problem("data.split-empty", found, "some", remedy, places))
    regions = [_regions(one.item.samples, snapshots) for one in pages]
    room = _room([one.item.first for one in pages], how, scratch / f"{split}.pixels")

    def decode(which: int) -> None:
        page = pages[which]
        room[which][:] = pixels_of(open_image(page.fetched(), page.item.id), how)

    with ThreadPoolExecutor() as pool:
        for _ in pool.map(decode, range(len(pages))):
            pass  # what a decoder raises is raised here
    return tuple(
        _page(one.item.id, pixels, on_it, how)
        for one, pixels, on_it in zip(pages, room, regions, strict=True)
    )


def _regions(samples: Sequence[Sample], snapshots: Sequence[Snapshot]) -> tuple[Region, ...]:
    return tuple(
        Region(_outline(sample, snapshots), text) for sample in samples if (text := _text(sample)) is not None
    )


def _text(sample: Sample) -> str | None:
    """Return the text, ``###`` where nobody could read it, None where the region is none of a text."""
    return UNREADABLE if sample.meta.get("unreadable") is True else sample.text


def _outline(sample: Sample, snapshots: Sequence[Snapshot]) -> Polygon:
    place = ", ".join(str(one.folder / "manifest.jsonl") for one in snapshots)
    if sample.polygon is None:
        found = f"{sample.id} is an image of one text"
        remedy = "Import whole pages: glyphline corpus import --regions."
        raise JobError(Problem("data.no-region", found, "a page with regions", remedy, place))
    shape = shapely.Polygon(sample.polygon) if len(sample.polygon) > 2 else shapely.Polygon()
    if not shape.convex_hull.area > 0:
        found = f"{sample.id}: a text without area, {sample.polygon}"
        raise JobError(Problem("data.area", found, "three corners or more", "Draw it anew.", place))
    return sample.polygon


def _room(samples: Sequence[Sample], how: PagePreprocessing, file: Path) -> list[Pixels]:
    """Return an empty array for the pixels of each page."""
    planes = () if how.grayscale else (3,)
    shapes = [(*reversed(size_of(one)), *planes) for one in samples]
    sizes = [int(np.prod(shape)) for shape in shapes]
    total = sum(sizes)
    memory: Pixels = (
        np.empty(total, np.uint8)
        if total <= _IN_MEMORY_BYTES
        else np.memmap(file, np.uint8, mode="w+", shape=(total,))
    )
    starts = itertools.accumulate(sizes, initial=0)
    return [
        memory[start : start + size].reshape(shape)
        for start, size, shape in zip(starts, sizes, shapes, strict=False)
    ]


def _page(image: str, pixels: Pixels, regions: tuple[Region, ...], how: PagePreprocessing) -> Page:
    outlines = outlines_of([region.polygon for region in regions], how.shrink_ratio)
    readable = [region.text != UNREADABLE for region in regions]
    texts = tuple(itertools.compress(outlines, readable))
    unreadable = tuple(itertools.compress(outlines, (not one for one in readable)))
    return Page(image, pixels, regions, texts, unreadable)
