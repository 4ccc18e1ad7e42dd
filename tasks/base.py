"""What a kind of model is: everything that Examine, Prepare, Evaluate, `predict` and the server ask of it.

They are written over `Task` and over `containers.common.model.Predictor`, never over lines, boxes or classes.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from upath import UPath

from config.family import Family
from corpus.examine.dataset import Dataset, Integers, Mask
from corpus.examine.examination import Ceiling
from corpus.examine.rules.base import Rule
from corpus.items import Item
from corpus.parallel import Progress
from corpus.sample import Sample
from corpus.snapshot import Snapshot
from evaluation.exhibits import Exhibit
from evaluation.figures import Figure
from evaluation.gate import Check
from evaluation.slices import Dimension

AnswerT = TypeVar("AnswerT")
InputT_co = TypeVar("InputT_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Raw:
    """What arrives from a snapshot, a file or a request: the bytes of an image, JSON fields, or both.

    `name` is what messages call it.
    """

    image: bytes | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    name: str = "the image"


class Allowance:
    """How many pixels one image may have, and all that share the allowance together; threads may share it."""

    def __init__(self, pixels: int, together: int) -> None:
        self.pixels = pixels
        self._left = together
        self._lock = threading.Lock()

    @property
    def left(self) -> int:
        """How many pixels are not taken yet."""
        return self._left

    def take(self, pixels: int) -> bool:
        """Take so many, or none where fewer are left; tell whether they were taken."""
        with self._lock:
            enough = pixels <= self._left
            self._left -= pixels if enough else 0
            return enough


class Opened(NamedTuple, Generic[InputT_co]):
    """What a model is given, and what whoever asked may not know about it."""

    input: InputT_co
    warnings: tuple[str, ...] = ()


class Selected(NamedTuple):
    """What of a snapshot concerns a task: its `samples`, whose images are in `snapshot`, and what to tell."""

    snapshot: Snapshot
    samples: tuple[Sample, ...]
    notes: tuple[str, ...] = ()


class Task(Protocol[InputT_co, AnswerT]):
    """What a kind of model means by data, figures and mistakes; it knows the settings of a family."""

    @property
    def family(self) -> Family:
        """Whose settings hold."""

    # --- data

    def rules(self) -> Sequence[Rule]:
        """Return what Examine asks beside the shared rules."""

    def ceilings(self, data: Dataset) -> Sequence[Ceiling]:
        """Return the best that any training could reach, by figure and split, and why no more."""

    def measures(self, data: Dataset) -> Mapping[str, tuple[Integers, Mask]]:
        """Return what an examination spreads out by split: a number for each row, and where it is known."""

    def select(self, data: Snapshot, scratch: Path, progress: Progress) -> Selected:
        """Return what of `data` can be learnt and measured; new images go below `scratch`."""

    def items(self, samples: Iterable[Sample]) -> Sequence[Item]:
        """Return `samples` as what a model answers once; a page without regions is an item, too."""

    def strata(self, item: Item) -> Iterable[str]:
        """Return what replay must keep examples of: characters, classes."""

    # --- answers

    def raw(self, item: Item, snapshot: Snapshot) -> Raw:
        """Return what a model is asked about `item`, as it would arrive in a request.

        Raises:
            ImageError: its image cannot be read.
        """

    def opened(self, raw: Raw, allowance: Allowance) -> Opened[InputT_co]:
        """Return what a model takes, opened without trust, in the threads that run it or ahead of them.

        Raises:
            RequestError: a field is missing, unknown or of the wrong kind.
            ImageError: the image does not decode, or is larger than `allowance` leaves.
        """

    def record(self, item: Item, answer: AnswerT) -> Mapping[str, Any]:
        """Return a line of a file that holds `item` with its `answer`; nothing is rounded."""

    def parsed(self, record: Mapping[str, Any]) -> tuple[Item, AnswerT]:
        """Return what a line of such a file holds.

        Raises:
            InputError: it is no record of this task.
        """

    def as_json(self, answer: AnswerT) -> Mapping[str, Any]:
        """Return `answer` as it is sent; it may be rounded."""

    # --- judgement

    def figures(self, truth: Sequence[Item], answers: Sequence[AnswerT]) -> Sequence[Figure]:
        """Return every figure over all items, once; slices index its rows. The headline is among them."""

    def dimensions(self, truth: Sequence[Item]) -> Sequence[Dimension]:
        """Return the task's own ways to cut items, by the truth alone: both models have the same slices."""

    def checks(
        self, truth: Sequence[Item], ours: Sequence[AnswerT], theirs: Sequence[AnswerT] | None
    ) -> Sequence[Check]:
        """Return what the gate asks of this kind of model beside its figures: loops, truncation, scripts."""

    def remarks(
        self, truth: Sequence[Item], ours: Sequence[AnswerT], theirs: Sequence[AnswerT] | None
    ) -> Sequence[str]:
        """Return sentences that a reader of the figures must know."""

    def exhibits(
        self,
        truth: Sequence[Item],
        ours: Sequence[AnswerT],
        theirs: Sequence[AnswerT] | None,
        images: UPath | None,
    ) -> Sequence[Exhibit]:
        """Return the blocks of the report: worst items, confusions; pictures are in the folder `images`."""
