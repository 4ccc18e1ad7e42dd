"""What it costs to synthesise an environment, and to start a function in the account that has none running.

    python benchmarks/account.py [--repeats 3]

Synthesis is `npx cdk synth` as a person calls it, validated and without a network: for the first time in a
clone, when SageMaker's SDK builds the pipelines' definitions, and again, when they are there. CPU seconds of
all its processes; the least of the repeats. A function's start is the import of its handler in a fresh
interpreter; what Lambda adds around it is not in it.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[0] = str(ROOT)  # the folder of this file is not where packages are

from benchmarks.table import report  # noqa: E402 - only found from the root

CDK = ROOT / "node_modules" / ".bin" / "cdk"
FUNCTIONS = ("on_labels", "on_run_end", "on_approval", "pre_annotation", "consolidation")
QUIET = {
    "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20",
    "CDK_DISABLE_CLI_TELEMETRY": "1",
    "CDK_DISABLE_VERSION_CHECK": "1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


def spent(command: list[str], folder: Path = ROOT) -> tuple[float, float]:
    """Run a command; return its seconds by the clock, and the CPU seconds of it and all that it starts."""
    before, began_s = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, cwd=folder, env=os.environ | QUIET, check=True, capture_output=True)
    after, took_s = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - began_s
    return took_s, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def synthesis(environment: str, repeats: int) -> list[dict[str, object]]:
    """Return a row for the first synthesis of a clone, and one for those after it."""
    command = [str(CDK), "synth", "--quiet", "--no-lookups", "--context", f"environment={environment}"]
    first, again = [], []
    for _ in range(repeats):
        shutil.rmtree(ROOT / "build" / "definitions", ignore_errors=True)
        first.append(spent(command))
        again.append(spent(command))
    return [
        _row(f"cdk synth, {environment}, {when}", times)
        for when, times in (("first", first), ("again", again))
    ]


def starts(repeats: int) -> list[dict[str, object]]:
    """Return a row for every function's import."""
    found = []
    for name in FUNCTIONS:
        program = [sys.executable, "-c", f"import functions.{name}.handler"]  # as it is bundled
        found.append(_row(f"import {name}", [spent(program, ROOT / "infra") for _ in range(repeats)]))
    return found


def _row(what: str, times: list[tuple[float, float]]) -> dict[str, object]:
    return {"what": what, "s": min(one for one, _ in times), "CPU s": min(one for _, one in times)}


def main() -> None:
    """Measure, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    if not CDK.exists():
        sys.exit(f"error: no {CDK.relative_to(ROOT)}; run: npm ci")
    report("account", [*synthesis("dev", repeats), *synthesis("prod", repeats), *starts(repeats)])


if __name__ == "__main__":
    main()
