"""What the local engine adds to the time of the jobs themselves.

    python benchmarks/pipeline_overhead.py [--steps 20] [--repeats 3]

A pipeline of processing jobs that do nothing, one after the other or all at once, with an input of 1,000
files and an output each; the same with training jobs, and with every step taken from the cache. The job's own
time is that of the same command run alone. The least of the repeats is told. Starting is the import of the
engine in a fresh interpreter, and the reading of the definition.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).parent.parent)  # the folder of this file is not where packages are

from benchmarks.table import report  # noqa: E402 - only found from the root
from pipelines.local import engine  # noqa: E402

FILES = 1000
PROGRAM = (
    "import os, pathlib; r = pathlib.Path(os.environ['GLYPHLINE_ML_ROOT']); (r / '{place}').write_text('1')"
)
PLACES = {"Processing": "processing/output/o/x", "Training": "model/x"}


def step(kind: str, number: int, after: int | None) -> dict[str, Any]:
    """Return a step that does nothing but write one small file."""
    name = f"S{number}"
    cache = {"Enabled": True, "ExpireAfter": "P1D"}
    order: dict[str, Any] = {} if after is None else {"DependsOn": [f"S{after}"]}
    shared = {"Name": name, "Type": kind, "CacheConfig": cache, **order}
    if kind == "Training":
        source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://data/many"}}
        arguments: dict[str, Any] = {
            "AlgorithmSpecification": {"TrainingImage": "training:1", "TrainingInputMode": "File"},
            "HyperParameters": {"number": name},
            "InputDataConfig": [{"ChannelName": "data", "DataSource": source}],
            "OutputDataConfig": {"S3OutputPath": "s3://data/models"},
        }
        return {**shared, "Arguments": arguments}
    output = {
        "S3Uri": {
            "Std:Join": {"On": "/", "Values": ["s3://runs", {"Get": "Execution.PipelineExecutionId"}, name]}
        },
        "LocalPath": "/opt/ml/processing/output/o",
        "S3UploadMode": "EndOfJob",
    }
    given = {"S3Uri": "s3://data/many", "LocalPath": "/opt/ml/processing/input/data"}
    arguments = {
        "AppSpecification": {"ImageUri": "processing:1", "ContainerArguments": [name]},
        "ProcessingInputs": [{"InputName": "data", "S3Input": given}],
        "ProcessingOutputConfig": {"Outputs": [{"OutputName": "o", "S3Output": output}]},
    }
    return {**shared, "Arguments": arguments}


def definition(kind: str, count: int, *, chained: bool) -> bytes:
    """Return a pipeline of `count` steps, one after the other or all at once."""
    steps = [step(kind, n, n - 1 if chained and n else None) for n in range(count)]
    return json.dumps({"Version": "2020-12-01", "Parameters": [], "Steps": steps}).encode()


def command(kind: str) -> tuple[str, ...]:
    """Return the program of a job that does nothing."""
    return (sys.executable, "-S", "-E", "-c", PROGRAM.format(place=PLACES[kind]))


def alone_s(kind: str, count: int, folder: Path) -> float:
    """Return how long `count` jobs take that nobody manages, one after the other."""
    (folder / PLACES[kind]).parent.mkdir(parents=True, exist_ok=True)
    began_s = time.perf_counter()
    for _ in range(count):
        subprocess.run(command(kind), env={"GLYPHLINE_ML_ROOT": str(folder)}, check=True)
    return time.perf_counter() - began_s


def run_s(home: Path, pipeline: bytes, code: str) -> float:
    """Return how long a run takes; a new `code` finds nothing in the cache."""
    images = {kind.lower(): command(kind) for kind in PLACES}
    around = engine.Surroundings(home, images, code, lambda _: "", {})
    began_s = time.perf_counter()
    ended = engine.execute(engine.begin(home, "bench", pipeline, {}).id, around, lambda _: None)
    assert ended.status == "Succeeded", ended.reason
    return time.perf_counter() - began_s


def rows(count: int, repeats: int, home: Path) -> list[dict[str, object]]:
    """Return a row for each kind of pipeline."""
    data = home / "store" / "data" / "many"
    data.mkdir(parents=True)
    for number in range(FILES):
        (data / str(number)).write_text("x")
    result: list[dict[str, object]] = []
    for kind in PLACES:
        own_s = min(alone_s(kind, count, home / "alone") for _ in range(repeats))
        for order, chained in (("one after the other", True), ("all at once", False)):
            pipeline = definition(kind, count, chained=chained)
            fresh_s = min(run_s(home, pipeline, f"{kind}{chained}{n}") for n in range(repeats))
            cached_s = min(run_s(home, pipeline, f"{kind}{chained}0") for _ in range(repeats))
            own_shown_s: float | str = round(own_s / count, 4) if chained else "-"
            over_s: float | str = round((fresh_s - own_s) / count, 4) if chained else "-"
            result.append(
                {
                    "jobs": f"{count} {kind}, {order}",
                    "run s a step": round(fresh_s / count, 4),
                    "job alone s": own_shown_s,
                    "overhead s a step": over_s,
                    "cached s a step": round(cached_s / count, 4),
                }
            )
    return result


def start_s(repeats: int) -> float:
    """Return what the import of the engine adds to an interpreter's start."""

    def least_s(program: str) -> float:
        spent_s = []
        for _ in range(repeats):
            began_s = time.perf_counter()
            subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(__file__).parent.parent)
            spent_s.append(time.perf_counter() - began_s)
        return min(spent_s)

    return least_s("import pipelines.local.engine") - least_s("pass")


def main() -> None:
    """Measure, print and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        measured = rows(given.steps, given.repeats, Path(home))
    report("pipeline_overhead", measured)
    print(f"import of the engine: {start_s(given.repeats):.2f} s")


if __name__ == "__main__":
    main()
