"""What an importer yields: a labelled image as its source describes it, before anything is copied."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from upath import UPath

from config.errors import Problem
from corpus.sample import Polygon, Split

if TYPE_CHECKING:
    from corpus.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Record:
    """One labelled image, one labelled region of it, or a page that was labelled and has no region.

    `key` is unique within its source and stable between imports: with the source's name before it, it
    becomes the sample's id. `image_name` is the image's path as the source writes it. `file` and `line`
    are where the label is written, for messages. `group` None: the image is its own group. `split`
    None: decided by the group's hash.
    """

    key: str
    image: UPath
    image_name: str
    text: str | None
    file: str
    line: int | None = None
    label: str | None = None
    polygon: Polygon | None = None
    group: str | None = None
    split: Split | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_page(self) -> bool:
        """Whether it stands for its page itself, on which there is no region."""
        return self.polygon is None and self.text is None and self.label is None


@dataclass(frozen=True, slots=True)
class Format:
    """How one tool lays a dataset out. `write` is None where we only read it.

    `read` yields a `Record` for each label it can use and a `Problem` for each that it cannot; it
    raises `FormatError` where the source as a whole does not have this layout. It reads labels only:
    images are opened later, side by side.
    """

    name: str
    summary: str
    layout: str
    """The layout as people see it, a few lines, for ``--help`` and the documentation."""
    read: Callable[[UPath], Iterator[Record | Problem]]
    write: Callable[[Snapshot, UPath], None] | None = None
