"""What the container runs: ``python -m containers.paddle train`` or ``serve``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

from containers.common import entry
from containers.common.contract import Job
from containers.common.entry import CALLERS_MISTAKE, Stop

JOBS = ("train", "serve")


def main(words: Sequence[str]) -> int:
    """Run the job that `words` name; return the exit code."""
    if len(words) != 1 or words[0] not in JOBS:
        given = repr(" ".join(words)) if words else "no word"
        known = " or ".join(JOBS)
        sys.stderr.write(f"error: {given} after the image's name; expected {known}, and nothing else.\n")
        return CALLERS_MISTAKE

    def job(folders: Job, stop: Stop) -> None:
        # only now: a SIGTERM during the seconds that this import takes is to be heard
        import_module(f"containers.paddle.{words[0]}").main(folders, stop)

    return entry.run(job)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
