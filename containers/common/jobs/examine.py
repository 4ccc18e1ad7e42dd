"""The job that examines a dataset before anything is paid for: ``examine --snapshot HASH``.

Inputs: ``data`` (the folder of a snapshot) and ``config`` (``family.yaml``). Output: ``report``
(``report.html``, ``examination.json``), also where the data is refused.
"""

from __future__ import annotations

from collections.abc import Sequence

from upath import UPath

from config.protocol import CONFIG, DATA, REPORT, REPORT_FILE
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
from tasks import task_of

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
    data, task = job.processing_input(DATA), task_of(family_in(job.processing_input(CONFIG)))
    found = examine(f"{data}@{arguments.snapshot}", task, progress=watch(stop))
    with delivered(job.processing_output(REPORT), last=_JSON) as folder:
        write_html(found, UPath(folder / REPORT_FILE))
        (folder / _JSON).write_bytes(found.as_json())
    for line in summary_lines(found):
        say(line)
    if not found.passed:
        raise RefusedError(str(refusal(found)))
