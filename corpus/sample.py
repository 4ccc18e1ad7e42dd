"""One labelled image, region of an image, or event: the unit that every part of Glyphline speaks of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson
from pydantic import ConfigDict, TypeAdapter, ValidationError

Split = Literal["train", "val", "test", "golden"]
SPLITS: tuple[Split, ...] = ("train", "val", "test", "golden")

Point = tuple[float, float]
Polygon = tuple[Point, ...]

_OF_AN_IMAGE = ("sha256", "width", "height")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One line of a manifest: an image, an event record, or both.

    `image` is the path below the snapshot's folder, `sha256` the hash of its bytes, `width` and
    `height` its size in pixels. `polygon` is the region of the image that is meant, in pixels; none:
    all of it. `text` is the transcription, None where the sample has only a class `label`. `table` is
    an event record, JSON values by column. `group` is what must not straddle a split: the drawing, page,
    writer or user. `meta` holds JSON values.
    """

    id: str
    image: str | None = None
    sha256: str | None = None
    width: int | None = None
    height: int | None = None
    text: str | None = None
    polygon: Polygon | None = None
    label: str | None = None
    table: Mapping[str, Any] | None = None
    group: str
    source: str
    split: Split
    meta: Mapping[str, Any] = field(default_factory=dict)

    __pydantic_config__ = ConfigDict(extra="forbid")

    @property
    def is_page(self) -> bool:
        """Whether it stands for its image itself, of which nothing is labelled: a page without any region."""
        labels = (self.polygon, self.text, self.label, self.table)
        return self.image is not None and all(one is None for one in labels)


_ADAPTER: TypeAdapter[Sample] = TypeAdapter(Sample)


def encode(sample: Sample) -> bytes:
    """Return `sample` as a manifest line: keys in a fixed order, so equal samples give equal bytes."""
    content: dict[str, Any] = {"id": sample.id}
    if sample.image is not None:
        content["image"] = sample.image
        content["sha256"] = sample.sha256
        content["width"] = sample.width
        content["height"] = sample.height
    if sample.text is not None or sample.image is not None:
        content["text"] = sample.text
    if sample.polygon is not None:
        content["polygon"] = sample.polygon
    if sample.label is not None:
        content["label"] = sample.label
    if sample.table is not None:
        content["table"] = sample.table
    content |= {"group": sample.group, "source": sample.source, "split": sample.split}
    content["meta"] = dict(sorted(sample.meta.items()))
    return orjson.dumps(content, option=orjson.OPT_APPEND_NEWLINE)


def decode(line: bytes) -> Sample:
    """Return the sample that a manifest line holds.

    Raises:
        ValueError: the line is not JSON or not a sample; the message says which key.
    """
    try:
        sample = _ADAPTER.validate_json(line)
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        key = ".".join(map(str, detail["loc"]))
        raise ValueError(f"{key}: {detail['msg']}" if key else detail["msg"]) from error
    if sample.image is None or sample.sha256 is None or sample.width is None or sample.height is None:
        _check_without_image(sample)
    return sample


def _check_without_image(sample: Sample) -> None:
    """Refuse what has neither image nor table, and an image of which something is not said.

    Raises:
        ValueError: that is so.
    """
    if sample.image is not None:
        missing = [key for key in _OF_AN_IMAGE if getattr(sample, key) is None]
        raise ValueError(
            f"an image without {' and '.join(missing)}; it takes all of {', '.join(_OF_AN_IMAGE)}"
        )
    if any(getattr(sample, key) is not None for key in (*_OF_AN_IMAGE, "polygon")):
        raise ValueError("the hash, size or region of an image without the image's path under 'image'")
    if sample.table is None:
        raise ValueError("neither an 'image' nor a 'table'; a sample has one of them, or both")
