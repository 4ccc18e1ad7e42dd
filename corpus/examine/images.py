"""The images of a dataset as they are now: each file is read and hashed unless it is known unchanged."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from upath import UPath

from corpus.examine.cache import Cache, Known
from corpus.examine.facts import (
    WHOLE,
    Fault,
    Measured,
    Reading,
    Region,
    Task,
    Unreadable,
    read_all,
    region_of,
)
from corpus.examine.files import Listing, list_images
from corpus.parallel import Progress, map_chunks
from corpus.paths import local
from corpus.sample import Sample

_CHUNK = 64
_CHUNKS_A_TRANSACTION = 16  # few transactions are fast, and an interruption loses little


@dataclass(frozen=True, slots=True)
class Images:
    """The image of each sample, in order, as it is now.

    `contents` is the hash of its bytes, None without a readable file; `pages` is the whole of it and
    `parts` what is meant of it. Of `files` files, `read` had to be read.
    """

    contents: list[str | None]
    pages: list[Measured]
    parts: list[Measured]
    files: int
    read: int


def verify(
    samples: Sequence[Sample], folder: UPath, cache: Cache | None, workers: int, progress: Progress
) -> Images:
    """Return what the images of `samples` below `folder` are now.

    A file with the stamp that it had when it was last read is not read again, and content that was
    measured before is not decoded again. Missing and changed files are noticed in any case.
    """
    regions = _regions_by_image(samples)
    listing = list_images(folder, regions)
    expected = {sample.image: sample.sha256 for sample in samples}
    root = local(folder)
    name = str(folder) if root is None else os.path.realpath(root)
    known = _recall(name, listing, expected, cache)
    tasks = list(_tasks(regions, listing, expected, known))
    done = len(regions) - len(tasks)
    progress(done, len(regions))
    chunks = map_chunks(partial(read_all, folder=folder), tasks, chunk=_CHUNK, workers=workers)
    while batch := list(itertools.chain.from_iterable(itertools.islice(chunks, _CHUNKS_A_TRANSACTION))):
        readings = [one for one in batch if isinstance(one, Reading)]
        listing.faults.update(one for one in batch if isinstance(one, Unreadable))
        if cache is not None:
            cache.remember(name, [(one, listing.stamps[one.image]) for one in readings])
        _learn(readings, known)
        done += len(batch)
        progress(done, len(regions))
    return _in_order(samples, known, listing.faults, files=len(regions), read=len(tasks))


def _regions_by_image(samples: Sequence[Sample]) -> dict[str, tuple[Region, ...]]:
    """Return each image, once, with the regions that are meant on it."""
    regions: dict[str, tuple[Region, ...]] = {sample.image: () for sample in samples}
    on_pages: dict[str, dict[Region, None]] = {}
    for sample in samples:
        if (region := region_of(sample)) is not None:
            on_pages.setdefault(sample.image, {})[region] = None
    return regions | {image: tuple(found) for image, found in on_pages.items()}


def _recall(folder: str, listing: Listing, expected: Mapping[str, str], cache: Cache | None) -> Known:
    """Return the contents of files that are as they were when last read, and all that was measured."""
    if cache is None:
        return Known()
    known = cache.recall(folder, listing.stamps)
    if len(known.contents) < len(listing.stamps):
        new = {expected[image] for image in listing.stamps if image not in known.contents}
        known.measured.update(cache.recall_contents(new))
    return known


def _tasks(
    regions: Mapping[str, tuple[Region, ...]], listing: Listing, expected: Mapping[str, str], known: Known
) -> Iterator[Task]:
    """Yield what has to be read: files that may have changed, and regions that were never measured."""
    for image in listing.stamps:
        meant = regions[image]
        content = known.contents.get(image)
        if content is not None and not meant:  # the usual case, in a hurry
            continue
        sha256 = content or expected[image]
        measured = all(sha256 + key in known.measured for key in (WHOLE, *(one.key for one in meant)))
        if content is None or not measured:
            yield Task(image, sha256 if measured else None, meant)


def _learn(readings: Iterable[Reading], known: Known) -> None:
    for reading in readings:
        known.contents[reading.image] = reading.sha256
        for region, measured in reading.measured.items():
            known.measured[reading.sha256 + region] = measured


def _in_order(
    samples: Sequence[Sample], known: Known, faults: Mapping[str, Fault], *, files: int, read: int
) -> Images:
    images = Images([], [], [], files, read)
    for sample in samples:
        image = sample.image
        page: Measured
        part: Measured
        if image in faults:
            content, page = None, faults[image]
            part = page
        else:
            content = known.contents[image]
            page = part = known.measured[content + WHOLE]
            if (region := region_of(sample)) is not None:
                part = known.measured[content + region.key]
        images.contents.append(content)
        images.pages.append(page)
        images.parts.append(part)
    return images
