"""How well receipts never seen are read, trained here by the pipeline: on drawn lines, then on real ones.

    python benchmarks/receipts.py [--data SROIE] [--lines 40000] [--processes 2] [--epochs N]
                                  [--continue-epochs N] [--max-cer RATE]

Draws lines of receipts (`corpus synth receipts`), runs the pipeline of `receipt-rec` on them, approves
version 1, adds the receipts of ICDAR 2019's SROIE, and runs it again: version 2 continues from version 1.
What counts is what version 2 reads of receipts that are held out whole. Everything lies in a folder and a
registry of its own. `--lines 4000 --epochs 4 --continue-epochs 1 --max-cer 1` shows that it works, not how
well.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from upath import UPath

sys.path[0] = str(
    Path(__file__).parent.parent
)  # beside it, this file would hide packages of its folder's names

os.environ.setdefault("OMP_NUM_THREADS", "1")  # two are slower: LOG.md
WORK = Path(".glyphline/benchmarks/receipts").absolute()
os.environ["GLYPHLINE_HOME"] = str(WORK / "home")  # a registry of its own, before anything asks where it is

from benchmarks.table import report  # noqa: E402 - only found from the root
from config.family import FAMILIES  # noqa: E402
from config.home import in_store  # noqa: E402
from config.recipe import RECIPES  # noqa: E402
from config.tasks import load_family  # noqa: E402
from evaluation.text import measure, summarise  # noqa: E402
from tasks import task_of  # noqa: E402
from tasks.answers import Answers  # noqa: E402
from tasks.reading import read_answers  # noqa: E402
from tasks.recognition.answer import Reading  # noqa: E402

GLYPHLINE = (sys.executable, "-c", "from cli.main import main; main()")
FAMILY = "receipt-rec"
DRAWN, REAL = "receipts", "sroie"
"""Sources of samples."""


@dataclass(frozen=True, slots=True)
class Step:
    """One command: how long it took by the clock, and on all processors but in pools of workers."""

    name: str
    seconds: float
    cpu_s: float


def main() -> None:
    """Run the whole, and report."""
    given = _arguments()
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    data = WORK / "data"
    family = _family(given)
    run = ["pipeline", "run", "--family", str(family), "--data", str(data)]
    if given.max_cer is not None:
        run += ["--parameter", f"MaxError={given.max_cer}"]
    approve = (
        "registry",
        "approve",
        f"{FAMILY}/latest",
        "--reason",
        "benchmarks/receipts.py",
        "--who",
        "benchmark",
    )
    draw = ("corpus", "synth", "receipts", "--count", str(given.lines), "--seed", "1", "--out", str(data))
    steps = [
        _timed("draw lines", draw),
        _timed("pipeline, drawn lines", run),
        _timed("approve version 1", approve),
    ]
    steps.append(_timed("add receipts", ("corpus", "add", str(data), str(given.data), "--format", REAL)))
    steps.append(_timed("pipeline, with receipts", run))
    report("receipts-time", [*map(_time_row, steps), _time_row(_total(steps))])
    print()
    evaluation = _evaluation()
    models = {"1: drawn lines alone": "champion.jsonl", "2: continued on receipts": "candidate.jsonl"}
    rows = [
        _quality_row(name, source, _read(evaluation / file))
        for source in (REAL, DRAWN)
        for name, file in models.items()
    ]
    report("receipts", rows)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, default=_shared_data(), help="the receipts: box/, img/, key/")
    parser.add_argument("--lines", type=int, default=40_000, help="how many lines are drawn")
    parser.add_argument("--processes", type=int, default=2, help="that train together")
    parser.add_argument("--epochs", type=int, help="on drawn lines, in place of the recipe's")
    parser.add_argument("--continue-epochs", type=int, help="on receipts, in place of the recipe's")
    parser.add_argument("--max-cer", type=float, help="the gate's, in place of the family's")
    given = parser.parse_args()
    if not (given.data / "box").is_dir():
        parser.error(f"no SROIE receipts at {given.data}: name their folder with --data")
    return given


def _shared_data() -> Path:
    shared = os.environ.get("GLYPHLINE_DATA", str(Path(__file__).parents[2] / "shared" / "data"))
    return Path(shared) / "sroie"


def _family(given: argparse.Namespace) -> Path:
    """Write the family as it is, with what was asked for in place of its recipe's."""
    family = yaml.safe_load((FAMILIES / f"{FAMILY}.yaml").read_text())
    training = family["training"]
    training.setdefault("hyperparameters", {})["processes"] = given.processes
    recipe = yaml.safe_load((RECIPES / family["task"] / f"{training['recipe']}.yaml").read_text())
    asked = {"epochs": given.epochs, "continue_epochs": given.continue_epochs}
    if any(asked.values()):
        recipe["optimisation"].update({name: value for name, value in asked.items() if value})
        training["recipe"] = str(_written(WORK / "recipe.yaml", recipe))
    return _written(WORK / f"{FAMILY}.yaml", family)


def _written(path: Path, content: Mapping[str, object]) -> Path:
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    return path


def _timed(name: str, arguments: Sequence[str]) -> Step:
    print(f"{name}: glyphline {' '.join(arguments)}", flush=True)
    before, began = _cpu_s(), time.monotonic()
    subprocess.run([*GLYPHLINE, *arguments], check=True)
    return Step(name, time.monotonic() - began, _cpu_s() - before)


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _total(steps: Sequence[Step]) -> Step:
    return Step("all", sum(step.seconds for step in steps), sum(step.cpu_s for step in steps))


def _time_row(step: Step) -> dict[str, object]:
    return {"step": step.name, "seconds": round(step.seconds, 1), "CPU s": round(step.cpu_s, 1)}


def _evaluation() -> Path:
    """Return the folder of the newest version's evaluation."""
    command = [*GLYPHLINE, "registry", "show", f"{FAMILY}/latest", "--json"]
    version = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return in_store(version["evaluation_uri"]).parent


def _read(file: Path) -> Answers[Reading]:
    return read_answers(UPath(file), task_of(load_family(FAMILY)))


def _quality_row(model: str, source: str, read: Answers[Reading]) -> dict[str, object]:
    pairs = zip(read.items, read.answers, strict=True)
    own = [(item, answer) for item, answer in pairs if item.meta["source"] == source]
    references = [item.first.text or "" for item, _ in own]
    measured = summarise(measure(references, [answer.text for _, answer in own]))
    receipts = len({item.group for item, _ in own}) if source == REAL else None
    return {
        "model": model,
        "held out": f"{receipts} receipts" if receipts else "drawn lines",
        "lines": len(own),
        "CER": f"{measured.characters.rate:.2%}",
        "exact match": f"{measured.exact_match:.2%}",
    }


if __name__ == "__main__":
    main()
