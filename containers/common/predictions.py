"""Read many images with a recogniser, and write what it reads as lines that `glyphline evaluate` takes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import orjson
from numpy.typing import NDArray
from upath import UPath

from config.errors import Problem
from containers.common.ctc import Reading
from containers.common.preprocessing import Preprocessing, pixels_of
from containers.common.recogniser import Recogniser
from corpus.errors import CorpusError, ImageError
from corpus.images import EXTENSIONS, open_image
from corpus.parallel import Progress, chunks_of, in_order, silent
from corpus.paths import local
from corpus.sample import SPLITS, Sample, Split
from corpus.snapshot import Snapshot
from evaluation.predictions import Prediction

_CHUNK = 128
"""Images that one thread reads at a time: lines of equal width among them share batches."""
_FETCHERS = 16
_SUFFIXES = {f".{suffix}" for suffix in (*EXTENSIONS.values(), "jpeg", "tiff")}

_Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Unlabelled:
    """What was read in an image of which nobody said what stands there."""

    id: str
    prediction: str
    confidence: float


def predict_snapshot(
    recogniser: Recogniser,
    snapshot: Snapshot,
    *,
    splits: Collection[Split] = SPLITS,
    threads: int = 1,
    progress: Progress = silent,
) -> Iterator[Prediction]:
    """Yield what `recogniser` reads in each sample of `splits`, in manifest order.

    `image` is below the snapshot's folder; `meta` is the sample's, with `split` and `source` beside.
    `threads` is how many may call the recogniser at once.

    Raises:
        CorpusError: no sample has a text, or a sample is a region of a page.
        ImageError: an image is missing or does not decode.
    """
    samples = [one for one in snapshot.samples() if one.split in splits and one.text is not None]
    _check(samples, snapshot, splits)
    paths = [snapshot.image_path(one) for one in samples]
    results = _read(recogniser, paths, threads, progress)
    for sample, result in zip(samples, results, strict=True):
        if isinstance(result, Problem):
            raise ImageError(result)
        yield Prediction(
            id=sample.id,
            reference=sample.text or "",
            prediction=result.text,
            confidence=result.confidence,
            group=sample.group,
            image=sample.image,
            meta={**sample.meta, "split": sample.split, "source": sample.source},
        )


def predict_images(
    recogniser: Recogniser, paths: Sequence[UPath], *, threads: int = 1, progress: Progress = silent
) -> Iterator[Unlabelled | Problem]:
    """Yield what `recogniser` reads in each image, or why it cannot be read; its path is its id."""
    for path, result in zip(paths, _read(recogniser, paths, threads, progress), strict=True):
        if isinstance(result, Problem):
            yield result
        else:
            yield Unlabelled(str(path), result.text, result.confidence)


def images_in(place: UPath) -> list[UPath]:
    """Return the image itself, or the images in the folder `place` and below it, sorted.

    Raises:
        CorpusError: there is none.
    """
    if place.is_file():
        return [place]
    found = sorted(path for path in place.rglob("*") if path.suffix.lower() in _SUFFIXES)
    if not found:
        expected = f"a snapshot, or images ({', '.join(sorted(_SUFFIXES))})"
        problem = Problem("predict.nothing", "no image here", expected, "Check the path.", str(place))
        raise CorpusError(problem)
    return found


def encode(lines: Iterable[Prediction | Unlabelled]) -> bytes:
    """Return `lines` as JSON Lines; `evaluation.reading` takes those that have a reference."""
    return b"".join(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE) for line in lines)


def _check(samples: Sequence[Sample], snapshot: Snapshot, splits: Collection[Split]) -> None:
    place = str(snapshot.folder)
    if not samples:
        found = f"no sample with a text in {', '.join(splits)}"
        remedy = "Name another split, or a snapshot of text lines."
        raise CorpusError(Problem("predict.nothing", found, "at least one", remedy, place))
    regions = sum(one.polygon is not None for one in samples)
    if regions:
        found = f"{regions:,} samples are regions of pages"
        remedy = "Cut them out first: glyphline corpus cut."
        raise CorpusError(Problem("predict.regions", found, "images of one line each", remedy, place))


def _read(
    recogniser: Recogniser, paths: Sequence[UPath], threads: int, progress: Progress
) -> Iterator[Reading | Problem]:
    """Yield what stands in each image; this thread decodes, `threads` others read."""

    def read(chunk: list[_Pixels | Problem]) -> list[Reading | Problem]:
        readings = iter(recogniser.read_pixels([one for one in chunk if not isinstance(one, Problem)]))
        return [one if isinstance(one, Problem) else next(readings) for one in chunk]

    done = 0
    pool = ThreadPoolExecutor(threads, thread_name_prefix="model")
    try:
        decoded = (_decoded(path, data, recogniser.preprocessing) for path, data in _contents(paths))
        for results in in_order(pool, read, chunks_of(decoded, _CHUNK), threads + 1):
            done += len(results)
            progress(done, len(paths))
            yield from results
    finally:
        pool.shutdown(cancel_futures=True)  # a progress that leaves waits for no chunk that has not begun


def _contents(paths: Sequence[UPath]) -> Iterator[tuple[UPath, bytes | OSError]]:
    """Yield what the files hold; those in an object store are fetched side by side."""
    if all(local(path) is not None for path in paths):
        yield from zip(paths, map(_content, paths), strict=True)
        return
    with ThreadPoolExecutor(_FETCHERS, thread_name_prefix="fetch") as pool:
        yield from zip(paths, in_order(pool, _content, paths, 4 * _FETCHERS), strict=True)


def _content(path: UPath) -> bytes | OSError:
    try:
        return path.read_bytes()
    except OSError as error:
        return error


def _decoded(path: UPath, data: bytes | OSError, how: Preprocessing) -> _Pixels | Problem:
    if isinstance(data, OSError):
        found = f"an image that cannot be read ({data.strerror or data})"
        return Problem("image.unreadable", found, "a readable file", "Restore it.", str(path))
    try:
        return pixels_of(open_image(data, str(path)), how)
    except ImageError as error:
        return error.problem
