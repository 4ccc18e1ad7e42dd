"""The pages of a split with the texts on them, decoded once and held in memory or in a mapped file."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from upath import UPath

from config.errors import Problem
from containers.common.errors import JobError
from containers.common.preprocessing import PagePreprocessing, pixels_of
from containers.paddle.detection.outlines import Outline, outlines_of
from corpus import formats
from corpus.images import open_image
from corpus.ingest import Options, import_records
from corpus.sample import Polygon, Sample, Split
from corpus.snapshot import Snapshot, is_snapshot, open_snapshot
from evaluation.regions import UNREADABLE, Region

Pixels = NDArray[np.uint8]

_LABEL_FILES = "paddle-det"
_IN_MEMORY_BYTES = 2 * 1024**3


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its image's path in the snapshot, its pixels, and where text is."""

    image: str
    pixels: Pixels
    regions: tuple[Region, ...]
    texts: tuple[Outline, ...]
    unreadable: tuple[Outline, ...]


def open_page_data(place: str, scratch: Path) -> Snapshot:
    """Return the snapshot at `place`, or the one that PaddleOCR's detection labels there make (in `scratch`).

    Raises:
        CorpusError: it is neither, or cannot be read.
    """
    folder = UPath(place)
    if not folder.is_dir() or is_snapshot(folder):
        return open_snapshot(place)
    options = Options(folder.name, crop_regions=False)
    return import_records(formats.read(_LABEL_FILES, folder), UPath(scratch), options).snapshot


def load_pages(
    snapshots: Sequence[Snapshot], split: Split, how: PagePreprocessing, scratch: Path
) -> tuple[Page, ...]:
    """Decode every page of a split; beyond 2 GiB the pixels go to a file in `scratch`.

    Raises:
        JobError: the split has no text, or a text has no polygon or one without area.
        ImageError: an image does not decode.
    """
    pages = [
        (snapshot, samples)
        for snapshot in snapshots
        for samples in _by_image(one for one in snapshot.samples() if one.split == split)
    ]
    if not any(_text(sample) not in (None, UNREADABLE) for _, samples in pages for sample in samples):
        places = ", ".join(str(one.folder) for one in snapshots)
        found, remedy = (
            f"no readable text in the split {split!r}",
            "Give the snapshot more pages, or other split shares.",
        )
        raise JobError(Problem("data.split-empty", found, "some", remedy, places))
    regions = [_regions(samples, snapshot) for snapshot, samples in pages]
    room = _room([samples[0] for _, samples in pages], how, scratch / f"{split}.pixels")

    def decode(which: int) -> None:
        snapshot, samples = pages[which]
        data = snapshot.image_path(samples[0]).read_bytes()
        room[which][:] = pixels_of(open_image(data, samples[0].image), how)

    with ThreadPoolExecutor() as pool:
        for _ in pool.map(decode, range(len(pages))):
            pass  # what a decoder raises is raised here
    return tuple(
        _page(samples[0].image, pixels, on_it, how)
        for (_, samples), pixels, on_it in zip(pages, room, regions, strict=True)
    )


def _by_image(samples: Iterable[Sample]) -> list[list[Sample]]:
    by_image: dict[str, list[Sample]] = {}
    for sample in samples:
        by_image.setdefault(sample.image, []).append(sample)
    return list(by_image.values())


def _regions(samples: Sequence[Sample], snapshot: Snapshot) -> tuple[Region, ...]:
    return tuple(
        Region(_outline(sample, snapshot), text) for sample in samples if (text := _text(sample)) is not None
    )


def _text(sample: Sample) -> str | None:
    """Return the text, ``###`` where nobody could read it, None where the region is none of a text."""
    return UNREADABLE if sample.meta.get("unreadable") is True else sample.text


def _outline(sample: Sample, snapshot: Snapshot) -> Polygon:
    place = str(snapshot.folder / "manifest.jsonl")
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
    shapes = [(one.height, one.width, *planes) for one in samples]
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
