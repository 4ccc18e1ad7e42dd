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
    NO_IMAGE,
    WHOLE,
    Fault,
    ImageToRead,
    Measured,
    Measurements,
    Region,
    Unreadable,
    read_all,
    region_of,
)
from corpus.examine.files import list_images
from corpus.parallel import Progress, map_chunks
from corpus.paths import local
from corpus.sample import Sample

_CHUNK = 64
_CHUNKS_A_TRANSACTION = 16  # few transactions are fast, and an interruption loses little


@dataclass(frozen=True, slots=True)
class Images:
    """The image of each sample, in order, as it is now.

    `contents` is the hash of its bytes, None without a readable file; `pages` is the whole of it and `parts`
    what a model sees of it, `facts.NO_IMAGE` of a sample without one. `read` of `files` had to be read.
    """

    contents: list[str | None]
    pages: list[Measured]
    parts: list[Measured]
    files: int
    read: int


def verify(
    samples: Sequence[Sample],
    folder: UPath,
    cache: Cache | None,
    workers: int,
    progress: Progress,
    *,
    by_region: bool = True,
) -> Images:
    """Return what the images of `samples` below `folder` are now, and the regions that are meant of them.

    Not `by_region`: a model sees whole images; regions are not cut out.

    A file with the stamp that it had when it was last read is not read again, and content that was
    measured before is not decoded again. Missing and changed files are noticed in any case.
    """
    images = dict.fromkeys(sample.image for sample in samples if sample.image is not None)
    regions = _regions_by_image(samples) if by_region else {}
    listing = list_images(folder, images)
    root = local(folder)
    name = str(folder) if root is None else os.path.realpath(root)
    known = Known() if cache is None else cache.recall(name, listing.stamps)
    # read what may have changed, and look again where regions are meant that nobody measured
    doubtful = (listing.stamps.keys() - known.contents.keys()) | (listing.stamps.keys() & regions.keys())
    expected = {
        one.image: one.sha256 or "" for one in samples if one.image is not None and one.image in doubtful
    }
    if cache is not None:
        known.measured.update(cache.recall_contents({*expected.values()}))
    wanted = list(_wanted(expected, regions, known))
    done = len(images) - len(wanted)
    progress(done, len(images))
    chunks = map_chunks(partial(read_all, folder=folder), wanted, chunk=_CHUNK, workers=workers)
    while batch := list(itertools.chain.from_iterable(itertools.islice(chunks, _CHUNKS_A_TRANSACTION))):
        found = [one for one in batch if isinstance(one, Measurements)]
        listing.faults.update(one for one in batch if isinstance(one, Unreadable))
        if cache is not None:
            cache.remember(name, [(one, listing.stamps[one.image]) for one in found])
        _learn(found, known)
        done += len(batch)
        progress(done, len(images))
    told = Images([], [], [], files=len(images), read=len(wanted))
    return _in_order(samples, known, listing.faults, told, by_region=by_region)


def _regions_by_image(samples: Sequence[Sample]) -> dict[str, tuple[Region, ...]]:
    """Return the images of which samples mean a region, each with all that are meant."""
    regions: dict[str, dict[Region, None]] = {}
    for sample in samples:
        if sample.image is not None and (region := region_of(sample)) is not None:
            regions.setdefault(sample.image, {})[region] = None
    return {image: tuple(found) for image, found in regions.items()}


def _wanted(
    expected: Mapping[str, str], regions: Mapping[str, tuple[Region, ...]], known: Known
) -> Iterator[ImageToRead]:
    """Yield what has to be read of the images that are in doubt, each with the content it should have."""
    for image, should_be in expected.items():
        content = known.contents.get(image)
        sha256 = content or should_be
        meant = regions.get(image, ())
        measured = all(sha256 + key in known.measured for key in (WHOLE, *(one.key for one in meant)))
        if content is None or not measured:
            yield ImageToRead(image, sha256 if measured else None, meant)


def _learn(found: Iterable[Measurements], known: Known) -> None:
    for one in found:
        known.contents[one.image] = one.sha256
        for region, measured in one.measured.items():
            known.measured[one.sha256 + region] = measured


def _in_order(
    samples: Sequence[Sample], known: Known, faults: Mapping[str, Fault], images: Images, *, by_region: bool
) -> Images:
    contents, measured = known.contents, known.measured
    for sample in samples:
        content: str | None
        page: Measured
        part: Measured
        if sample.image is None:
            content, page, part = None, NO_IMAGE, NO_IMAGE
        elif faults and sample.image in faults:
            content, page = None, faults[sample.image]
            part = page
        else:
            content = contents[sample.image]
            page = part = measured[content + WHOLE]
            if by_region and (region := region_of(sample)) is not None:
                part = measured[content + region.key]
        images.contents.append(content)
        images.pages.append(page)
        images.parts.append(part)
    return images
