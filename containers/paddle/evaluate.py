"""The evaluation job with this image's recognisers: ``python -m containers.paddle evaluate``."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from containers.common.contract import Job
from containers.common.entry import Stop
from containers.common.jobs import evaluate
from containers.paddle.predict import open_trained


def main(job: Job, stop: Stop, words: Sequence[str]) -> None:
    """Evaluate the exported model that the job names; see `containers.common.jobs.evaluate`."""
    evaluate.main(job, stop, words, partial(open_trained, engine="onnx"))
