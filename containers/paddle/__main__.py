"""What the container runs: ``python -m containers.paddle train``, ``serve`` or a processing job."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from importlib import import_module

from containers.common import entry
from containers.common.contract import Job
from containers.common.entry import CALLERS_MISTAKE, Stop

_MODULES = {
    "train": "containers.paddle.train",
    "serve": "containers.paddle.serve",
    "examine": "containers.common.jobs.examine",
    "prepare": "containers.common.jobs.prepare",
    "evaluate": "containers.paddle.evaluate",
}
JOBS = tuple(_MODULES)
_WITH_ARGUMENTS = ("examine", "prepare", "evaluate")


def main(words: Sequence[str]) -> int:
    """Run the job that the first of `words` names, with the others as its arguments; return the exit code."""
    if not words or words[0] not in JOBS or (len(words) > 1 and words[0] not in _WITH_ARGUMENTS):
        given = repr(" ".join(words)) if words else "no word"
        known = f"{', '.join(JOBS[:-1])} or {JOBS[-1]}"
        alone = f"arguments for {', '.join(_WITH_ARGUMENTS)} alone"
        sys.stderr.write(f"error: {given} after the image's name; expected {known}, and {alone}.\n")
        return CALLERS_MISTAKE
    name, *arguments = words

    def job(folders: Job, stop: Stop) -> None:
        # only now: a SIGTERM during the seconds that this import takes is to be heard
        run = import_module(_MODULES[name]).main
        if name in _WITH_ARGUMENTS:
            run(folders, stop, arguments)
        else:
            run(folders, stop)

    return entry.run(job)


if __name__ == "__main__":
    code = main(sys.argv[1:])
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # amid Python's own end it would make a failure of the work
    sys.exit(code)
