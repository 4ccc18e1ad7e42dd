"""One labelled image, or one labelled region of an image: the unit that every part of Glyphline speaks of."""

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


@dataclass(frozen=True, slots=True)
class Sample:
    """One line of a manifest.

    `image` is the path below the snapshot's folder, `sha256` the hash of its bytes, `width` and
    `height` its size in pixels. `polygon` is the region of the image that is meant, in pixels; none:
    all of it. `text` is the transcription, None where the sample has only a class `label`. `group`
    is what must not straddle a split: the drawing, page or writer. `meta` holds JSON values.
    """

    id: str
    image: str
    sha256: str
    width: int
    height: int
    text: str | None
    group: str
    source: str
    split: Split
    polygon: Polygon | None = None
    label: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)

    __pydantic_config__ = ConfigDict(extra="forbid")


_ADAPTER: TypeAdapter[Sample] = TypeAdapter(Sample)


def encode(sample: Sample) -> bytes:
    """Return `sample` as a manifest line: keys in a fixed order, so equal samples give equal bytes."""
    content: dict[str, Any] = {
        "id": sample.id,
        "image": sample.image,
        "sha256": sample.sha256,
        "width": sample.width,
        "height": sample.height,
        "text": sample.text,
    }
    if sample.polygon is not None:
        content["polygon"] = sample.polygon
    if sample.label is not None:
        content["label"] = sample.label
    content |= {"group": sample.group, "source": sample.source, "split": sample.split}
    content["meta"] = dict(sorted(sample.meta.items()))
    return orjson.dumps(content, option=orjson.OPT_APPEND_NEWLINE)


def decode(line: bytes) -> Sample:
    """Return the sample that a manifest line holds.

    Raises:
        ValueError: the line is not JSON or not a sample; the message says which key.
    """
    try:
        return _ADAPTER.validate_json(line)
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        key = ".".join(map(str, detail["loc"]))
        raise ValueError(f"{key}: {detail['msg']}" if key else detail["msg"]) from error
