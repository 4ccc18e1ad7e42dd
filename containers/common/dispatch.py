"""What every container runs: ``python -m containers.IMAGE JOB``, with the words after it for the job."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn, cast

from config.images import IMAGES, check_image
from containers.common import entry
from containers.common.contract import Job
from containers.common.entry import CALLERS_MISTAKE, Stop

if TYPE_CHECKING:
    from containers.common.model import Image

_MODULES = {
    "train": "containers.common.jobs.train",
    "serve": "containers.runtime.serving.job",
    "examine": "containers.common.jobs.examine",
    "prepare": "containers.common.jobs.prepare",
    "evaluate": "containers.common.jobs.evaluate",
}
JOBS = tuple(_MODULES)
_WITH_ARGUMENTS = ("examine", "prepare", "evaluate")
_WITH_IMAGE = ("train", "serve", "evaluate")


def start(image: str) -> NoReturn:
    """Be the process of the container `image`: run the job that the command line names, and leave."""
    code = main(image, sys.argv[1:])
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # amid Python's own end it would make a failure of the work
    sys.exit(code)


def main(image: str, words: Sequence[str]) -> int:
    """Run the job that the first of `words` names, with the others as its arguments; return the exit code."""
    if not words or words[0] not in JOBS or (len(words) > 1 and words[0] not in _WITH_ARGUMENTS):
        given = repr(" ".join(words)) if words else "no word"
        known = f"{', '.join(JOBS[:-1])} or {JOBS[-1]}"
        alone = f"arguments for {', '.join(_WITH_ARGUMENTS)} alone"
        sys.stderr.write(f"error: {given} after the image's name; expected {known}, and {alone}.\n")
        return CALLERS_MISTAKE
    return entry.run(partial(_run, image, words[0], words[1:]))


def image_of(name: str) -> Image[Any]:
    """Return the image that `config/images.py` calls `name`.

    Raises:
        InputError: there is no such image.
    """
    check_image(name)
    return cast("Image[Any]", import_module(f"{IMAGES[name]}.image").IMAGE)


def _run(image: str, name: str, words: Sequence[str], job: Job, stop: Stop) -> None:
    # imported only now: a SIGTERM during the seconds that this takes is to be heard
    run = import_module(_MODULES[name]).main
    arguments = (words,) if name in _WITH_ARGUMENTS else ()
    images = (image_of(image),) if name in _WITH_IMAGE else ()
    run(job, stop, *arguments, *images)
