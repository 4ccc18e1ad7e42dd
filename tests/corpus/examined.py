"""Small datasets to examine, images that differ and manifests written by hand, and who asks about them."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from config.family import ExamineThresholds, Family
from config.tasks.detection import Detection, DetectionFamily, DetectionGate
from config.tasks.recognition import Recognition, RecognitionFamily, RecognitionGate
from corpus.examine import Examination, examine
from corpus.examine.dataset import Dataset, Integers, Mask
from corpus.examine.examination import Ceiling, Finding
from corpus.examine.rules import Rule
from corpus.sample import Polygon, Sample, Split, encode
from tasks.detection import rules as detection
from tasks.recognition import ceiling, steps
from tasks.recognition.rules import RULES


def picture(seed: int, size: tuple[int, int] = (64, 32)) -> Image.Image:
    """Return a picture of coarse noise: another seed, another picture, also to a perceptual hash."""
    coarse = np.random.default_rng(seed).integers(0, 256, (8, 16), dtype=np.uint8)
    return Image.fromarray(coarse).resize(size, Image.Resampling.NEAREST)


def encoded(image: Image.Image, image_format: str = "PNG", **options: Any) -> bytes:
    """Return `image` as the bytes of a file."""
    buffer = io.BytesIO()
    image.save(buffer, image_format, **options)
    return buffer.getvalue()


@dataclass(frozen=True)
class Line:
    """A sample to be: without `data` it gets a picture of its own."""

    text: str | None
    split: Split = "train"
    data: bytes | None = None
    name: str | None = None
    group: str | None = None
    label: str | None = None
    polygon: Polygon | None = None
    size: tuple[int, int] = (64, 32)
    meta: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Asker:
    """What examines, for tests: a family and nothing beside the shared rules."""

    family: Family

    def rules(self) -> Sequence[Rule]:
        return ()

    def ceilings(self, data: Dataset) -> Sequence[Ceiling]:
        return ()

    def measures(self, data: Dataset) -> Mapping[str, tuple[Integers, Mask]]:
        return {}


class Reader(Asker):
    """Asks as a recogniser does."""

    def rules(self) -> Sequence[Rule]:
        return RULES

    def ceilings(self, data: Dataset) -> Sequence[Ceiling]:
        return ceiling.ceilings(data)

    def measures(self, data: Dataset) -> Mapping[str, tuple[Integers, Mask]]:
        return steps.measures(data)


class Finder(Asker):
    """Asks as a detector does."""

    def rules(self) -> Sequence[Rule]:
        return detection.RULES

    def ceilings(self, data: Dataset) -> Sequence[Ceiling]:
        return detection.ceilings(data)

    def measures(self, data: Dataset) -> Mapping[str, tuple[Integers, Mask]]:
        return detection.measures(data)


def thresholds(**examine: Any) -> ExamineThresholds:
    """Return thresholds without any on counts, unless `examine` says otherwise."""
    lenient = {
        "min_samples_per_character": 0,
        "min_samples_per_label": 0,
        "min_samples_per_split": 0,
        "max_faulty_share": 0.0,
        "max_split_divergence": 1.0,
    }
    return ExamineThresholds(**(lenient | examine))


def reader(
    charset: Path | None = None,
    *,
    recognition: dict[str, Any] | None = None,
    guards: tuple[str, ...] = (),
    **examine: Any,
) -> Reader:
    """Return who asks for a small recogniser."""
    given = {"height_px": 32, "width_px": 64, "resize": "stretch", "step_px": 4, "max_text_length": 12}
    settings = given | {"charset": str(charset) if charset else None} | (recognition or {})
    family = RecognitionFamily(
        family="tests",
        description="for tests",
        task="recognition",
        recognition=Recognition(**settings),
        gate=RecognitionGate(guarded_slices=guards),
        examine=thresholds(**examine),
    )
    return Reader(family)


def finder(*, guards: tuple[str, ...] = (), **examine: Any) -> Finder:
    """Return who asks for a detector."""
    family = DetectionFamily(
        family="pages",
        description="for tests",
        task="detection",
        detection=Detection(min_side_px=3.0),
        gate=DetectionGate(guarded_slices=guards),
        examine=thresholds(**examine),
    )
    return Finder(family)


def write(folder: Path, lines: Sequence[Line]) -> Path:
    """Write the images and the manifest of `lines`; sample i is on line i + 1 and has the id ``i``."""
    (folder / "images").mkdir(parents=True, exist_ok=True)
    encoded_lines = []
    for number, line in enumerate(lines):
        data = encoded(picture(number, line.size)) if line.data is None else line.data
        name = line.name or f"images/{number}.png"
        if line.data is not None or line.name is None:
            (folder / name).write_bytes(data)
        width, height = line.size
        encoded_lines.append(
            encode(
                Sample(
                    id=str(number),
                    image=name,
                    sha256=hashlib.sha256(data).hexdigest(),
                    width=width,
                    height=height,
                    text=line.text,
                    group=line.group or f"group-{number}",
                    source="tests",
                    split=line.split,
                    polygon=line.polygon,
                    label=line.label,
                    meta=line.meta,
                )
            )
        )
    manifest = folder / "manifest.jsonl"
    manifest.write_bytes(b"".join(encoded_lines))
    return manifest


CLEAN = [Line("abc"), Line("cab"), Line("bca"), Line("abc", "val"), *[Line("cba", "test")] * 5]
"""A dataset that breaks no rule."""


PAGE = (200, 100)


def box(x: float, y: float, width: float = 60, height: float = 40) -> Polygon:
    return (x, y), (x + width, y), (x + width, y + height), (x, y + height)


def page(number: int, split: Split, *polygons: Polygon | None, data: bytes | None = None) -> list[Line]:
    """Return a sample for each region on the page of that number; None stands for the page itself."""
    image = encoded(picture(500 + number, PAGE)) if data is None else data
    line = Line("abc", split, image, f"page-{number}.png", f"drawing-{number}", size=PAGE)
    return [
        replace(line, text=None) if polygon is None else replace(line, polygon=polygon)
        for polygon in polygons
    ]


def examined(folder: Path, lines: Sequence[Line], by: Asker | None = None, **options: Any) -> Examination:
    """Write `lines` below `folder` and examine them in this process."""
    return examine(str(write(folder, lines)), by or reader(), workers=1, **options)


def finding(examination: Examination, rule: str) -> Finding | None:
    """Return the finding of `rule`, if there is one."""
    return next((found for found in examination.findings if found.rule == rule), None)
