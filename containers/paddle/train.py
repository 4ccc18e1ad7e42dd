"""The training job of this image: ``python -m containers.paddle.train``, or `run` from the command line.

Channels: ``data`` (a snapshot or PaddleOCR label files) and, if wanted, ``replay`` (an old snapshot),
``model`` (the champion's artifact), ``config`` (a ``family.yaml`` that is not in the image). A channel that
holds only ``nothing.json`` says that there is none.
"""

from __future__ import annotations

import os
import sys

from config.family import DetectionFamily, Family, load_any_family
from containers.common import entry
from containers.common.artifact import Artifact
from containers.common.contract import Job
from containers.common.entry import Stop, StoppedError, signals_kept
from containers.common.hyperparameters import parse
from containers.common.progress import Tell, teller
from containers.paddle.hyperparameters import Hyperparameters
from containers.paddle.inputs import Inputs
from containers.paddle.launch import again, follows, is_worker, launch, leave_with_parent
from containers.paddle.recipe import load_recipe


def main(job: Job, stop: Stop) -> None:
    """Train what the job's hyperparameters and channels say."""
    settings = fitting(parse(job.hyperparameters(), Hyperparameters), job)
    spread(settings, job.gpus)
    replay = job.optional_channel("replay")
    inputs = Inputs(
        data=str(job.channel("data")),
        out=job.model,
        checkpoints=job.checkpoints,
        shared=True,
        model=job.optional_channel("model"),
        replay=None if replay is None else str(replay),
    )
    artifact = run(_family(job, settings), settings, inputs, stop, teller())
    if artifact is None:
        print("stopped: no model; started again it goes on at the last checkpoint, if there is one")  # noqa: T201
        return
    print(f"model {artifact.version} of the family {artifact.description.family!r} is ready")  # noqa: T201


def fitting(settings: Hyperparameters, job: Job) -> Hyperparameters:
    """Return `settings` without what concerns a channel that says nothing.

    A pipeline's hyperparameters are always the same, its first run has neither champion nor replay. Where
    the channel is absent they stay, and are refused: somebody forgot it.
    """
    idle: dict[str, object] = {}
    if job.says_nothing("replay"):
        idle["replay_ratio"] = None
    if job.says_nothing("model"):
        idle["distillation"] = 0.0
    return settings.model_copy(update=idle)


def spread(settings: Hyperparameters, gpus: int = 0) -> None:
    """Where several processes are to train, start them and leave with them; each returns from here."""
    processes = settings.processes or gpus or 1
    if processes > 1 and not is_worker():
        sys.exit(launch(again(), processes, gpus=gpus > 0))
    if is_worker():
        leave_with_parent()
    if follows():
        nowhere = os.open(os.devnull, os.O_WRONLY)  # the first process speaks for all
        os.dup2(nowhere, sys.stdout.fileno())
        os.dup2(nowhere, sys.stderr.fileno())


def run(
    family: Family | DetectionFamily, settings: Hyperparameters, inputs: Inputs, stop: Stop, tell: Tell
) -> Artifact | None:
    """Train a model of `family`; None if it was told to stop, or if another process delivers the model.

    Raises:
        InputError: something that was given cannot be used.
        TrainingError: no good model came of it.
    """
    recipe = load_recipe(settings.recipe or family.training.recipe)
    os.environ.setdefault("GLOG_minloglevel", "2")  # Paddle's chatter would bury what matters
    stop.listen()
    with signals_kept():
        from containers.paddle.detection.training import train_detector
        from containers.paddle.recognition.training import train_recogniser

    try:
        stop.check()
        if isinstance(family, DetectionFamily):
            return train_detector(family, recipe, settings, inputs, stop, tell)
        return train_recogniser(family, recipe, settings, inputs, stop, tell)
    except StoppedError:
        return None


def _family(job: Job, settings: Hyperparameters) -> Family | DetectionFamily:
    own = job.optional_channel("config")
    return load_any_family(settings.family if own is None else own / "family.yaml")


if __name__ == "__main__":
    sys.exit(entry.run(main))
