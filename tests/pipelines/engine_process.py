"""Executes a run in a process of its own, so that a test may send it signals: engine_process.py HOME RUN."""

from __future__ import annotations

import sys
from pathlib import Path

from local_pipelines import surroundings

from pipelines.local.engine import execute
from pipelines.local.journal import Event


def tell(event: Event) -> None:
    step = "" if event.step is None else f"{event.step}:"
    status = event.run.steps[event.step].status if event.step else event.run.status
    sys.stdout.write(f"{step}{event.text or status}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    home = Path(sys.argv[1])
    sys.exit(0 if execute(sys.argv[2], surroundings(home), tell).status == "Succeeded" else 1)
