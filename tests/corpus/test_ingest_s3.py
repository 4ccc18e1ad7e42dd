"""The same calls in an object store, here moto's server: import, open, add, export."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from drawing import png, records
from moto.server import ThreadedMotoServer
from s3fs import S3FileSystem
from upath import UPath

from corpus import formats
from corpus.errors import ManifestError
from corpus.ingest import Options, add_records, import_records
from corpus.snapshot import open_snapshot


@pytest.fixture(scope="module")
def store() -> Iterator[None]:
    """Run an object store, and let every client find it by the environment."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        environment.setenv("AWS_ACCESS_KEY_ID", "test")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "test")
        environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
        S3FileSystem.clear_instance_cache()  # it would remember another store's address
        yield
        S3FileSystem.clear_instance_cache()
    server.stop()


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
