"""The job that examines a dataset before anything is paid for: ``examine --snapshot HASH``.

Inputs: ``data`` (the folder of a snapshot) and ``config`` (``family.yaml``). Output: ``report``
(``report.html``, ``examination.json``), also where the data is refused.
"""

from __future__ import annotations

from collections.abc import Sequence

from upath import UPath

from config.yaml_source import Settings
from containers.common.arguments import parse_arguments
from containers.common.contract import Job
from containers.common.data import refusal
from containers.common.delivery import delivered
from containers.common.entry import Stop
from containers.common.errors import RefusedError
from containers.common.jobs.inputs import Hash, family_in, watch
from containers.common.progress import say
from corpus.examine import examine
from corpus.examine.report import write_html
from corpus.examine.summary import summary_lines

_JSON = "examination.json"


class Arguments(Settings):
    """What the job is told."""

    snapshot: Hash
    """Which snapshot of the folder: it may have grown since."""


def main(job: Job, stop: Stop, words: Sequence[str]) -> None:
    """Examine the snapshot that `words` name.

    Raises:
        RefusedError: something speaks against training with it.
        InputError: something that was given cannot be used.
    """
    arguments = parse_arguments(words, Arguments)
    data, config = job.processing_input("data"), job.processing_input("config")
    found = examine(f"{data}@{arguments.snapshot}", family_in(config), progress=watch(stop))
    with delivered(job.processing_output("report"), last=_JSON) as folder:
        write_html(found, UPath(folder / "report.html"))
        (folder / _JSON).write_bytes(found.as_json())
    for line in summary_lines(found):
        say(line)
    if not found.passed:
        raise RefusedError(str(refusal(found)))
