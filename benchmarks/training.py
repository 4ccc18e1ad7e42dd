"""How fast recognisers train here, and how many seconds the first task takes to 80, 90, 95 % exact match.

    python benchmarks/training.py [--paddleocr CHECKOUT] [--seconds 60] [--seeds 3] [--only speed|task|unseen]

`speed`: images/s of the loop, each alone on the machine, after a warm-up. `--paddleocr` names a checkout of
PaddleOCR (github.com/PaddlePaddle/PaddleOCR; no package on PyPI has its training code) whose own
`tools/train.py` is run on the same network, images and batch size, with `--paddleocr-python` as interpreter.
`task`: thai-syllables, 6,106 lines to learn from, 878 to validate on; CPU seconds of training and validation.
`unseen`: the model trained on much synthetic data, on fonts and degradations that training never showed.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

sys.path[0] = str(Path(__file__).parent.parent)  # beside it, this file would hide the package of its name

os.environ.setdefault("OMP_NUM_THREADS", "1")  # two are slower: LOG.md

from benchmarks.table import report  # noqa: E402 - only found from the root
from config.protocol import ML_ROOT_VARIABLE  # noqa: E402
from config.tasks import load_family  # noqa: E402
from containers.common.artifact import Artifact  # noqa: E402
from containers.common.entry import Stop  # noqa: E402
from containers.common.jobs.train import run  # noqa: E402
from containers.common.model import Inputs  # noqa: E402
from containers.common.predictions import Model, answer_items  # noqa: E402
from containers.common.progress import Tick  # noqa: E402
from containers.common.shipped import served_task  # noqa: E402
from containers.paddle.hyperparameters import Hyperparameters  # noqa: E402
from containers.paddle.image import IMAGE  # noqa: E402
from corpus.snapshot import open_snapshot  # noqa: E402
from evaluation.text import measure, summarise  # noqa: E402

HERE = Path(__file__).parent
UNSEEN_LINES, UNSEEN_EPOCHS = 40_000, 8
WORK = Path(".glyphline/benchmarks/training")
SPEEDS = (
    # network, width, batch, processes
    ("crnn-mobilenetv3", 100, 64, 1),
    ("crnn-mobilenetv3", 100, 64, 2),
    ("crnn-lite", 100, 64, 1),
    ("crnn-lite", 48, 16, 1),
    ("crnn-lite", 48, 16, 2),
)
GLYPHLINE = (sys.executable, "-c", "from cli.main import main; main()")
MARKS = (0.80, 0.90, 0.95, 0.97, 0.98, 0.99)


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--paddleocr", type=Path, help="a checkout of PaddleOCR")
    parser.add_argument(
        "--paddleocr-python", default=sys.executable, help="an interpreter with what it needs"
    )
    parser.add_argument("--seconds", type=float, default=60.0, help="how long each speed is measured")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", choices=("speed", "task", "unseen"))
    given = parser.parse_args()
    if given.only in (None, "speed"):
        rows = [ours(*one, seconds=given.seconds) for one in SPEEDS]
        if given.paddleocr:
            rows.insert(0, paddleocrs(given.paddleocr, given.paddleocr_python, given.seconds))
        else:
            print("PaddleOCR's own loop: not run (no --paddleocr)")
        report("training-speed", rows)
    if given.only in (None, "task"):
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(2, mp_context=spawn) as pool:  # what is measured is CPU time
            report("training", list(pool.map(first_task, range(given.seeds))))
    if given.only in (None, "unseen"):
        report("training-unseen", [unseen()])


def drawn(recipe: str, count: int, seed: int) -> Path:
    """Return a snapshot drawn from a recipe, a name or a file; drawn once."""
    target = WORK / f"{Path(recipe).stem}-{count}-{seed}"
    if not target.exists():
        subprocess.run(
            [
                "glyphline",
                "corpus",
                "synth",
                recipe,
                "--count",
                str(count),
                "--seed",
                str(seed),
                "--out",
                target,
            ],
            check=True,
            stdout=subprocess.DEVNULL,
        )
    return target


def ours(network: str, width_px: int, batch: int, processes: int, *, seconds: float) -> dict[str, object]:
    """Return how fast our own loop goes, as a job in a process of its own."""
    data = drawn("thai-syllables", 6984, 7)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "input/config").mkdir(parents=True)
        (root / "input/data/config").mkdir(parents=True)
        (root / "input/data/data").symlink_to(data.resolve())
        family = load_family("thai-rec").model_dump_json().replace('"width_px":48', f'"width_px":{width_px}')
        (root / "input/data/config/family.yaml").write_text(family)
        (root / "input/config/hyperparameters.json").write_text(
            json.dumps(
                {
                    "family": "thai-rec",
                    "recipe": network,
                    "batch_size": str(batch),
                    "processes": str(processes),
                }
            )
        )
        environment = {**os.environ, ML_ROOT_VARIABLE: folder}
        command = [sys.executable, "-m", "containers.paddle", "train"]
        job = subprocess.Popen(command, env=environment, text=True, stdout=subprocess.PIPE)
        speed = _speed_of(job, r"(\d+) images/s", seconds)
    return _row("ours", network, width_px, batch, processes, speed)


def paddleocrs(checkout: Path, python: str, seconds: float) -> dict[str, object]:
    """Return how fast PaddleOCR's own loop goes on its CRNN, as its `tools/train.py` says itself."""
    data = drawn("thai-syllables", 6984, 7)
    exported = WORK / "paddle-rec"
    if not exported.exists():
        subprocess.run(
            [*GLYPHLINE, "corpus", "export", data, "--format", "paddle-rec", "--out", exported], check=True
        )
    characters = sorted(set((exported / "rec_gt_train.txt").read_text()) - set("\t\n"))
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "dict.txt").write_text("".join(f"{one}\n" for one in characters))
        config = place / "crnn.yml"
        template = Template((HERE / "recipes/paddleocr-crnn.yml").read_text())
        config.write_text(
            template.substitute(data=exported.resolve(), dict=place / "dict.txt", out=place / "out")
        )
        command = [python, "-u", "tools/train.py", "-c", str(config)]
        environment = {**os.environ, "NO_ALBUMENTATIONS_UPDATE": "1"}
        job = subprocess.Popen(
            command, env=environment, cwd=checkout, text=True, stdout=subprocess.PIPE, start_new_session=True
        )
        speed = _speed_of(job, r"ips: ([\d.]+)", seconds)
    return _row("PaddleOCR tools/train.py", "MobileNetV3 0.5 CRNN", 100, 64, 1, speed)


def _row(
    loop: str, network: str, width_px: int, batch: int, processes: int, speed: float
) -> dict[str, object]:
    return {
        "loop": loop,
        "network": network,
        "input": f"32 x {width_px}",
        "batch": batch,
        "processes": processes,
        "images_per_s": round(speed, 1),
    }


def _speed_of(job: subprocess.Popen[str], pattern: str, seconds: float) -> float:
    """Return the median of the speeds that a job tells within `seconds`, the first (the warm-up) left out."""
    assert job.stdout is not None
    began = 0.0
    speeds: list[float] = []
    for line in job.stdout:
        if match := re.search(pattern, line):
            began = began or time.monotonic()
            speeds.append(float(match[1]))
        if began and time.monotonic() - began > seconds:
            break
    job.terminate()
    job.stdout.read()
    job.wait()
    if len(speeds) < 2:
        raise SystemExit(f"the job told its speed {len(speeds)} times in {seconds} s: give it more --seconds")
    return statistics.median(speeds[1:])


@dataclass
class Clock:
    """CPU seconds of training and validation, from the first step on, without decoding and export."""

    began: float = 0.0
    curve: list[tuple[float, float]] = field(default_factory=list)

    def tell(self, tick: Tick) -> None:
        """Note the exact match after each epoch."""
        self.began = self.began or time.process_time()
        if tick.figures:
            self.curve.append((tick.figures["val_exact"], time.process_time() - self.began))
            print(
                f"  epoch {tick.epoch}: {tick.figures['val_exact']:.1%} after {self.curve[-1][1]:.0f} CPU s"
            )

    def seconds_to(self, mark: float) -> str:
        """Return after how many CPU seconds the exact match was first at least `mark`."""
        reached = (cpu_s for exact, cpu_s in self.curve if exact >= mark)
        return f"{first:.0f} s" if (first := next(reached, None)) is not None else "not reached"


def first_task(seed: int) -> dict[str, object]:
    """Train thai-rec from nothing; return when it had learnt how much."""
    about, clock = _trained(drawn("thai-syllables", 6984, 7), Hyperparameters(family="thai-rec", seed=seed))
    return {
        "seed": seed,
        **{f"to {mark:.0%}": clock.seconds_to(mark) for mark in MARKS},
        "best exact match": f"{about.description.provenance.figures['exact_match']:.2%}",
        "CER": f"{about.description.provenance.figures['cer']:.2%}",
        "epochs": about.description.provenance.epochs,
        "CPU s": clock.curve[-1][1],
    }


def unseen() -> dict[str, object]:
    """Train on thirteen fonts; return how well three others, differently degraded, are read."""
    train = drawn(str(HERE / "recipes/thai-many-fonts.yaml"), UNSEEN_LINES, 12)
    test = open_snapshot(str(drawn(str(HERE / "recipes/thai-unseen.yaml"), 1000, 11)))
    parameters = Hyperparameters(family="thai-rec", epochs=UNSEEN_EPOCHS)
    with tempfile.TemporaryDirectory() as folder:
        artifact, clock = _trained(train, parameters, Path(folder) / "model")
        task = served_task(artifact)
        items = task.items(test.samples())
        read = answer_items(Model(task, IMAGE.open(artifact)), items, test, name="unseen").answers
    texts = [one.first.text or "" for one in items]
    measured = summarise(measure(texts, [one.text for one in read]))
    return {
        "lines": UNSEEN_LINES,
        "epochs": UNSEEN_EPOCHS,
        "CPU s": clock.curve[-1][1],
        "exact match, seen fonts": f"{artifact.description.provenance.figures['exact_match']:.2%}",
        "exact match, unseen": f"{measured.exact_match:.2%}",
        "CER, unseen": f"{measured.characters.rate:.2%}",
    }


def _trained(data: Path, parameters: Hyperparameters, out: Path | None = None) -> tuple[Artifact, Clock]:
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder:
        inputs = Inputs(str(data), out or Path(folder) / "model", Path(folder) / "checkpoints")
        artifact = run(IMAGE, load_family("thai-rec"), parameters, inputs, Stop(), clock.tell)
    assert artifact is not None  # nobody told it to stop
    return artifact, clock


if __name__ == "__main__":
    main()
