"""Images by their place in S3, here moto's server: fetched from allowed buckets alone."""

from __future__ import annotations

import json
from collections.abc import Iterator

import boto3
import pytest
from moto.server import ThreadedMotoServer
from servers import SLOW, Server, png, running

BUCKET, OTHER = "drawings", "payroll"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that may read one of two buckets of an object store."""
    store = ThreadedMotoServer(port=0, verbose=False)
    store.start()
    host, port = store.get_host_and_port()
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
    address = f"http://{host}:{port}"
    client = boto3.client(
        "s3", "us-east-1", endpoint_url=address, aws_access_key_id="test", aws_secret_access_key="test"
    )
    for bucket in (BUCKET, OTHER):
        client.create_bucket(Bucket=bucket)
        client.put_object(Bucket=bucket, Key="a/line 1.png", Body=png(8))
    client.put_object(Bucket=BUCKET, Key="empty.png", Body=b"")
    client.put_object(Bucket=BUCKET, Key="large.png", Body=bytes(5000))
    client.close()
    limits = {"GLYPHLINE_S3_BUCKETS": BUCKET, "GLYPHLINE_MAX_REQUEST_BYTES": "4000"}
    folder = tmp_path_factory.mktemp("s3")
    with running(SLOW, folder, AWS_ENDPOINT_URL=address, **keys, **limits) as one:
        one.wait_until_ready()
        yield one
    store.stop()


def ask(uri: str) -> bytes:
    return json.dumps({"s3_uri": uri}).encode()


@pytest.mark.parametrize(
    ("uri", "status", "told"),
    [
        (f"s3://{BUCKET}/a/line 1.png", 200, None),
        (f"s3://{BUCKET}/gone.png", 400, "no object"),
        (f"s3://{BUCKET}/empty.png", 422, "zero bytes"),
        (f"s3://{BUCKET}/large.png", 413, "4,000 bytes"),
        (f"s3://{OTHER}/a/line 1.png", 400, f"'{OTHER}' is not one that this server reads ({BUCKET})"),
        (f"s3://{BUCKET}/../{OTHER}/a/line 1.png", 400, "'..'"),
        (f"s3://{BUCKET}/x::file:///etc/passwd", 400, "no object"),
        (f"s3://{BUCKET}", 400, "expected"),
    ],
)
def test_an_object_is_fetched_or_refused(server: Server, uri: str, status: int, told: str | None) -> None:
    answered = server.read(ask(uri), "application/json")
    content = answered.json()
    assert answered.status == status
    assert content["text"] == "1" if told is None else told in str(content["error"])


def test_lines_may_mix_places_and_images(server: Server) -> None:
    good = ask(f"s3://{BUCKET}/a/line 1.png")
    body = b"\n".join([good, ask(f"s3://{OTHER}/a/line 1.png"), good])
    first, refused, last = server.read(body, "application/jsonlines").lines()
    assert (first["text"], list(refused), last["text"]) == ("2", ["error"], "2")
