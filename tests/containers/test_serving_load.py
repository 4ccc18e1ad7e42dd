"""The server in bad times: loading, crowded, too slow, broken, told to leave."""

from __future__ import annotations

import asyncio
import base64
import http.client
import json
import re
import signal
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image
from servers import FAMILY, GLYPHLINE, SLOW, Server, SlowModel, encoded, png, running

from config.errors import StateError
from config.family import Accepts
from containers.common.artifact import Artifact
from containers.common.errors import JobError
from containers.runtime.serving.batching import Batcher, QueueFullError
from containers.runtime.serving.limits import Limits, limits_from, port_from
from containers.runtime.serving.server import serve
from tasks import task_of


def test_ping_answers_200_only_when_the_model_is_loaded(tmp_path: Path) -> None:
    with running(SLOW, tmp_path, LOAD_S="0.5") as server:
        assert server.ask("/ping").status == 503
        early = server.read(png(8))
        assert (early.status, "not loaded" in str(early.json()["error"])) == (503, True)
        server.wait_until_ready()
        assert server.read(png(8)).status == 200


def test_a_model_that_does_not_load_ends_the_process(tmp_path: Path) -> None:
    with running(SLOW, tmp_path, LOAD_S="0.2", BROKEN="1") as server:
        assert server.process.wait(timeout=10) == 1
    assert "ArithmeticError: this model does not load" in (tmp_path / "stderr").read_text()


def test_a_full_queue_sends_away_and_says_when_to_come_again(tmp_path: Path) -> None:
    limits = {"GLYPHLINE_MAX_QUEUE": "4", "GLYPHLINE_MAX_BATCH": "2", "GLYPHLINE_MAX_IMAGES": "4"}
    with running(SLOW, tmp_path, READ_S="0.3", **limits) as server:
        server.wait_until_ready()
        with ThreadPoolExecutor(12) as clients:
            answered = list(clients.map(server.read, [png(8)] * 12))
        assert {one.status for one in answered} == {200, 503}
        assert sum(one.status == 200 for one in answered) >= 4
        away = next(one for one in answered if one.status == 503)
        assert away.headers["retry-after"] == "1"
        assert "wait already" in str(away.json()["error"])
        assert server.read(png(8)).status == 200


def test_requests_share_batches(tmp_path: Path) -> None:
    with running(SLOW, tmp_path, READ_S="0.2", GLYPHLINE_MAX_BATCH="3") as server:
        server.wait_until_ready()
        with ThreadPoolExecutor(7) as clients:
            sizes = [str(one.json()["text"]) for one in clients.map(server.read, [png(8)] * 7)]
    assert "3" in sizes
    assert max(sizes) == "3"


def test_what_takes_too_long_is_given_up_and_what_breaks_the_model_is_said(tmp_path: Path) -> None:
    with running(SLOW, tmp_path, READ_S="0.3", GLYPHLINE_MAX_SECONDS="0.1") as server:
        server.wait_until_ready()
        late = server.read(png(8))
        assert (late.status, "0.1 seconds" in str(late.json()["error"])) == (504, True)
    with running(SLOW, tmp_path) as server:
        server.wait_until_ready()
        broken = server.read(encoded(Image.new("RGB", (8, 8), (255, 0, 0))))
        assert (broken.status, "traceback" in str(broken.json()["error"])) == (500, True)
        assert server.read(png(8)).status == 200
    assert "ArithmeticError: red" in (tmp_path / "stderr").read_text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_told_to_leave_answers_what_is_under_way(
    tmp_path: Path, number: signal.Signals
) -> None:
    with (
        running(SLOW, tmp_path, READ_S="0.3", GLYPHLINE_MAX_BATCH="4") as server,
        ThreadPoolExecutor(8) as clients,
    ):
        server.wait_until_ready()
        answered = [clients.submit(server.read, png(8)) for _ in range(8)]
        time.sleep(0.15)  # all are there, and the first batch is being read
        server.process.send_signal(number)
        assert [one.result().status for one in answered] == [200] * 8
        assert server.process.wait(timeout=10) == 0
        with pytest.raises(ConnectionRefusedError):
            server.ask("/ping")


def test_a_server_that_is_told_to_leave_waits_for_no_body(tmp_path: Path) -> None:
    with running(SLOW, tmp_path) as server:
        server.wait_until_ready()
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
        connection.putrequest("POST", "/invocations")
        connection.putheader("Content-Length", "100")
        connection.endheaders(b"half of it")
        time.sleep(0.1)
        server.process.terminate()
        response = connection.getresponse()
        assert (response.status, response.headers["Retry-After"]) == (503, "1")
        assert "not whole yet" in json.loads(response.read())["error"]
        connection.close()
        assert server.process.wait(timeout=5) == 0
    assert "Traceback" not in (tmp_path / "stderr").read_text()


def test_the_pages_of_a_request_are_not_in_memory_together(tiny: Artifact, tmp_path: Path) -> None:
    page = base64.b64encode(encoded(Image.new("RGB", (2000, 2000)))).decode()
    command = (GLYPHLINE, "serve", str(tiny.folder), "--port", "0", "--engine", "onnx")
    with running(command, tmp_path) as server:
        server.wait_until_ready()
        before_mb = most_memory_mb(server)
        body = b"\n".join([json.dumps({"image": page}).encode()] * 24)
        assert all("text" in one for one in server.read(body, "application/jsonlines").lines())
        pages_mb = 24 * 4 * 4  # a page has 4 million pixels, of which each has 4 bytes in Pillow
        assert most_memory_mb(server) - before_mb < pages_mb / 2


def most_memory_mb(server: Server) -> float:
    (line,) = re.findall(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{server.process.pid}/status").read_text())
    return int(line) / 1024


@pytest.mark.parametrize("engine", ["onnx", "paddle"])
def test_the_command_serves_with_either_engine_and_leaves_when_told(
    tiny: Artifact, tmp_path: Path, engine: str
) -> None:
    command = (GLYPHLINE, "serve", str(tiny.folder), "--port", "0", "--engine", engine)
    with running(command, tmp_path) as server:
        server.wait_until_ready()
        assert server.read(png(64)).json()["model_version"] == tiny.version
        server.process.terminate()
        assert server.process.wait(timeout=10) == 0


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    with running(SLOW, tmp_path) as server, pytest.raises(StateError, match=f"127.0.0.1:{server.port}"):
        serve(task_of(FAMILY), SlowModel(0.0), Limits(), host="127.0.0.1", port=server.port)


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"GLYPHLINE_MAX_PIXEL": "1"}, "Did you mean 'GLYPHLINE_MAX_PIXELS'"),
        ({"GLYPHLINE_MAX_PIXELS": "many"}, "GLYPHLINE_MAX_PIXELS is 'many'; expected a valid integer"),
        ({"GLYPHLINE_MAX_SECONDS": "0"}, "greater than 0"),
        ({"GLYPHLINE_MAX_IMAGES": "300"}, "room for one request"),
        ({"GLYPHLINE_MAX_PIXELS": "250000000"}, "GLYPHLINE_MAX_REQUEST_PIXELS 100000000"),
    ],
)
def test_a_wrong_limit_is_named(environment: dict[str, str], told: str) -> None:
    with pytest.raises(JobError) as error:
        limits_from(environment)
    assert told in str(error.value)


def test_what_the_environment_does_not_say_the_task_does() -> None:
    page = Accepts(("image",), max_pixels=150_000_000, max_batch=4)
    assert limits_from({}, page) == Limits(
        max_pixels=150_000_000, max_request_pixels=150_000_000, max_batch=4
    )
    said = {"GLYPHLINE_MAX_PIXELS": "7", "GLYPHLINE_MAX_BATCH": "9"}
    assert limits_from(said, page) == Limits(max_pixels=7, max_batch=9, max_request_pixels=150_000_000)
    assert limits_from({"GLYPHLINE_MAX_REQUEST_PIXELS": "5"}, page).max_pixels == 5


def test_limits_and_port_come_from_the_environment() -> None:
    given = {"GLYPHLINE_MAX_PIXELS": "7", "GLYPHLINE_S3_BUCKETS": "one, two", "GLYPHLINE_ML_ROOT": "/x"}
    assert limits_from(given) == Limits(max_pixels=7, s3_buckets=("one", "two"))
    assert (port_from({}), port_from({"SAGEMAKER_BIND_TO_PORT": "81"})) == (8080, 81)
    with pytest.raises(JobError, match="'http'"):
        port_from({"SAGEMAKER_BIND_TO_PORT": "http"})


def double(items: Sequence[int]) -> list[int]:
    if 0 in items:
        raise ArithmeticError("zero")
    return [2 * one for one in items]


def test_a_batch_that_fails_takes_no_other_with_it() -> None:
    async def scenario() -> None:
        batcher = Batcher(double, threads=1, batch=2, queue=4)
        running_batches = asyncio.create_task(batcher.run())
        bad, good = await asyncio.gather(batcher.do([0, 1]), batcher.do([2, 3]), return_exceptions=True)
        assert isinstance(bad, ArithmeticError)
        assert not isinstance(good, BaseException)
        assert [one.result for one in good] == [4, 6]
        running_batches.cancel()

    asyncio.run(scenario())


def test_the_items_of_a_request_go_in_together_or_not_at_all() -> None:
    async def scenario() -> None:
        batcher = Batcher(double, threads=1, batch=2, queue=4)
        waiting = asyncio.create_task(batcher.do([1, 2, 3]))
        await asyncio.sleep(0)
        with pytest.raises(QueueFullError):
            await batcher.do([4, 5])
        one_more = asyncio.create_task(batcher.do([4]))
        running_batches = asyncio.create_task(batcher.run())
        assert [one.result for one in (*await waiting, *await one_more)] == [2, 4, 6, 8]
        running_batches.cancel()

    asyncio.run(scenario())
