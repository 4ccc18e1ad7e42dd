"""What most tasks need not say again: one image, one label, one answer."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Generic

from PIL import Image
from pydantic import TypeAdapter
from upath import UPath

from config.errors import Problem
from config.family import Family
from corpus.errors import ImageError
from corpus.examine.dataset import Dataset, Integers, Mask
from corpus.examine.examination import Ceiling
from corpus.examine.rules.base import Rule
from corpus.items import Item, items_of
from corpus.parallel import Progress
from corpus.sample import Sample, decode, encode
from corpus.snapshot import Snapshot
from evaluation.exhibits import Exhibit
from evaluation.gate import Check
from evaluation.slices import Dimension
from tasks.base import Allowance, AnswerT, Opened, Raw, Selected
from tasks.errors import RequestError
from tasks.opening import open_image_of


class Plain(Generic[AnswerT]):
    """The defaults of a task that names the class of an image; `answer` is the dataclass of its answers."""

    answer: type[AnswerT]

    def __init__(self, family: Family) -> None:
        self._family = family
        self._adapter: TypeAdapter[AnswerT] = TypeAdapter(self.answer)

    @property
    def family(self) -> Family:
        """Whose settings hold."""
        return self._family

    def rules(self) -> Sequence[Rule]:
        """Return nothing: the shared rules are enough."""
        return ()

    def ceilings(self, data: Dataset) -> Sequence[Ceiling]:
        """Return nothing: nothing is known to stand in the way of a perfect model."""
        return ()

    def measures(self, data: Dataset) -> Mapping[str, tuple[Integers, Mask]]:
        """Return nothing beside the sizes of images."""
        return {}

    def select(self, data: Snapshot, scratch: Path, progress: Progress) -> Selected:
        """Return the samples with a class label."""
        samples = list(data.samples())
        kept = tuple(one for one in samples if one.label is not None)
        notes = (
            (f"{len(samples) - len(kept):,} without a class left out",) if len(kept) < len(samples) else ()
        )
        return Selected(data, kept, notes)

    def items(self, samples: Iterable[Sample]) -> Sequence[Item]:
        """Return `samples` as the family's unit says."""
        return items_of(samples, self.family.unit)

    def strata(self, item: Item) -> Iterable[str]:
        """Return the class."""
        return [item.first.label or ""]

    def raw(self, item: Item, snapshot: Snapshot) -> Raw:
        """Return the image's bytes, and the event record where there is one.

        Raises:
            ImageError: the image cannot be read.
        """
        sample = item.first
        fields = {} if sample.table is None else {"table": sample.table}
        if sample.image is None:
            return Raw(None, fields, item.id)
        path = snapshot.image_path(sample)
        try:
            return Raw(path.read_bytes(), fields, str(path))
        except OSError as error:
            found = f"an image that cannot be read ({error.strerror or error})"
            problem = Problem("image.unreadable", found, "a readable file", "Restore it.", str(path))
            raise ImageError(problem) from error

    def opened(self, raw: Raw, allowance: Allowance) -> Opened[Any]:
        """Return the image.

        Raises:
            RequestError: there is none.
            ImageError: it does not decode, or is larger than `allowance` leaves.
        """
        opened: Opened[Image.Image] = open_image_of(raw, allowance)
        return opened

    def record(self, item: Item, answer: AnswerT) -> Mapping[str, Any]:
        """Return the item's samples as manifest lines, and every field of the answer."""
        samples = [encode(one).decode().rstrip("\n") for one in item.samples]
        return {"id": item.id, "samples": samples, "answer": dataclasses.asdict(answer)}  # type: ignore[call-overload]

    def parsed(self, record: Mapping[str, Any]) -> tuple[Item, AnswerT]:
        """Return what `record` wrote.

        Raises:
            RequestError: it is a record of another task.
        """
        try:
            samples = [decode(one.encode()) for one in record["samples"]]
            return self.items(samples)[0], self._adapter.validate_python(record["answer"])
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            why = str(error).splitlines()[0] if str(error) else type(error).__name__
            found = f"a record that is none of {self.family.task} ({why})"
            remedy = f"Name a file that `glyphline predict` wrote with a model for {self.family.task}."
            problem = Problem("record.task", found, "id, samples and answer", remedy)
            raise RequestError(problem) from error

    def as_json(self, answer: AnswerT) -> Mapping[str, Any]:
        """Return every field of the answer."""
        fields: dict[str, Any] = dataclasses.asdict(answer)  # type: ignore[call-overload]
        return fields

    def dimensions(self, truth: Sequence[Item]) -> Sequence[Dimension]:
        """Return nothing beside group and meta."""
        return ()

    def checks(
        self, truth: Sequence[Item], ours: Sequence[AnswerT], theirs: Sequence[AnswerT] | None
    ) -> Sequence[Check]:
        """Return nothing beside the shared checks."""
        return ()

    def remarks(
        self, truth: Sequence[Item], ours: Sequence[AnswerT], theirs: Sequence[AnswerT] | None
    ) -> Sequence[str]:
        """Return nothing."""
        return ()

    def exhibits(
        self,
        truth: Sequence[Item],
        ours: Sequence[AnswerT],
        theirs: Sequence[AnswerT] | None,
        images: UPath | None,
    ) -> Sequence[Exhibit]:
        """Return nothing."""
        return ()
