"""What the rules look at: the samples in manifest order, and columns over them that are quick to ask."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from config.errors import Problem
from config.family import ExamineThresholds, Family
from corpus.charset import Charset
from corpus.examine.facts import NO_IMAGE, Facts
from corpus.examine.images import Images
from corpus.examine.source import Source
from corpus.sample import SPLITS, Sample, Split

if TYPE_CHECKING:
    from corpus.examine.asks import Asks
    from corpus.examine.examination import Ceiling

ResultT = TypeVar("ResultT")
Mask = NDArray[np.bool_]
Integers = NDArray[np.int64]

_PLAIN = ("L", "RGB", "1", "P", "")


@dataclass(frozen=True, slots=True)
class Declared:
    """A charset file: its path, its entries, and what is wrong with them."""

    file: str
    charset: Charset
    problems: tuple[Problem, ...]


def once(function: Callable[[Dataset], ResultT]) -> Callable[[Dataset], ResultT]:
    """Let a `function` of a dataset run once for each dataset, and keep its result there."""

    @functools.wraps(function)
    def remembered(data: Dataset) -> ResultT:
        if function not in data.results:
            data.results[function] = function(data)
        return cast("ResultT", data.results[function])

    return remembered


@dataclass(frozen=True)
class Dataset:
    """A dataset under examination; row i is sample i. Columns are computed when a rule first asks."""

    source: Source
    task: Asks
    images: Images
    declared: Declared | None
    results: dict[Callable[[Dataset], object], object] = field(default_factory=dict)
    """What was asked already, see `once`."""

    @property
    def samples(self) -> list[Sample]:
        """The samples in manifest order."""
        return self.source.samples

    @property
    def family(self) -> Family:
        """Whose model shall learn from it; what only its own task knows is the task's to ask."""
        return self.task.family

    @cached_property
    def ceilings(self) -> tuple[Ceiling, ...]:
        """The best that any training could reach, by split."""
        return tuple(self.task.ceilings(self))

    @property
    def thresholds(self) -> ExamineThresholds:
        """From where on to complain."""
        return self.family.examine

    @cached_property
    def derived(self) -> Charset:
        """The charset of all texts, one entry for each code point."""
        return Charset(tuple(sorted(set("".join(self.texts)))))

    @cached_property
    def charset(self) -> Charset:
        """The charset in force: the declared one, else the derived one."""
        return self.declared.charset if self.declared else self.derived

    # --- splits

    @cached_property
    def splits(self) -> NDArray[np.int8]:
        """For each row the position of its split in `SPLITS`."""
        position = {split: number for number, split in enumerate(SPLITS)}
        return np.fromiter((position[s.split] for s in self.samples), np.int8, len(self.samples))

    def of_split(self, split: Split) -> Mask:
        """The rows of `split`."""
        return np.asarray(self.splits == SPLITS.index(split))

    # --- items

    @cached_property
    def items(self) -> Integers:
        """A number for each row, equal for rows of one item; an image in two splits is an item in each."""
        if self.family.unit == "sample":
            return np.arange(len(self.samples))
        numbers: dict[tuple[str, Split], int] = {}
        keys = ((one.image or one.id, one.split) for one in self.samples)
        return _column([numbers.setdefault(key, len(numbers)) for key in keys])

    @cached_property
    def heads(self) -> Integers:
        """The first row of each item."""
        return np.unique(self.items, return_index=True)[1].astype(np.int64)

    @cached_property
    def is_head(self) -> Mask:
        """Rows that are the first of their item: what is said of an image is said once."""
        first = np.zeros(len(self.samples), np.bool_)
        first[self.heads] = True
        return first

    # --- texts

    @cached_property
    def texts(self) -> list[str]:
        """The transcription of each row; empty where there is none (see `has_text`)."""
        return [s.text if s.text is not None else "" for s in self.samples]

    @cached_property
    def has_text(self) -> Mask:
        """Rows with a transcription, be it empty."""
        return np.fromiter((s.text is not None for s in self.samples), np.bool_, len(self.samples))

    @cached_property
    def lengths(self) -> Integers:
        """Code points of each text."""
        return np.fromiter(map(len, self.texts), np.int64, len(self.texts))

    @cached_property
    def code_points(self) -> NDArray[np.uint32]:
        """All texts one after the other, as code points."""
        return np.frombuffer("".join(self.texts).encode("utf-32-le", "surrogatepass"), np.uint32)

    @cached_property
    def unencodable(self) -> Mask:
        """Rows whose text holds a character that the charset in force lacks."""
        known = np.array(sorted(map(ord, self.charset.encodable)), np.uint32)
        lost = self.owners[~np.isin(self.code_points, known)]
        return np.bincount(lost, minlength=len(self.texts)) > 0

    @cached_property
    def owners(self) -> Integers:
        """For each of `code_points` the row that it is in."""
        return np.repeat(np.arange(len(self.texts)), self.lengths)

    # --- images

    @cached_property
    def readable(self) -> Mask:
        """Rows whose image, as a model sees it, decodes; a row without an image is none of them."""
        return self.widths > 0

    @cached_property
    def pages(self) -> list[Facts]:
        """The whole image of each row; of no size where it does not decode."""
        return [page if isinstance(page, Facts) else NO_IMAGE for page in self.images.pages]

    @cached_property
    def parts(self) -> list[Facts]:
        """What a model sees of each row: the part that is meant, or the page where it answers pages.

        It has no size where it is not `readable`.
        """
        return [part if isinstance(part, Facts) else NO_IMAGE for part in self.images.parts]

    @cached_property
    def unusual(self) -> list[int]:
        """Rows whose image is not plain: not grey or RGB, turned by EXIF, see-through or of many frames."""
        return [
            row
            for row, page in enumerate(self.pages)
            if page.mode not in _PLAIN or page.exif_orientation > 1 or page.transparent or page.frames > 1
        ]

    @cached_property
    def widths(self) -> Integers:
        """Width in pixels of what a model sees."""
        return _column([part.width for part in self.parts])

    @cached_property
    def heights(self) -> Integers:
        """Height in pixels of what a model sees."""
        return _column([part.height for part in self.parts])

    @cached_property
    def pictures(self) -> Integers:
        """A number for each row, equal for rows whose images have the very same bytes.

        Rows without a readable file have a number of their own.
        """
        return _numbered([row if key is None else key for row, key in enumerate(self.images.contents)])

    @cached_property
    def contents(self) -> Integers:
        """A number for each row, equal for rows that show the very same image, or region of it."""
        regions = [row for row, sample in enumerate(self.samples) if sample.polygon is not None]
        if not regions:
            return self.pictures
        keys: list[object] = self.pictures.tolist()
        for row in regions:
            keys[row] = (keys[row], self.samples[row].polygon)
        return _numbered(keys)

    @cached_property
    def shared_contents(self) -> list[Integers]:
        """The rows of each content that more than one row has."""
        return groups_of(self.contents)


def groups_of(numbers: Integers) -> list[Integers]:
    """Return the positions of each number that occurs more than once, in order."""
    shared = np.flatnonzero(np.bincount(numbers)[numbers] > 1)
    if not len(shared):
        return []
    ordered = shared[np.argsort(numbers[shared], kind="stable")]
    return np.split(ordered, np.flatnonzero(np.diff(numbers[ordered])) + 1)


def _numbered(keys: Sequence[object]) -> Integers:
    """Return a number for each key, equal for equal ones."""
    if len(set(keys)) == len(keys):  # the usual case, in a hurry
        return np.arange(len(keys))
    numbers: dict[object, int] = {}
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], np.int64)


def _column(values: Sequence[int]) -> Integers:
    return np.array(values, np.int64)
