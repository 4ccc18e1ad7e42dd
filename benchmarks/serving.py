"""How fast a trained model reads, against PaddleOCR on the same exported model, and how fast it is served.

    python benchmarks/serving.py --artifact model/ --data data/thai [--count 512] [--seconds 5]

Recognition begins with decoded images and ends with text, and the share of texts that are equal to ours (ONNX
Runtime, one by one) is in the table. At batch 1 one image is read after
the other; larger batches are read as `glyphline predict` does, one on each core. PaddleOCR runs with its
defaults, which are ten threads.
The server is the real one, in a process of its own; its clients each wait for an answer before they send
the next raw PNG, and share the machine with it.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import re
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

sys.path[0] = str(Path(__file__).parent.parent)  # beside it, this file would hide the package of its name
os.environ["PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK"] = "True"  # nothing is to be downloaded
warnings.simplefilter("ignore")  # Paddle's, on import

from benchmarks.table import report  # noqa: E402 - only found from the root
from containers.common.artifact import Artifact, open_artifact  # noqa: E402
from containers.common.model import Predictor  # noqa: E402
from containers.paddle.engines import EngineName  # noqa: E402
from containers.paddle.image import IMAGE  # noqa: E402
from containers.paddle.inference_yml import MODEL_NAME  # noqa: E402
from containers.runtime.preprocessing import pixels_of  # noqa: E402
from corpus.images import open_image, to_png  # noqa: E402
from corpus.snapshot import open_snapshot  # noqa: E402
from tasks.recognition.answer import Reading  # noqa: E402
from tasks.recognition.contract import Contract, LinePreprocessing  # noqa: E402

Pixels = NDArray[np.uint8]
Given = Sequence[Image.Image] | Sequence[Pixels]
Reader = Callable[[Given, int], list[str]]
ENGINES: dict[EngineName, str] = {"onnx": "ONNX Runtime", "paddle": "Paddle inference"}
CLIENTS = (1, 8, 32)
BATCHES = (1, 32)
REPEATS = 3


def lines(data: str, count: int) -> list[bytes]:
    """Return up to `count` lines of the validation split of a snapshot, as PNG."""
    snapshot = open_snapshot(data)
    samples = (one for one in snapshot.samples() if one.split == "val")
    paths = [snapshot.image_path(one) for one in itertools.islice(samples, count)]
    return [to_png(open_image(path.read_bytes(), str(path))) for path in paths]


def ours(predictor: Predictor[Image.Image, Reading]) -> Reader:
    """Return a reader by our own path from images to text."""
    predictor.warm_up()

    def read(images: Given, batch: int) -> list[str]:
        parts = [images[start : start + batch] for start in range(0, len(images), batch)]
        with ThreadPoolExecutor(predictor.threads if batch > 1 else 1) as threads:
            return [one.text for part in threads.map(predictor.predict, parts) for one in part]

    return read


def theirs(folder: Path, how: LinePreprocessing) -> Reader:
    """Return a reader by `paddleocr.TextRecognition` on the same model."""
    from paddleocr import TextRecognition

    shape = (3, how.height_px, how.width_px) if how.resize == "stretch" else None
    model = TextRecognition(model_name=MODEL_NAME, model_dir=str(folder), input_shape=shape)

    def read(images: Given, batch: int) -> list[str]:
        return [one["rec_text"] for one in model.predict(list(images), batch_size=batch)]

    return read


def recognition(place: Path, scratch: Path, images: Sequence[bytes]) -> list[dict[str, object]]:
    """Return a row for each engine and batch size."""
    artifact: Artifact = open_artifact(place, scratch)
    how = artifact.contract_as(Contract).preprocessing
    decoded = [open_image(data, "line") for data in images]
    engines: dict[str, tuple[Reader, Given]] = {
        title: (ours(IMAGE.open(artifact, name)), decoded) for name, title in ENGINES.items()
    }
    colour = how.model_copy(update={"grayscale": False})
    bgr = [pixels_of(image, colour) for image in decoded]
    engines["paddleocr TextRecognition"] = (theirs(artifact.folder, how), bgr)
    expected = engines["ONNX Runtime"][0](decoded, 1)
    rows: list[dict[str, object]] = []
    for batch, (title, (reader, given)) in itertools.product(BATCHES, engines.items()):
        reader(given[:64], batch)  # the first of a shape is slow
        texts, wall_s, cpu_s = timed(lambda reader=reader, given=given, batch=batch: reader(given, batch))
        rows.append(
            {
                "engine": title,
                "batch": batch,
                "images per second": round(len(images) / wall_s),
                "CPU ms an image": round(cpu_s / len(images) * 1000, 3),
                "equal texts": round(np.mean([a == b for a, b in zip(texts, expected, strict=True)]), 4),
            }
        )
    return rows


def timed(work: Callable[[], list[str]]) -> tuple[list[str], float, float]:
    """Return what `work` gives, and the least wall and CPU seconds of three runs."""
    wall_s, cpu_s = [], []
    for _ in range(REPEATS):
        wall, cpu = time.perf_counter(), time.process_time()
        result = work()
        wall_s.append(time.perf_counter() - wall)
        cpu_s.append(time.process_time() - cpu)
    return result, min(wall_s), min(cpu_s)


def served(artifact: Path, images: Sequence[bytes], seconds: float) -> list[dict[str, object]]:
    """Return a row for each number of clients of a real server."""
    command = [str(Path(sys.executable).parent / "glyphline"), "serve", str(artifact), "--port", "0"]
    rows: list[dict[str, object]] = []
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None  # it is a pipe
        match = re.search(r":(\d+)$", server.stderr.readline())
        assert match is not None, "the server did not start"
        port = int(match[1])
        asyncio.run(ready(port))
        for clients in CLIENTS:
            asyncio.run(load(port, images, clients, 1.0))
            before_s = cpu_s(server.pid)
            waited_s, wall_s = asyncio.run(load(port, images, clients, seconds))
            rows.append(
                {
                    "clients": clients,
                    "requests per second": round(len(waited_s) / wall_s),
                    "p50 ms": round(float(np.percentile(waited_s, 50)) * 1000, 2),
                    "p99 ms": round(float(np.percentile(waited_s, 99)) * 1000, 2),
                    "CPU ms a request": round((cpu_s(server.pid) - before_s) / len(waited_s) * 1000, 3),
                }
            )
        server.terminate()
    return rows


def cpu_s(pid: int) -> float:
    """Return the processor time of a process (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def ready(port: int) -> None:
    """Wait until the server has loaded its model."""
    while True:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\n")
        status = await reader.readline()
        writer.close()
        if b" 200 " in status:
            return
        await asyncio.sleep(0.05)


async def load(port: int, images: Sequence[bytes], clients: int, seconds: float) -> tuple[list[float], float]:
    """Let `clients` ask for `seconds`; return how long each request took, and all of it."""
    requests = [
        b"POST /invocations HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\nContent-Length: "
        + str(len(image)).encode()
        + b"\r\n\r\n"
        + image
        for image in images
    ]
    waited_s: list[float] = []
    started_s = time.perf_counter()

    async def client(first: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in itertools.cycle(requests[first:] + requests[:first]):
            sent_s = time.perf_counter()
            if sent_s > started_s + seconds:
                break
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            assert b" 200 " in head.partition(b"\r\n")[0], head
            await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].split()[0]))
            waited_s.append(time.perf_counter() - sent_s)
        writer.close()

    await asyncio.gather(*(client(number * len(requests) // clients) for number in range(clients)))
    return waited_s, time.perf_counter() - started_s


def main() -> None:
    """Measure, print and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--artifact", type=Path, help="a trained model, as `glyphline train` makes it")
    parser.add_argument("--data", help="a snapshot whose validation split is read")
    parser.add_argument("--count", type=int, default=512)
    parser.add_argument("--seconds", type=float, default=5.0)
    given = parser.parse_args()
    if given.artifact is None or given.data is None:
        print("nothing measured: this needs a model and data, --artifact and --data (see --help)")
        return
    images = lines(given.data, given.count)
    with tempfile.TemporaryDirectory() as scratch:
        report("recognition", recognition(given.artifact, Path(scratch), images))
    report("serving", served(given.artifact, images, given.seconds))


if __name__ == "__main__":
    main()
