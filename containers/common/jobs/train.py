"""The training job of every image, and `run`, which the command line shares with it.

Channels: ``data`` (a snapshot or PaddleOCR label files) and, if wanted, ``replay`` (an old snapshot),
``model`` (the champion's artifact), ``config`` (a ``family.yaml`` that is not in the image). A channel that
holds only ``nothing.json`` says that there is none.
"""

from __future__ import annotations

from typing import Any, TypeVar

from config.errors import ConfigError, Problem
from config.family import Family
from config.protocol import CONFIG, DATA, FAMILY_FILE, MODEL, REPLAY
from config.tasks import load_family
from containers.common.artifact import Artifact
from containers.common.contract import Job
from containers.common.entry import Stop
from containers.common.hyperparameters import TrainingSettings, parse
from containers.common.model import Image, Inputs
from containers.common.progress import Tell, say, teller

SettingsT = TypeVar("SettingsT", bound=TrainingSettings)


def main(job: Job, stop: Stop, image: Image[Any]) -> None:
    """Train by `image` what the job's hyperparameters and channels say.

    Raises:
        InputError: something that was given cannot be used.
        TrainingError: no good model came of it.
    """
    settings = fitting(parse(job.hyperparameters(), image.settings), job)
    replay = job.optional_channel(REPLAY)
    inputs = Inputs(
        data=str(job.channel(DATA)),
        out=job.model,
        checkpoints=job.checkpoints,
        shared=True,
        model=job.optional_channel(MODEL),
        replay=None if replay is None else str(replay),
    )
    artifact = run(image, _family(job, settings), settings, inputs, stop, teller())
    if artifact is None:
        say("stopped: no model; started again it goes on at the last checkpoint, if there is one")
        return
    say(f"model {artifact.version} of the family {artifact.description.family!r} is ready")


def fitting(settings: SettingsT, job: Job) -> SettingsT:
    """Return `settings` without what concerns a channel that says nothing.

    A pipeline's hyperparameters are always the same, its first run has neither champion nor replay. Where
    the channel is absent they stay, and are refused: somebody forgot it.
    """
    for channel in settings.of_channel:
        if job.says_nothing(channel):
            settings = settings.without(channel)
    return settings


def run(
    image: Image[SettingsT], family: Family, settings: SettingsT, inputs: Inputs, stop: Stop, tell: Tell
) -> Artifact | None:
    """Train a model of `family` by `image`; see `Image.train`.

    Raises:
        InputError: something that was given cannot be used.
        TrainingError: no good model came of it.
    """
    if family.task not in image.tasks:
        found = f"the family {family.family!r}, whose task is {family.task}"
        expected = f"one of {' or '.join(sorted(image.tasks))}, which the image {image.name!r} offers"
        remedy = f"Train it with the image {family.training.image!r}."
        raise ConfigError(Problem("image.task", found, expected, remedy))
    stop.listen()
    return image.train(family, settings, inputs, stop, tell)


def _family(job: Job, settings: TrainingSettings) -> Family:
    own = job.optional_channel(CONFIG)
    return load_family(settings.family if own is None else own / FAMILY_FILE)
