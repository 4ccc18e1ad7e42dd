"""Ask a model of any task about many items or files: the one path of evaluation and batch prediction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic

from upath import UPath

from config.errors import InputError, Problem
from config.family import Unit
from containers.common.model import Predictor
from corpus.errors import CorpusError, ImageError
from corpus.images import EXTENSIONS, MAX_PIXELS
from corpus.items import Item
from corpus.parallel import Progress, in_order, silent
from corpus.paths import local
from corpus.sample import Sample
from corpus.snapshot import Snapshot
from tasks.answers import Answers
from tasks.base import Allowance, AnswerT, InputT_co, Opened, Raw, Task

_CHUNK: dict[Unit, int] = {"sample": 128, "image": 1}
"""Items that one thread is given at a time: lines of equal width among them share batches, and a page is work
enough for one …"""
_CHUNK_BYTES = 16 * 1024**2
"""… but no more than a few large images."""
_FETCHERS = 16
_SUFFIXES = {f".{suffix}" for suffix in (*EXTENSIONS.values(), "jpeg", "tiff")}

_AHEAD_BYTES, _AHEAD_PIXELS, _AHEAD_THREADS = 64 * 1024, 200_000, 8
"""Images so small are opened by the thread that reads files, while the model's threads compute: a GPU waits
for none of them, nor two cores for one another. With more threads it could not keep up."""

_Asked = Raw | Opened[Any] | Problem


@dataclass(frozen=True, slots=True)
class Model(Generic[InputT_co, AnswerT]):
    """A predictor with the task that says what it is asked and what it answers."""

    task: Task[InputT_co, AnswerT]
    predictor: Predictor[Any, AnswerT]


def answer_items(
    model: Model[Any, AnswerT],
    items: Sequence[Item],
    snapshot: Snapshot,
    *,
    name: str,
    progress: Progress = silent,
) -> Answers[AnswerT]:
    """Return what `model` answers to `items` of `snapshot`, in their order; `name` is what messages call it.

    Raises:
        InputError: an image is missing or does not decode.
        PredictionError: there is no item.
    """
    ask = partial(model.task.raw, snapshot=snapshot)
    answers: list[AnswerT] = []
    for one in _answered(model, items, ask, progress, remote=local(snapshot.folder) is None):
        if isinstance(one, Problem):
            raise ImageError(one)
        answers.append(one)
    return Answers(name, tuple(items), tuple(answers))


def answer_images(
    model: Model[Any, AnswerT], paths: Sequence[UPath], *, progress: Progress = silent
) -> Iterator[tuple[Item, AnswerT] | Problem]:
    """Yield what `model` answers to each image, or why it cannot be read; an item's id is its path."""
    remote = any(local(path) is None for path in paths)
    answers = _answered(model, paths, _content, progress, remote=remote)
    for path, one in zip(paths, answers, strict=True):
        if isinstance(one, Problem):
            yield one
        else:
            yield unlabelled(path), one


def unlabelled(path: UPath) -> Item:
    """Return the item of an image of which nobody said what is on it."""
    name = str(path)
    sample = Sample(id=name, image=name, group=name, source="", split="test")
    return Item(name, (sample,))


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


def _answered(
    model: Model[Any, AnswerT],
    given: Sequence[object],
    ask: Callable[[Any], Raw],
    progress: Progress,
    *,
    remote: bool,
) -> Iterator[AnswerT | Problem]:
    """Yield the answer to each of `given`; this thread reads files, the model's threads answer."""
    threads, done = model.predictor.threads, 0
    pool = ThreadPoolExecutor(threads, thread_name_prefix="model")
    try:
        asked = _fetched(given, partial(_tried, ask), remote=remote)
        if threads <= _AHEAD_THREADS:
            asked = map(partial(_ahead, model.task), asked)
        chunks = _chunks(asked, _CHUNK[model.task.family.unit])
        for results in in_order(pool, partial(_answers, model), chunks, threads + 1):
            done += len(results)
            progress(done, len(given))
            yield from results
    finally:
        pool.shutdown(cancel_futures=True)  # a progress that leaves waits for no chunk that has not begun


def _answers(model: Model[Any, AnswerT], chunk: Sequence[_Asked]) -> list[AnswerT | Problem]:
    """Return the answers to a chunk, in a thread of the model; one that is refused spoils no other."""
    refused: list[Problem | None] = []
    allowance = Allowance(MAX_PIXELS, len(chunk) * MAX_PIXELS)

    def inputs() -> Iterator[Any]:
        for one in chunk:
            if isinstance(one, Raw):
                try:
                    one = model.task.opened(one, allowance)
                except InputError as error:
                    one = error.problem
            refused.append(one if isinstance(one, Problem) else None)
            if isinstance(one, Opened):
                yield one.input
            del one  # before the next is decoded

    answers = iter(model.predictor.predict(inputs()))
    return [next(answers) if why is None else why for why in refused]


def _chunks(asked: Iterable[_Asked], most: int) -> Iterator[list[_Asked]]:
    chunk: list[_Asked] = []
    size = 0
    for one in asked:
        chunk.append(one)
        size += len(one.image or b"") if isinstance(one, Raw) else 0
        if len(chunk) == most or size >= _CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _fetched(given: Sequence[Any], ask: Callable[[Any], _Asked], *, remote: bool) -> Iterator[_Asked]:
    """Yield what is asked about each of `given`; from an object store, files are fetched side by side."""
    if not remote:
        yield from map(ask, given)
        return
    with ThreadPoolExecutor(_FETCHERS, thread_name_prefix="fetch") as pool:
        yield from in_order(pool, ask, given, 4 * _FETCHERS)


def _ahead(task: Task[Any, Any], one: _Asked) -> _Asked:
    """Return `one` opened where its image is small; what is wrong with it, whoever answers will say."""
    if not isinstance(one, Raw) or one.image is None or len(one.image) > _AHEAD_BYTES:
        return one
    try:
        return task.opened(one, Allowance(_AHEAD_PIXELS, _AHEAD_PIXELS))
    except InputError:
        return one


def _tried(ask: Callable[[Any], Raw], one: Any) -> _Asked:
    try:
        return ask(one)
    except InputError as error:
        return error.problem


def _content(path: UPath) -> Raw:
    try:
        return Raw(path.read_bytes(), name=str(path))
    except OSError as error:
        found = f"an image that cannot be read ({error.strerror or error})"
        problem = Problem("image.unreadable", found, "a readable file", "Restore it.", str(path))
        raise ImageError(problem) from error
