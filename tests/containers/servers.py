"""Real servers for tests, each a process of its own, and a client for them.

Run as a script, this file is a server whose model takes its time and says how large its batch was.
"""

from __future__ import annotations

import http.client
import io
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from config.tasks.recognition import RecognitionFamily
from containers.common.model import Predictor
from containers.runtime.serving.limits import limits_from
from containers.runtime.serving.server import serve
from tasks import task_of
from tasks.recognition.answer import Reading

ROOT = Path(__file__).parents[2]
GLYPHLINE = str(Path(sys.executable).parent / "glyphline")
SLOW = (sys.executable, __file__)
TIMEOUT_S = 20.0


def png(width_px: int, seed: int = 0, height_px: int = 32) -> bytes:
    """Return a noisy image: another seed, another text."""
    noise = np.random.default_rng(seed).integers(0, 256, (height_px, width_px, 3), dtype=np.uint8)
    return encoded(Image.fromarray(noise))


def encoded(image: Image.Image, image_format: str = "PNG", **options: object) -> bytes:
    """Return `image` as a file."""
    buffer = io.BytesIO()
    image.save(buffer, image_format, **options)
    return buffer.getvalue()


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, object]:
        """Return the body as JSON; its type must say so."""
        assert self.headers["content-type"] == "application/json"
        content = json.loads(self.body)
        assert isinstance(content, dict)
        return content

    def lines(self) -> list[dict[str, object]]:
        """Return the body as JSON Lines; its type must say so."""
        assert self.headers["content-type"] == "application/jsonlines"
        return [json.loads(line) for line in self.body.decode().splitlines()]


@dataclass(frozen=True, slots=True)
class Server:
    """A process that serves on this machine, and the file of its standard output."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def ask(self, path: str, body: bytes | Iterator[bytes] | None = None, **headers: str) -> Answered:
        """Send one request over a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_S)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        method = "GET" if body is None else "POST"
        connection.request(method, path, body, named, encode_chunked=isinstance(body, Iterator))
        response = connection.getresponse()
        answered = Answered(
            response.status,
            {name.lower(): value for name, value in response.getheaders()},
            response.read(),
        )
        connection.close()
        return answered

    def read(self, body: bytes | Iterator[bytes], content_type: str = "image/png") -> Answered:
        """Ask what stands in an image."""
        return self.ask("/invocations", body, content_type=content_type)

    def logged(self) -> list[dict[str, object]]:
        """Return the log's lines."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def wait_until_ready(self) -> None:
        """Wait until the model is loaded."""
        deadline = time.monotonic() + TIMEOUT_S
        while self.ask("/ping").status != 200:
            assert time.monotonic() < deadline
            time.sleep(0.02)


@contextmanager
def running(command: Sequence[str], folder: Path, **environment: str) -> Iterator[Server]:
    """Start a server on a free port; it may still be loading."""
    log, said = folder / "stdout", folder / "stderr"
    settings = {**os.environ, "OMP_NUM_THREADS": "1", "SAGEMAKER_BIND_TO_PORT": "0", **environment}
    with open(log, "wb") as out, open(said, "wb") as err:
        process = subprocess.Popen(command, cwd=ROOT, env=settings, stdout=out, stderr=err)
    try:
        yield Server(process, _port(process, said), log)
    finally:
        process.kill()
        process.wait()


def _port(process: subprocess.Popen[bytes], said: Path) -> int:
    deadline = time.monotonic() + TIMEOUT_S
    while (match := re.search(r"listening on http://[\d.]+:(\d+)", said.read_text())) is None:
        assert process.poll() is None, said.read_text()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return int(match[1])


FAMILY = RecognitionFamily.model_validate(
    {
        "family": "slow",
        "description": "Takes its time",
        "task": "recognition",
        "recognition": {
            "height_px": 32,
            "width_px": 64,
            "resize": "stretch",
            "step_px": 4,
            "max_text_length": 9,
        },
    }
)


@dataclass(frozen=True, slots=True)
class SlowModel:
    """Takes its time for each batch, whatever its size."""

    seconds: float
    version: str = "slow"
    threads: int = 1

    def warm_up(self) -> None:
        """Take time for it, or fail."""
        time.sleep(float(os.environ.get("LOAD_S", "0")))
        if "BROKEN" in os.environ:
            raise ArithmeticError("this model does not load")

    def predict(self, inputs: Iterable[Image.Image]) -> list[Reading]:
        """Return the size of the batch; a red image breaks the model."""
        time.sleep(self.seconds)
        batch = list(inputs)
        if any(image.getpixel((0, 0)) == (255, 0, 0) for image in batch):
            raise ArithmeticError("red")
        size = str(len(batch))
        return [Reading(size, 1.0, (1.0,) * len(size)) for _ in batch]


if __name__ == "__main__":
    slow: Predictor[Image.Image, Reading] = SlowModel(float(os.environ.get("READ_S", "0")))
    serve(task_of(FAMILY), slow, limits_from(), host="127.0.0.1", port=0)
