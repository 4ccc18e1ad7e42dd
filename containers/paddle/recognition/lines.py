"""The text lines of a split, decoded and scaled once, held in memory or in a mapped file."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from config.errors import Problem
from containers.common.errors import JobError
from containers.common.reader import Rows, Stored, alike, size_of, stored_items
from containers.runtime.preprocessing import fit, pixels_of, tensor_width_px
from corpus.images import open_image
from corpus.parallel import Progress, map_chunks, silent
from corpus.sample import Sample, Split
from corpus.snapshot import Snapshot
from tasks.recognition.contract import LinePreprocessing

Pixels = NDArray[np.uint8]

_IN_MEMORY_BYTES = 2 * 1024**3
_CHUNK = 256


@dataclass(frozen=True, slots=True)
class Lines:
    """Samples beside their pixels, which lie in one array for each width.

    Line `row` is ``pixels[widths[row]][places[row]]``: ``[height, width]`` or ``[height, width, 3]``.
    """

    samples: tuple[Sample, ...]
    widths: NDArray[np.int64]
    places: NDArray[np.int64]
    pixels: dict[int, Pixels]

    def __len__(self) -> int:
        return len(self.samples)

    def texts(self) -> list[str]:
        """Return what stands in each line."""
        return [sample.text or "" for sample in self.samples]

    def take(self, rows: Rows) -> Pixels:
        """Return a copy of the pixels of `rows`, which are of one width."""
        taken: Pixels = self.pixels[int(self.widths[rows[0]])][self.places[rows]]
        return taken

    def batches(self, rows: Rows, size: int) -> list[Rows]:
        """Return `rows`, in their order, as batches of one width and at most `size`."""
        return alike(rows, self.widths, size)


def load_lines(
    snapshots: Sequence[Snapshot],
    split: Split,
    how: LinePreprocessing,
    scratch: Path,
    progress: Progress = silent,
) -> Lines:
    """Decode and scale every line of a split; beyond 2 GiB the pixels go to a file in `scratch`.

    Raises:
        JobError: the split is empty, or a sample is a region of a page.
        ImageError: an image does not decode.
    """
    stored = stored_items(snapshots, split, "sample")
    samples = tuple(one.item.first for one in stored)
    if not samples:
        found = f"no sample in the split {split!r}"
        remedy = "Give the snapshot more groups, or other split shares."
        raise JobError(Problem("data.split-empty", found, "some", remedy, str(snapshots[0].folder)))
    _refuse_regions(samples, snapshots[0])
    widths = np.array([tensor_width_px(*size_of(one), how) for one in samples], np.int64)
    places = np.empty(len(samples), np.int64)
    for width in np.unique(widths):
        of_width = widths == width
        places[of_width] = np.arange(of_width.sum())
    scratch.mkdir(exist_ok=True)
    pixels = _room(widths, how, scratch / f"{split}.pixels")
    for done, line in enumerate(_decoded(stored, how)):
        pixels[int(widths[done])][places[done]] = line
        progress(done + 1, len(samples))
    return Lines(samples, widths, places, pixels)


def _refuse_regions(samples: Sequence[Sample], snapshot: Snapshot) -> None:
    region = next((sample for sample in samples if sample.polygon is not None), None)
    if region is not None:
        found = f"{region.id} is a region of a page"
        remedy = "Cut the regions out first: glyphline corpus cut."
        place = str(snapshot.folder / "manifest.jsonl")
        raise JobError(Problem("data.region", found, "an image of one line", remedy, place))


def _room(widths: NDArray[np.int64], how: LinePreprocessing, file: Path) -> dict[int, Pixels]:
    """Return an empty array for the lines of each width."""
    counts = {int(width): int((widths == width).sum()) for width in np.unique(widths)}
    planes = () if how.grayscale else (3,)
    shapes = {width: (count, how.height_px, width, *planes) for width, count in counts.items()}
    sizes = {width: int(np.prod(shape)) for width, shape in shapes.items()}
    total = sum(sizes.values())
    memory: Pixels = np.empty(total, np.uint8) if total <= _IN_MEMORY_BYTES else _mapped(file, total)
    starts = itertools.accumulate(sizes.values(), initial=0)
    return {
        width: memory[start : start + sizes[width]].reshape(shapes[width])
        for width, start in zip(sizes, starts, strict=False)
    }


def _mapped(file: Path, size: int) -> Pixels:
    """Return a mapped file of `size` bytes, all there: a full disk shows now, not as SIGBUS later."""
    with open(file, "w+b") as opened:
        os.posix_fallocate(opened.fileno(), 0, size)
        return np.memmap(opened, np.uint8, mode="r+", shape=(size,))


def _decoded(stored: Sequence[Stored], how: LinePreprocessing) -> Iterator[Pixels]:
    for chunk in map_chunks(partial(_decode, how=how), stored, chunk=_CHUNK, workers=0):
        yield from chunk


def _decode(stored: list[Stored], how: LinePreprocessing) -> list[Pixels]:
    return [fit(pixels_of(open_image(one.fetched(), str(one.place)), how), how) for one in stored]
