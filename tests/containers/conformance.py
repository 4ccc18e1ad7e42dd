#!/usr/bin/env python3
"""Hold a built image against SageMaker's contract: ``python tests/containers/conformance.py IMAGE``.

It draws a small dataset, then trains, interrupts, kills, resumes, serves and drains real containers, and
prints PASS or FAIL for each promise; the exit code is 1 if one is broken. Takes two minutes.
"""

from __future__ import annotations

import argparse
import base64
import io
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from containerised import Containers, Served, container_engine
from PIL import Image

SETTINGS = {"family": "thai-rec", "epochs": "4", "checkpoint_interval_s": "0.5", "seed": "1"}
LINES = 600
STEPS_AN_EPOCH = 33
"""525 of the lines are for training, 16 a batch."""
FAILURE_CHARACTERS = 1024
STOP_S = 10.0
"""SageMaker waits 120 seconds; a checkpoint takes less than one, the rest is for a slow disk."""
UNPRIVILEGED = ("--user", "10001:10001", "--cap-drop", "ALL", "--security-opt", "no-new-privileges")
READ_ONLY = ("--read-only", "--tmpfs", "/tmp")
MEBIBYTE = 1024**2


class Report:
    """What was promised, and whether it held."""

    def __init__(self) -> None:
        self.failed = 0
        self._at_s = time.monotonic()

    def check(self, promise: str, held: bool, seen: object = "") -> None:
        """Print one line, with the seconds since the last one."""
        now_s = time.monotonic()
        self.failed += not held
        verdict = "PASS" if held else "FAIL"
        sys.stdout.write(f"{verdict}  {now_s - self._at_s:6.1f} s  {promise}  [{seen}]\n")
        sys.stdout.flush()
        self._at_s = time.monotonic()


class Bench:
    """Folders that stand for `/opt/ml`, over one dataset."""

    def __init__(self, root: Path, data: Path) -> None:
        self.root = root
        self.data = data

    def job(self, name: str, settings: Mapping[str, str] = SETTINGS, data: Path | None = None) -> Path:
        """Return a folder as SageMaker mounts it on `/opt/ml`, with the channel ``data``."""
        place = self.root / name
        for folder in ("input/config", "input/data", "model", "output", "checkpoints"):
            (place / folder).mkdir(parents=True)
        for folder in (place, *place.rglob("*/")):
            folder.chmod(0o777)  # the container's user may be any
        (place / "input/config/hyperparameters.json").write_text(json.dumps(settings))
        subprocess.run(["cp", "-r", data or self.data, place / "input/data/data"], check=True)
        return place


def mounts(job: Path) -> tuple[str, ...]:
    """Return the flags that mount a training job; what comes in is read-only, as in FastFile mode."""
    return ("--network", "none", "-v", f"{job}:/opt/ml", "-v", f"{job}/input:/opt/ml/input:ro")


def train(containers: Containers, job: Path, *flags: str) -> tuple[int, str]:
    """Run a training to its end; return exit code and log."""
    name = containers.start(*mounts(job), *flags, words=("train",))
    return containers.wait(name), containers.log(name)


def weights(job: Path) -> dict[str, np.ndarray]:
    """Return the weights that a training left."""
    with np.load(job / "model/weights.npz") as archive:
        return {name: archive[name] for name in archive.files}


def trains(containers: Containers, bench: Bench, report: Report) -> Path:
    """Train a model without network; return its job."""
    job = bench.job("reference")
    code, log = train(containers, job)
    made = sorted(path.name for path in (job / "model").iterdir())
    report.check(
        "train, no network: exit 0 and an artifact", code == 0 and "artifact.json" in made, made or log
    )
    again = bench.job("unprivileged", SETTINGS)
    code, log = train(containers, again, *UNPRIVILEGED, *READ_ONLY)
    held = code == 0 and (again / "model/artifact.json").exists()
    report.check("train as another user, no capability, read-only root", held, last_line(log))
    return job


def refuses(containers: Containers, bench: Bench, report: Report) -> None:
    """Give jobs what cannot work: each must say so in one sentence and leave with 2."""
    empty = bench.root / "nothing"
    empty.mkdir()
    missing = bench.job("missing")
    (missing / "input/data/data").rename(missing / "input/data/date")
    cases = {
        "unknown hyperparameter": (bench.job("unknown", SETTINGS | {"epoch": "3"}), "'epoch'"),
        "hyperparameter of another type": (bench.job("type", SETTINGS | {"epochs": "many"}), "'many'"),
        "missing channel": (missing, "'data'"),
        "empty channel": (bench.job("empty", data=empty), "empty"),
    }
    for what, (job, names) in cases.items():
        code, _log = train(containers, job)
        failure = job / "output/failure"
        told = failure.read_text(encoding="utf-8") if failure.exists() else ""
        one_sentence = 0 < len(told) <= FAILURE_CHARACTERS and "\n" not in told and names in told
        left = list((job / "model").iterdir())
        report.check(
            f"{what}: exit 2, one sentence, nothing left", code == 2 and one_sentence and not left, told
        )
    for words in ((), ("trian",)):
        name = containers.start(words=words)
        code = containers.wait(name)
        report.check(f"'IMAGE {' '.join(words)}': exit 2", code == 2, containers.log(name).strip())


def processes(containers: Containers, bench: Bench, report: Report, reference: Path) -> None:
    """Examine, part and measure in processing jobs, as another user without network; refuse another hash."""
    snapshot = json.loads((bench.data / "snapshot.json").read_text())["hash"]
    inputs: dict[str, Path | None] = {"data": bench.data, "config": None, "champion": None}
    family = Path(__file__).parents[2] / "config/families/thai-rec.yaml"

    def run(name: str, words: tuple[str, ...], given: Mapping[str, Path | None]) -> tuple[int, str, Path]:
        job = bench.root / f"processing-{name}"
        for folder in ("config", "processing/output", *(f"processing/input/{one}" for one in given)):
            (job / folder).mkdir(parents=True)
        for folder in (job, *job.rglob("*/")):
            folder.chmod(0o777)
        (job / "config/processingjobconfig.json").write_text("{}")
        for one, place in given.items():
            target = job / "processing/input" / one
            if place is not None:
                subprocess.run(["cp", "-r", f"{place}/.", target], check=True)
            elif one == "config":
                (target / "family.yaml").write_bytes(family.read_bytes())
            else:
                (target / "nothing.json").write_text("{}")
        flags = ("--network", "none", "-v", f"{job}:/opt/ml", *UNPRIVILEGED, *READ_ONLY)
        started = containers.start(*flags, words=words)
        return containers.wait(started), containers.log(started), job

    code, log, job = run("examine", ("examine", "--snapshot", snapshot), inputs)
    examined = (job / "processing/output/report/report.html").exists()
    report.check("examine: exit 0 and a report", code == 0 and examined, last_line(log))
    code, _log, job = run("refused", ("examine", "--snapshot", "0" * 64), inputs)
    told = (job / "output/message").read_text() if (job / "output/message").exists() else ""
    report.check("examine another snapshot: exit 2, one sentence", code == 2 and "0000" in told, told)
    code, log, job = run("prepare", ("prepare", "--snapshot", snapshot), inputs)
    told = last_line(log)
    report.check(
        "prepare what holds out nothing: exit 2", code == 2 and "no sample to measure on" in told, told
    )
    given = {"model": reference / "model", "champion": None, "heldout": bench.data, "config": None}
    code, log, job = run("evaluate", ("evaluate", "--max-error", "1.0"), given)
    decided = job / "processing/output/evaluation/decision.json"
    report.check("evaluate: exit 0 and a decision", code == 0 and decided.exists(), last_line(log))


def interrupts(containers: Containers, bench: Bench, report: Report, reference: Path) -> None:
    """Stop and kill trainings in their second epoch; started again, each must end as if nothing had been."""
    for signal in ("TERM", "KILL"):
        job = bench.job(f"interrupted-{signal}")
        name = containers.start(*mounts(job), words=("train",))
        wait_until(lambda job=job: steps(job) > STEPS_AN_EPOCH)
        started_s = time.monotonic()
        containers.kill(name, signal)
        code = containers.wait(name)
        took_s = time.monotonic() - started_s
        unfinished = not any((job / "model").iterdir()) and not (job / "output/failure").exists()
        seen = f"exit {code} after {took_s:.1f} s, step {steps(job)}"
        if signal == "TERM":
            held = unfinished and code == 0 and took_s < STOP_S
            report.check("SIGTERM amid training: checkpoint, exit 0, no model", held, seen)
        else:
            report.check("kill -9 amid training: no model", unfinished and code == 137, seen)
        code, log = train(containers, job)
        went_on = code == 0 and "epoch 1/" not in log
        mine, theirs = (weights(one) if went_on else {} for one in (job, reference))
        same = went_on and all(np.allclose(mine[name], theirs[name], atol=1e-5) for name in theirs)
        report.check("started again: goes on, the same weights as never interrupted", same, last_line(log))


def steps(job: Path) -> int:
    """Return the step of a job's newest checkpoint, 0 where there is none."""
    return max(
        (int(path.stem.split("-")[1]) for path in (job / "checkpoints").rglob("step-*.npz")), default=0
    )


def last_line(log: str) -> str:
    """Return what a job said last."""
    return (log.strip() or "nothing was printed").splitlines()[-1]


def interrupts_early(containers: Containers, bench: Bench, report: Report) -> None:
    """Send SIGTERM while Python and Paddle are still being imported: it must not be lost."""
    for after_s in (0.5, 2.0, 4.0):
        job = bench.job(f"early-{after_s}")
        name = containers.start(*mounts(job), words=("train",))
        time.sleep(after_s)
        started_s = time.monotonic()
        containers.kill(name, "TERM")
        code = containers.wait(name)
        took_s = time.monotonic() - started_s
        held = code == 0 and took_s < STOP_S and not any((job / "model").iterdir())
        report.check(f"SIGTERM {after_s} s after the start: exit 0", held, f"{took_s:.1f} s, exit {code}")


def serves(containers: Containers, bench: Bench, report: Report, model: Path) -> None:
    """Serve the model, ask everything of it, and stop it amid requests."""
    flags = ("-v", f"{model}:/opt/ml/model:ro", *UNPRIVILEGED, *READ_ONLY)
    images = sorted((bench.data / "images").rglob("*.png"))[:8]
    with containers.serving(*flags) as server:
        before = server.wait_until_ready()
        held = set(before) <= {0, 503} and server.get("/ping").status == 200
        seen = f"{len(before)} times before, with {sorted(set(before))} (0: refused)"
        report.check("/ping: 200 only when the model is loaded (other user, read-only root)", held, seen)
        texts = [server.post(path.read_bytes(), "image/png").json().get("text") for path in images]
        report.check("raw images: 200 and a text", None not in texts, texts)
        coded = [base64.b64encode(path.read_bytes()).decode() for path in images]
        one = server.post(json.dumps({"image": coded[0]}).encode(), "application/json").json()
        report.check("JSON with base64: the same text", one.get("text") == texts[0], one)
        body = "\n".join(json.dumps({"image": one}) for one in coded).encode()
        lines = server.post(body, "application/jsonlines").body.splitlines()
        same = [json.loads(line).get("text") for line in lines] == texts
        report.check("JSON Lines: the same texts in the same order", same, f"{len(lines)} lines")
        refusals(server, report)
        drains(containers, server, report, images[0].read_bytes())
    elsewhere(containers, report, model, bench.root / "nothing")
    predicts(
        containers, report, model, bench.data, dict(zip((one.stem for one in images), texts, strict=True))
    )


def refusals(server: Served, report: Report) -> None:
    """Send what cannot be read; each answer must have its status and one sentence."""
    bomb = io.BytesIO()
    Image.new("RGB", (8000, 8000)).save(bomb, "PNG")
    cases: dict[str, tuple[int, bytes, str]] = {
        "no body": (400, b"", "image/png"),
        "not JSON": (400, b"{", "application/json"),
        "7 MiB": (413, b"x" * 7 * MEBIBYTE, "image/png"),
        "64 megapixels": (413, bomb.getvalue(), "image/png"),
        "text/csv": (415, b"a,b", "text/csv"),
        "not an image": (422, b"x" * 1000, "image/png"),
    }
    for what, (status, body, content_type) in cases.items():
        answer = server.post(body, content_type)
        report.check(f"{what}: {status}", answer.status == status, answer.body.decode())
    report.check("after all that: /ping 200", server.get("/ping").status == 200)


def drains(containers: Containers, server: Served, report: Report, image: bytes) -> None:
    """Stop the server while requests are half sent: all must be answered, and it must leave with 0."""
    started = [server.begin(image, "image/png") for _ in range(16)]
    began_s = time.monotonic()
    containers.kill(server.name, "TERM")
    time.sleep(1)
    refused = server.get("/ping").status
    statuses = [one.finish() for one in started]
    code = containers.wait(server.name)
    took_s = time.monotonic() - began_s
    held = statuses == [200] * len(started) and code == 0 and took_s < 30
    seen = (
        f"{statuses.count(200)} of {len(started)} answered, exit {code}, {took_s:.1f} s; new ones: {refused}"
    )
    report.check("SIGTERM amid requests: all answered, exit 0", held, seen)


def elsewhere(containers: Containers, report: Report, model: Path, empty: Path) -> None:
    """Serve on the port that SageMaker names, and serve what is no model."""
    flags = ("-v", f"{model}:/opt/ml/model:ro", "-e", "SAGEMAKER_BIND_TO_PORT=8123")
    with containers.serving(*flags, port=8123) as server:
        server.wait_until_ready()
        report.check("SAGEMAKER_BIND_TO_PORT=8123: listens there", server.get("/ping").status == 200)
    name = containers.start("-v", f"{empty}:/opt/ml/model:ro", words=("serve",))
    code = containers.wait(name)
    report.check("serve without a model: exit 2 and why", code == 2, last_line(containers.log(name)))


def predicts(
    containers: Containers, report: Report, model: Path, data: Path, texts: Mapping[str, object]
) -> None:
    """Read the dataset in a batch, as a processing job does: the same texts as from the server."""
    flags = ("--network", "none", "-v", f"{model}:/model:ro", "-v", f"{data}:/data:ro", "--entrypoint", "sh")
    command = "glyphline predict /model /data/images --out /tmp/read.jsonl >&2 && cat /tmp/read.jsonl"
    name = containers.start(*flags, words=("-c", command))
    code = containers.wait(name)
    read = [json.loads(line) for line in containers.output(name).splitlines()]
    found = {Path(one["id"]).stem: one["prediction"] for one in read}
    same = all(found.get(stem) == text for stem, text in texts.items())
    report.check("glyphline predict: as the server", code == 0 and same, f"{len(read)} images, exit {code}")


def wait_until(true: Callable[[], bool], timeout_s: float = 120.0) -> None:
    """Look ten times a second.

    Raises:
        TimeoutError: it did not become true.
    """
    end_s = time.monotonic() + timeout_s
    while not true():
        if time.monotonic() > end_s:
            raise TimeoutError
        time.sleep(0.1)


def draw(place: Path) -> Path:
    """Return a snapshot of Thai syllables."""
    glyphline = Path(sys.executable).with_name("glyphline")
    recipe = ("thai-syllables", "--count", str(LINES), "--seed", "3")
    subprocess.run([glyphline, "corpus", "synth", *recipe, "--out", place], check=True, capture_output=True)
    return place


def main() -> int:
    """Run every scenario; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("image", help="such as glyphline-paddle:0.1.0-cpu, which make images builds")
    parser.add_argument("--engine", default=container_engine(), help="podman or docker; default: what works")
    given = parser.parse_args()
    report = Report()
    started_s = time.monotonic()
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as root,
        Containers(given.engine, given.image) as containers,
    ):
        Path(root).chmod(0o755)
        bench = Bench(Path(root), draw(Path(root) / "drawn"))
        sys.stdout.write(f"{given.image} ({containers.size_gb():.2f} GB) with {containers.about()}\n")
        reference = trains(containers, bench, report)
        refuses(containers, bench, report)
        processes(containers, bench, report, reference)
        interrupts(containers, bench, report, reference)
        interrupts_early(containers, bench, report)
        serves(containers, bench, report, reference / "model")
    verdict = f"{report.failed} broken" if report.failed else "all kept"
    sys.stdout.write(f"promises: {verdict}, in {time.monotonic() - started_s:.0f} s\n")
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
