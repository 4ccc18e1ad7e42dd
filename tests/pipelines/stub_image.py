"""A tiny image: a program that honours the container contract and does what its words say.

    python stub_image.py prepare --write train/a.txt=hello     write into an output
    python stub_image.py train                                 the hyperparameter `words` has the words

Words come in pairs, see `WORDS`. Outputs are below /opt/ml/processing/output, in training /opt/ml/model.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(os.environ["GLYPHLINE_ML_ROOT"])
TRAINING = sys.argv[1] == "train"
OUT = ROOT / "model" if TRAINING else ROOT / "processing" / "output"
GIVEN = ROOT / ("input/data" if TRAINING else "processing/input")


def main() -> None:
    words = sys.argv[2:]
    if TRAINING:
        words = json.loads((ROOT / "input/config/hyperparameters.json").read_text()).get("words", "").split()
    say(" ".join([f"{sys.argv[1]} begins", *words]))
    for name, value in zip(words[::2], words[1::2], strict=True):
        WORDS[name](value)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def write(value: str) -> None:
    """PATH=TEXT: write an output."""
    path, _, text = value.partition("=")
    (OUT / path).parent.mkdir(parents=True, exist_ok=True)
    (OUT / path).write_text(text)


def copy(value: str) -> None:
    """INPUT/PATH=OUTPUT/PATH: copy an input to an output."""
    source, _, target = value.partition("=")
    (OUT / target).parent.mkdir(parents=True, exist_ok=True)
    (OUT / target).write_bytes((GIVEN / source).read_bytes())


def touch(value: str) -> None:
    """FILE: add a line to a file elsewhere."""
    with open(value, "a") as file:
        file.write(f"{os.getpid()}\n")


def fail(value: str) -> None:
    """SENTENCE: fail for a reason; `_` stands for a space."""
    (ROOT / "output" / ("failure" if TRAINING else "message")).write_text(value.replace("_", " "))
    sys.exit(1)


def kill(value: str) -> None:
    """FILE=N: die by SIGKILL in the first N attempts, which FILE counts."""
    path, _, times = value.partition("=")
    made = int(Path(path).read_text()) if Path(path).exists() else 0
    Path(path).write_text(str(made + 1))
    if made < int(times):
        os.kill(os.getpid(), signal.SIGKILL)


def linger(value: str) -> None:
    """S: take so many seconds to leave on SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: (time.sleep(float(value)), os._exit(0)))


def deaf(_: str) -> None:
    """ANYTHING: go on as if no SIGTERM came."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def last(value: str) -> None:
    """FILE: on SIGTERM, say so at length, then write FILE and leave."""

    def leave(*_: object) -> None:
        flood("10")
        Path(value).write_text("saved")
        os._exit(0)

    signal.signal(signal.SIGTERM, leave)


def count(value: str) -> None:
    """N: count up to N, one each 50 ms, and go on where the checkpoint stands."""
    checkpoint = ROOT / "checkpoints" / "count"
    begun = at = int(checkpoint.read_text()) if checkpoint.exists() else 0
    while at < int(value):
        time.sleep(0.05)
        at += 1
        partial = checkpoint.with_suffix(".partial")
        partial.write_text(str(at))
        partial.replace(checkpoint)
    (OUT / "counted").write_text(f"{begun}..{at}")


def flood(value: str) -> None:
    """N: print N long lines."""
    for _ in range(int(value)):
        say("x" * 4000)


WORDS: dict[str, Callable[[str], None]] = {
    "--write": write,
    "--copy": copy,
    "--touch": touch,
    "--say": say,
    "--flood": flood,
    "--sleep": lambda value: time.sleep(float(value)),
    "--fail": fail,
    "--exit": lambda value: sys.exit(int(value)),
    "--kill": kill,
    "--linger": linger,
    "--deaf": deaf,
    "--last": last,
    "--count": count,
}

if __name__ == "__main__":
    main()
