"""What a model answers once: a line, a page with all its regions, an event. No part of a run may tear one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from config.errors import Problem
from config.family import Unit
from corpus.errors import CorpusError
from corpus.sample import Sample, Split


@dataclass(frozen=True, slots=True)
class Item:
    """Samples that are answered together: one line, all regions of a page, or a page without any.

    `meta` has what may be sliced by: the scalars that all of its samples agree on, with ``split`` and
    ``source``.

    Raises:
        CorpusError: it has no sample.
    """

    id: str
    samples: tuple[Sample, ...]
    meta: Mapping[str, Any] = field(default_factory=dict)
    group: str | None = None
    """What must not straddle a split (the drawing, page, writer or person); None: it is a group by itself."""

    def __post_init__(self) -> None:
        if not self.samples:
            found, remedy = f"the item {self.id!r} without a sample", "Drop it, or give it its page."
            raise CorpusError(Problem("item.empty", found, "one sample or more", remedy))

    @property
    def first(self) -> Sample:
        """The first of its samples; where it has an image, all of them lie on it."""
        return self.samples[0]

    @property
    def regions(self) -> tuple[Sample, ...]:
        """What is labelled on its image; nothing where that is an empty page."""
        return tuple(one for one in self.samples if one.polygon is not None)

    @property
    def split(self) -> Split:
        """The split that it is in, whole."""
        return self.samples[0].split


def items_of(samples: Iterable[Sample], unit: Unit) -> list[Item]:
    """Return `samples` as items, in the order in which each first appears."""
    if unit == "sample":
        return [Item(one.id, (one,), meta_of((one,)), one.group) for one in samples]
    pages: dict[str, list[Sample]] = {}
    for one in samples:
        pages.setdefault(one.image or one.id, []).append(one)
    return [Item(name, tuple(on_it), meta_of(on_it), on_it[0].group) for name, on_it in pages.items()]


def samples_of(items: Iterable[Item]) -> tuple[Sample, ...]:
    """Return the samples of `items`, item by item."""
    return tuple(sample for item in items for sample in item.samples)


def meta_of(samples: Sequence[Sample]) -> dict[str, Any]:
    """Return what may be sliced by: the meta that all of `samples` agree on, and their split and source."""
    first, *others = samples
    told = {**first.meta, "split": first.split, "source": first.source}
    if not others:
        return told
    theirs = [{**one.meta, "split": one.split, "source": one.source} for one in others]
    return {key: value for key, value in told.items() if all(one.get(key) == value for one in theirs)}
