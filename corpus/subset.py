"""A snapshot of some samples of another one."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from pathlib import Path

from upath import UPath

from config.errors import Problem
from corpus.errors import ImageError
from corpus.parallel import Progress, silent
from corpus.paths import inside, local, write_whole
from corpus.sample import Sample
from corpus.snapshot import Snapshot, write_snapshot

_NO_LINKS = (errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.EMLINK)
"""Another file system, or one that knows no hard links."""


def write_subset(
    snapshot: Snapshot, samples: Sequence[Sample], folder: UPath, progress: Progress = silent
) -> Snapshot:
    """Write `samples`, whose images are those of `snapshot`, as a snapshot of its own into `folder`.

    Images are linked where both lie on one local file system, else copied; `snapshot.json` comes last and
    makes it a snapshot. `samples` may differ from those of `snapshot` in their `meta`.

    Raises:
        ImageError: an image is missing, or lies outside of its snapshot.
    """
    images = sorted({sample.image for sample in samples if sample.image is not None})
    for done, image in enumerate(images, start=1):
        _put(snapshot.folder, image, folder)
        progress(done, len(images))
    about = snapshot.description
    return write_snapshot(folder, samples, (), policy=about.splits, form=about.unicode_form)


def _put(source: UPath, image: str, target: UPath) -> None:
    path = inside(source, image)
    if path is None:
        raise _error("image.outside", f"the path {image!r}", "one inside of the snapshot", source)
    here, there = local(path), local(target / image)
    if there is not None:
        there.parent.mkdir(parents=True, exist_ok=True)
    try:
        if here is None or there is None or not _linked(here, there):
            write_whole(target / image, path.read_bytes())
    except FileNotFoundError as error:
        raise _error("image.missing", f"no file {image}", "the labelled image", source) from error


def _linked(source: Path, target: Path) -> bool:
    try:
        os.link(os.path.realpath(source), target)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        return False
    return True


def _error(rule: str, found: str, expected: str, folder: UPath) -> ImageError:
    remedy = "Restore the snapshot, or import the data again."
    return ImageError(Problem(rule, found, expected, remedy, str(folder)))
