"""What every exporter does: refuse what its format cannot hold before a byte is written, then copy images."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from upath import UPath

from config.errors import Problem
from corpus.errors import FormatError, ImageError
from corpus.formats.carry import RESERVED
from corpus.paths import local
from corpus.sample import SPLITS, Sample, Split
from corpus.snapshot import Snapshot

_REQUESTS = 16
"""How many images are under way at once where a place is not local."""


def accepted(snapshot: Snapshot, format_name: str, refusal: Callable[[Sample], str | None]) -> list[Sample]:
    """Return the samples of `snapshot`, if `refusal` has nothing against any of them.

    Raises:
        FormatError: the format cannot hold a sample; names the first and says how many there are.
    """
    samples = list(snapshot.samples())
    refused = [(sample.id, reason) for sample in samples if (reason := _never(sample) or refusal(sample))]
    if refused:
        first, reason = refused[0]
        more = f" (and {len(refused) - 1} more of {len(samples)})" if len(refused) > 1 else ""
        found = f"the sample {first!r} with {reason}{more}"
        remedy = "Mend or leave out these samples, or export to a format that holds them (docs/formats.md)."
        raise FormatError(
            Problem("format.cannot-hold", found, f"what {format_name} can hold", remedy, str(snapshot.folder))
        )
    return samples


def no_text(sample: Sample) -> str | None:
    """Refuse a sample that is no transcribed image: one without text, or a region of a page."""
    if sample.polygon is not None:
        return "a polygon (cut it out first: glyphline corpus cut): the format has whole images only"
    return "no text" if sample.text is None else None


def by_split(samples: Iterable[Sample]) -> dict[Split, list[Sample]]:
    """Return the samples of each split that has any."""
    parts: dict[Split, list[Sample]] = {split: [] for split in SPLITS}
    for sample in samples:
        parts[sample.split].append(sample)
    return {split: part for split, part in parts.items() if part}


def image_name(sample: Sample, number: int, folder: str) -> str:
    """Return the name under which the `number`-th image travels: ``train/0000001.png``."""
    return f"{folder}/{number:07}.{suffix_of(sample)}"


def suffix_of(sample: Sample) -> str:
    """Return what the file name of its image ends with, the dot left out."""
    return (sample.image or "").rpartition(".")[2]


def copy_images(snapshot: Snapshot, named: Iterable[tuple[Sample, str]], folder: UPath) -> None:
    """Copy the image of each sample to its name below `folder`.

    Raises:
        ImageError: an image of the snapshot is missing or has other bytes than its hash says.
    """

    def copy(item: tuple[Sample, str]) -> None:
        sample, name = item
        target = folder / name
        if (place := local(target)) is not None:
            place.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(_image_bytes(snapshot, sample))

    if local(folder) is not None and local(snapshot.folder) is not None:
        for item in named:
            copy(item)
        return
    with ThreadPoolExecutor(_REQUESTS) as pool:
        for _ in pool.map(copy, named):
            pass


def _image_bytes(snapshot: Snapshot, sample: Sample) -> bytes:
    path = snapshot.image_path(sample)
    remedy = "Restore it, or import the data again."
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        found = f"no image of the sample {sample.id!r}"
        raise ImageError(Problem("image.missing", found, "it", remedy, str(path))) from error
    if hashlib.sha256(data).hexdigest() != sample.sha256:
        found = f"an image of the sample {sample.id!r} whose bytes have changed"
        raise ImageError(Problem("image.changed", found, "the bytes of its hash", remedy, str(path)))
    return data


def _never(sample: Sample) -> str | None:
    """Refuse what no format has a place for."""
    if sample.table is not None:
        return "an event record (a table)"
    return f"an own meta entry {RESERVED!r}, a reserved name" if RESERVED in sample.meta else None
