"""The same calls in an object store, here moto's server: import, open, add, export."""

from __future__ import annotations

from pathlib import Path

import boto3
import pytest
from drawing import png, records
from upath import UPath

from corpus import formats
from corpus.errors import ManifestError
from corpus.ingest import Options, add_records, import_records
from corpus.snapshot import open_snapshot


@pytest.fixture
def bucket(store: None, request: pytest.FixtureRequest) -> str:
    """Return the address of a new bucket."""
    name = request.node.name.replace("_", "-")
    client = boto3.client("s3")
    client.create_bucket(Bucket=name)
    client.close()
    return f"s3://{name}"


def test_import_add_and_export_in_an_object_store(tmp_path: Path, bucket: str) -> None:
    options = Options("s", workers=1)
    made = import_records(records(tmp_path / "in", ["a", "b", "ขี"]), UPath(f"{bucket}/snapshot"), options)
    assert made.added == 3
    opened = open_snapshot(f"{bucket}/snapshot")
    assert [sample.text for sample in opened.samples()] == ["a", "b", "ขี"]
    assert opened.image_path(next(opened.samples())).read_bytes() == png(0)

    grown = add_records(opened, records(tmp_path / "in", ["d"], start=3), options).snapshot
    assert grown.description.samples == 4
    assert open_snapshot(f"{bucket}/snapshot@{opened.description.hash[:8]}").description.samples == 3

    formats.write("paddle-rec", grown, UPath(f"{bucket}/paddle"))
    again = import_records(
        formats.read("paddle-rec", UPath(f"{bucket}/paddle")), UPath(tmp_path / "again"), options
    )
    assert again.problems == ()
    assert {s.id: s for s in again.snapshot.samples()} == {s.id: s for s in grown.samples()}
    with pytest.raises(ManifestError, match="no snapshot here"):
        open_snapshot(f"{bucket}/absent")


def test_class_folders_in_an_object_store(bucket: str) -> None:
    root = UPath(f"{bucket}/symbols")
    for name in ("valves/gate.png", "digit/0/1.png", ".hidden/0/1.png"):
        (root / name).write_bytes(png(1))
    items = list(formats.read("classes", root))
    assert [item.label for item in items if not isinstance(item, formats.Problem)] == [
        "digit/0",
        "valves/gate",
    ]
