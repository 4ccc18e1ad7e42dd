"""A tiny image: a program that honours the container contract and does what its words and hyperparameters say.

    python stub_image.py prepare --write train/a.txt=hello     write into an output
    python stub_image.py train                                 hyperparameters: the same words, in `words`

Words: ``--write PATH=TEXT`` (below /opt/ml/processing/output, or /opt/ml/model in training), ``--sleep S``,
``--fail SENTENCE``, ``--exit CODE``, ``--kill N`` (SIGKILL itself in the first N attempts), ``--say LINE``,
``--linger S`` (after SIGTERM), ``--copy INPUT/PATH=OUTPUT/PATH``, ``--touch FILE`` (outside), ``--count N``
(count up to N in the checkpoints, one each 50 ms).
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

ROOT = Path(os.environ["GLYPHLINE_ML_ROOT"])


def main(words: list[str]) -> int:
    job, *words = words
    training = job == "train"
    out = ROOT / "model" if training else ROOT / "processing" / "output"
    if training:
        words = json.loads((ROOT / "input/config/hyperparameters.json").read_text()).get("words", "").split()
    print(f"{job} begins", *words, flush=True)
    for name, value in zip(words[::2], words[1::2], strict=True):
        act(name, value, out, ROOT / ("input/data" if training else "processing/input"), training)
    return 0


def act(name: str, value: str, out: Path, given: Path, training: bool) -> None:
    left, _, right = value.partition("=")
    match name:
        case "--write":
            (out / left).parent.mkdir(parents=True, exist_ok=True)
            (out / left).write_text(right)
        case "--copy":
            (out / right).parent.mkdir(parents=True, exist_ok=True)
            (out / right).write_bytes((given / left).read_bytes())
        case "--sleep":
            time.sleep(float(value))
        case "--say":
            print(value, flush=True)
        case "--touch":
            with open(value, "a") as file:
                file.write(f"{os.getpid()}\n")
        case "--fail":
            (ROOT / "output" / ("failure" if training else "message")).write_text(value.replace("_", " "))
            sys.exit(1)
        case "--exit":
            sys.exit(int(value))
        case "--kill":
            tries = Path(left)
            made = int(tries.read_text()) if tries.exists() else 0
            tries.write_text(str(made + 1))
            if made < int(right):
                os.kill(os.getpid(), signal.SIGKILL)
        case "--linger":
            signal.signal(signal.SIGTERM, lambda *_: (time.sleep(float(value)), os._exit(0)))
        case "--count":
            count(int(value), out)
        case _:
            sys.exit(f"unknown word {name}")


def count(until: int, out: Path) -> None:
    checkpoint = ROOT / "checkpoints" / "count"
    at = int(checkpoint.read_text()) if checkpoint.exists() else 0
    print(f"counts from {at}", flush=True)
    begun = at
    while at < until:
        time.sleep(0.05)
        at += 1
        partial = checkpoint.with_suffix(".partial")
        partial.write_text(str(at))
        partial.replace(checkpoint)
    (out / "counted").write_text(f"{begun}..{at}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
