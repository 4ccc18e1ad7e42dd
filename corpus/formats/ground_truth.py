"""Ground Truth's output manifests: an image a line, with the boxes that our labelling task made of it.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/sms-data-output.html: an attribute that the job names,
and ``…-metadata`` beside it. The attribute's value is what `infra/functions/consolidation` returns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from upath import UPath

from config.errors import Problem
from corpus.formats.lines import EntryError, Line, object_of, read_lines
from corpus.formats.paddle import Entry
from corpus.formats.paddle_det import regions_of
from corpus.formats.source import LabelFile, image_finder, label_files, once, outside
from corpus.records import Format, Record

_METADATA = "-metadata"


def read(source: UPath) -> Iterator[Record | Problem]:
    """Yield a record for each box; one that is unreadable has no text and ``meta["unreadable"]``.

    Images are read where the manifest says: in S3, or below its own folder.

    Raises:
        FormatError: there is no ``*.manifest``.
    """
    root, files = label_files(source, ".manifest")
    find = image_finder(root)
    yield from once(item for file in files for item in _records(file, find))


def _records(file: LabelFile, find: Callable[[str], UPath | None]) -> Iterator[Record | Problem]:
    for line in read_lines(file.path):
        if isinstance(line, Problem):
            yield line
            continue
        try:
            image, label = _parsed(line)
        except EntryError as error:
            expected = '{"source-ref": image, NAME: {"boxes": […]}, "NAME-metadata": {…}}'
            remedy = "Label the image again, or delete the line."
            yield Problem("format.line", str(error), expected, remedy, str(file.path), line.number)
            continue
        path = UPath(image) if image.startswith("s3://") else find(image)
        if path is None:
            yield outside(image, str(file.path), line.number)
            continue
        entry = Entry(str(file.path), line.number, file.split, image, line.text)
        agreement = {"agreement": label["agreement"]} if "agreement" in label else {}
        for item in regions_of(entry, path, label["boxes"]):
            yield item if isinstance(item, Problem) else replace(item, meta={**item.meta, **agreement})


def _parsed(line: Line) -> tuple[str, dict[str, Any]]:
    """Return the image that a line names, and its label."""
    content = object_of(line)
    image = content.get("source-ref")
    if not isinstance(image, str) or not image:
        raise EntryError("no image under 'source-ref'")
    return image, _newest_label(content)


def _newest_label(content: dict[str, Any]) -> dict[str, Any]:
    """Return the label that was made last: a job that corrects another's labels adds its own beside them."""
    labels: list[tuple[str, dict[str, Any]]] = []
    failures: list[str] = []
    for key, metadata in content.items():
        if not key.endswith(_METADATA) or not isinstance(metadata, dict):
            continue
        name = key.removesuffix(_METADATA)
        label = content.get(name)
        if isinstance(label, dict) and "boxes" in label:
            labels.append((str(metadata.get("creation-date", "")), label))
        elif "failure-reason" in metadata:
            failures.append(f"{name} failed: {metadata['failure-reason']}")
    if not labels:
        raise EntryError("; ".join(failures) or f"no label with boxes among {', '.join(map(repr, content))}")
    return max(labels, key=lambda one: one[0])[1]


FORMAT = Format(
    name="ground-truth",
    summary="Output manifests of SageMaker Ground Truth, labelled with our task.",
    layout='output.manifest   {"source-ref": "s3://bucket/drawing.png",\n'
    '                   "ocr": {"boxes": [{"transcription": "text", "points": [[x, y], …]}]},\n'
    '                   "ocr-metadata": {"creation-date": "2026-11-28T12:00:00", …}}',
    read=read,
)
