"""The server as SageMaker meets it: a real process, real requests, the tiny artifact behind it."""

from __future__ import annotations

import base64
import http.client
import io
import json
import select
import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image
from servers import Server, encoded, png, running

from containers.common.artifact import Artifact
from containers.paddle.image import IMAGE
from tasks.recognition.answer import Reading

LIMIT_BYTES = 1_000_000
LINES = "application/jsonlines"


@pytest.fixture(scope="module")
def server(tiny: Artifact, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The container's own server over the tiny artifact, with small limits."""
    root = tmp_path_factory.mktemp("ml")
    shutil.copytree(tiny.folder, root / "model")
    command = (sys.executable, "-m", "containers.paddle", "serve")
    limits = {
        "GLYPHLINE_MAX_REQUEST_BYTES": str(LIMIT_BYTES),
        "GLYPHLINE_MAX_PIXELS": "100000",
        "GLYPHLINE_MAX_REQUEST_PIXELS": "300000",
        "GLYPHLINE_MAX_IMAGES": "40",
    }
    with running(command, root, GLYPHLINE_ML_ROOT=str(root), **limits) as one:
        one.wait_until_ready()
        yield one


def read_alone(tiny: Artifact, data: bytes) -> Reading:
    """What the library reads in one image."""
    (reading,) = IMAGE.open(tiny).predict([Image.open(io.BytesIO(data))])
    assert isinstance(reading, Reading)
    return reading


def as_json(data: bytes) -> bytes:
    return json.dumps({"image": base64.b64encode(data).decode()}).encode()


def test_a_raw_image_is_answered_as_the_library_reads_it(server: Server, tiny: Artifact) -> None:
    data = png(100)
    expected = read_alone(tiny, data)
    answer = server.read(data).json()
    assert answer["text"] == expected.text != ""
    assert answer["confidence"] == pytest.approx(expected.confidence, abs=1e-4)
    characters = answer["characters"]
    assert isinstance(characters, list)
    assert [one["character"] for one in characters] == list(expected.text)
    assert [one["score"] for one in characters] == pytest.approx(expected.characters, abs=1e-4)
    assert answer["model_version"] == tiny.version
    assert "warnings" not in answer


@pytest.mark.parametrize(
    "content_type", ["image/anything", "application/x-image", "application/octet-stream"]
)
def test_every_raw_type_is_the_same(server: Server, content_type: str) -> None:
    assert server.read(png(64), content_type).body == server.read(png(64)).body


def test_base64_is_the_same(server: Server) -> None:
    assert server.read(as_json(png(64)), "application/json; charset=utf-8").body == server.read(png(64)).body


def test_a_bad_line_is_its_own_answer(server: Server) -> None:
    good = as_json(png(64))
    body = b"\n".join([good, as_json(b"no image"), b"{", b"", good]) + b"\n"
    first, not_image, not_json, empty, last = server.read(body, LINES).lines()
    assert first == last == server.read(png(64)).json()
    assert "PNG, JPEG" in str(not_image["error"])
    assert "not JSON" in str(not_json["error"])
    assert "not JSON" in str(empty["error"])


BAD = {
    "an unknown key": (
        as_json(b"").replace(b"image", b"imgae"),
        "application/json",
        400,
        "Did you mean 'image'",
    ),
    "two keys": (b'{"image": "", "s3_uri": ""}', "application/json", 400, "both"),
    "no key": (b"{}", "application/json", 400, "empty object"),
    "a list": (b"[]", "application/json", 400, "not an object"),
    "a number": (b'{"image": 1}', "application/json", 400, "not a text"),
    "not base64": (b'{"image": "!"}', "application/json", 400, "not base64"),
    "not ASCII": ('{"image": "é"}'.encode(), "application/json", 400, "not base64"),
    "not JSON": (b"{", "application/json", 400, "not JSON"),
    "not UTF-8": (b'{"image": "\xff"}', "application/json", 400, "not JSON"),
    "another place": (b'{"s3_uri": "file:///etc/passwd"}', "application/json", 400, "file:///etc/passwd"),
    "a bucket that is not allowed": (b'{"s3_uri": "s3://bucket/key"}', "application/json", 400, "'bucket'"),
    "no body": (b"", "image/png", 400, "no body"),
    "no lines": (b"", LINES, 400, "no body"),
    "another type": (b"a,b", "text/csv", 415, "'text/csv'"),
    "an empty image": (as_json(b""), "application/json", 422, "zero bytes"),
    "no image": (b"no image", "image/png", 422, "not an image"),
    "half an image": (png(64)[:-30], "image/png", 422, "does not decode"),
    "too many pixels": (encoded(Image.new("1", (1000, 101))), "image/png", 413, "0.1 million"),
    "too many bytes": (bytes(LIMIT_BYTES + 1), "image/png", 413, "1,000,000 bytes"),
    "too many lines": (b"{}\n" * 41, LINES, 413, "41 lines"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_request_is_one_sentence(server: Server, name: str) -> None:
    body, content_type, status, told = BAD[name]
    answered = server.read(body, content_type)
    content = answered.json()
    assert (answered.status, list(content)) == (status, ["error"])
    assert told in str(content["error"])


def test_a_body_without_a_length_is_refused_when_it_is_too_long(server: Server) -> None:
    assert server.read(iter([bytes(LIMIT_BYTES), bytes(1)])).status == 413


def test_a_body_that_is_too_long_is_read_to_its_end_and_the_connection_lives_on(server: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.putrequest("POST", "/invocations")
    connection.putheader("Content-Length", str(3 * LIMIT_BYTES))
    connection.endheaders(bytes(2 * LIMIT_BYTES))
    answered_early, _, _ = select.select([connection.sock], [], [], 0.2)  # a sender would not look
    assert not answered_early
    connection.send(bytes(LIMIT_BYTES))
    response = connection.getresponse()
    assert response.status == 413
    response.read()
    connection.request("POST", "/invocations", png(64), {"Content-Type": "image/png"})
    assert connection.getresponse().status == 200
    connection.close()


def test_the_images_of_a_request_have_a_limit_together(server: Server) -> None:
    page = as_json(encoded(Image.new("1", (1000, 99))))
    answered = server.read(b"\n".join([page] * 5), LINES).lines()
    refused = [str(one["error"]) for one in answered if "error" in one]
    assert len(refused) == 2
    assert all("1000 x 99 pixels, more than the images of its request have left" in one for one in refused)


def test_other_answers_than_json_and_other_addresses_are_refused(server: Server) -> None:
    headers = {"content_type": "image/png"}
    assert server.ask("/invocations", png(64), accept="text/csv", **headers).status == 406
    assert server.ask("/invocations", png(64), accept="text/csv, */*;q=0.1", **headers).status == 200
    assert "POST to /invocations" in str(server.ask("/invocations").json()["error"])
    assert server.ask("/elsewhere").status == 404


def test_batch_transform_is_told_how_to_send(server: Server) -> None:
    assert server.ask("/execution-parameters").json() == {
        "MaxConcurrentTransforms": 32,
        "BatchStrategy": "SINGLE_RECORD",
        "MaxPayloadInMB": 1,
    }


def test_a_reading_does_not_depend_on_its_batch_mates(server: Server) -> None:
    images = [png(40 + 7 * number, number) for number in range(36)]
    alone = [server.read(image).json() for image in images]
    assert len({str(one["text"]) for one in alone}) > 30
    together = server.read(b"\n".join(map(as_json, images)), LINES).lines()
    assert together == alone
    with ThreadPoolExecutor(12) as clients:
        at_once = [one.json() for one in clients.map(server.read, images)]
    assert at_once == alone
    assert max(int(str(line.get("batch", 0))) for line in server.logged()) > 1


def test_an_image_that_exif_turns_is_read_as_training_sees_it(server: Server) -> None:
    image = Image.open(io.BytesIO(png(64)))
    exif = Image.Exif()
    exif[0x0112] = 6
    turned, plain = (server.read(encoded(image, exif=one)).json() for one in (exif, Image.Exif()))
    (warning,) = turned.pop("warnings")  # type: ignore[misc]
    assert "orientation 6" in str(warning)
    assert turned == plain


def test_every_request_leaves_one_line_in_the_log(server: Server) -> None:
    before = len(server.logged())
    server.read(png(64))
    server.read(b"", "image/png")
    done, refused = server.logged()[before:]
    assert (done["status"], done["images"], done["batch"]) == (200, 1, 1)
    assert {"time", "latency_ms", "queue_ms"} <= done.keys()
    assert (refused["status"], refused["error"]) == (
        400,
        "The request has no body; expected an image. Send its bytes.",
    )
