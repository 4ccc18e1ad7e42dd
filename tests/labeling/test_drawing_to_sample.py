"""A drawing's whole way: manifest, function, page, function, output manifest, samples of the corpus."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from labeller import Labeller
from portal import JOB, Portal
from upath import UPath
from white_sheet import MARK, sheet

from corpus import formats
from corpus.errors import CorpusError
from corpus.ingest import Options, Outcome, import_records
from infra.functions.consolidation import handler as consolidation

DRAWING = "s3://raw/drawings/sheet 1.jpg"
OUTPUT = "s3://labelled/jobs/drawings/manifests/output/output.manifest"


def put(uri: str, data: bytes) -> None:
    UPath(uri).write_bytes(data)


def consolidated(answers: list[str]) -> dict[str, Any]:
    """Return the label of an image that labellers submitted `answers` for, as Ground Truth asks for it."""
    annotations = [
        {"workerId": f"private.{number}", "annotationData": {"content": content}}
        for number, content in enumerate(answers)
    ]
    batch = [{"datasetObjectId": "0", "dataObject": {"s3Uri": DRAWING}, "annotations": annotations}]
    put("s3://labelled/jobs/drawings/annotations/0.json", json.dumps(batch).encode())
    event = {
        "version": "2018-10-16",
        "labelingJobArn": JOB,
        "labelAttributeName": "ocr",
        "payload": {"s3Uri": "s3://labelled/jobs/drawings/annotations/0.json"},
    }
    (label,) = consolidation.handler(event, None)
    content: dict[str, Any] = label["consolidatedAnnotation"]["content"]
    return content


@pytest.fixture
def label(
    store: None,
    portal: Portal,
    sit_down: Callable[[str], Labeller],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., Outcome]:
    """Return a function that has a drawing labelled by somebody, and imports what came of it."""
    client = boto3.client("s3")
    for bucket in ("raw", "labelled"):
        client.create_bucket(Bucket=bucket)
    monkeypatch.setattr(consolidation, "_s3", lambda: client)

    def labelled(image: bytes, work: Callable[[Labeller], None], *, crop_regions: bool) -> Outcome:
        portal.images[DRAWING] = image
        put(DRAWING, image)
        labeller = sit_down(portal.task(DRAWING))
        work(labeller)
        submitted = labeller.submit()
        assert submitted is not None, labeller.message()
        metadata = {
            "type": "groundtruth/custom",
            "job-name": "drawings",
            "human-annotated": "yes",
            "creation-date": "2026-11-28T12:00:00.000000",
        }
        line = {"source-ref": DRAWING, **consolidated([submitted]), "ocr-metadata": metadata}
        put(OUTPUT, json.dumps(line).encode() + b"\n")
        items = formats.read("ground-truth", UPath(OUTPUT))
        options = Options("gt", crop_regions=crop_regions, workers=1)
        return import_records(items, UPath(tmp_path / "snapshot"), options)

    return labelled


def draw(labeller: Labeller) -> None:
    labeller.drag(MARK[:2], MARK[2:])
    labeller.page.keyboard.type("ปั๊มน้ำ P-101")
    labeller.drag((200, 120), (300, 150))
    labeller.press(2, "Unreadable")
    labeller.drag((300, 150), (310, 158))


@pytest.mark.parametrize("orientation", [1, 6])
def test_samples_are_what_was_drawn(label: Callable[..., Outcome], orientation: int) -> None:
    image = sheet(kind="JPEG", exif_orientation=orientation)
    outcome = label(image, draw, crop_regions=False)
    first, second = outcome.snapshot.samples()
    assert (first.text, second.text) == ("ปั๊มน้ำ P-101", None)
    assert first.polygon == ((20, 30), (120, 30), (120, 60), (20, 60))
    assert second.polygon == ((200, 120), (300, 120), (310, 158), (200, 150))
    assert (first.width, first.height) == (400, 200)  # so the corners are where they were drawn
    assert dict(first.meta) == {"agreement": 1.0}
    assert dict(second.meta) == {"agreement": 1.0, "unreadable": True}
    assert first.group == second.group
    assert [one.rule for one in outcome.problems] == ([] if orientation == 1 else ["image.exif-rotated"])


def test_lines_are_cut_where_they_were_drawn(label: Callable[..., Outcome]) -> None:
    outcome = label(sheet(kind="JPEG"), draw, crop_regions=True)
    (line,) = outcome.snapshot.samples()
    assert (line.text, line.width, line.height) == ("ปั๊มน้ำ P-101", 100, 30)


def nothing_to_read(labeller: Labeller) -> None:
    labeller.page.get_by_label("There is nothing to read").check()


def test_nothing_to_read_is_an_empty_page(label: Callable[..., Outcome]) -> None:
    (page,) = label(sheet(), nothing_to_read, crop_regions=False).snapshot.samples()
    assert page.is_page


def test_nothing_to_read_is_no_line_and_is_told(label: Callable[..., Outcome]) -> None:
    with pytest.raises(CorpusError, match="without a region"):
        label(sheet(), nothing_to_read, crop_regions=True)
