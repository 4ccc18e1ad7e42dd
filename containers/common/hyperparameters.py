"""Hyperparameters: strings from outside become a typed, checked model; an unknown name is refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Annotated, ClassVar, Self, TypeVar

from pydantic import BaseModel, Field, ValidationError

from config.errors import Problem, did_you_mean
from config.protocol import MODEL, REPLAY
from config.yaml_source import Settings
from containers.common.errors import JobError

_SDK_PREFIX = "sagemaker_"
"""The SageMaker SDK adds parameters of its own (``sagemaker_region``, …); they are not ours."""

ModelT = TypeVar("ModelT", bound=BaseModel)


class TrainingSettings(Settings):
    """What a caller may say to a training of any image; an image's `settings` are a subclass of it."""

    of_channel: ClassVar[Mapping[str, tuple[str, ...]]] = {MODEL: (), REPLAY: ("replay_ratio",)}
    """What has no effect without a channel, and is refused then: somebody forgot the channel."""
    without_effect: ClassVar[frozenset[str]] = frozenset({"examine"})
    """What changes nothing about the model that comes of a training."""

    family: str
    """A name in `config/families/`, or of the ``family.yaml`` in the channel ``config``."""
    recipe: str | None = None
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    replay_ratio: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    """With the channel ``replay``: old samples in each epoch, for one new sample; None: one."""
    snapshot: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    """Hash of the snapshot that a pipeline took the data from, for the artifact's provenance."""
    examine: bool = True
    """The data first. A pipeline has examined all of it, and a small increment alone would say too little."""

    def without(self, channel: str) -> Self:
        """Return these settings without what concerns a channel."""
        fields = type(self).model_fields
        idle = {name: fields[name].default for name in self.of_channel.get(channel, ())}
        return self.model_copy(update=idle)


def parse(given: Mapping[str, str], model: type[ModelT]) -> ModelT:
    """Return the hyperparameters `given` as a `model`; one that is not given has the model's default.

    A value may be a JSON string (``"\\"thai-rec\\""``), as the SageMaker SDK encodes it.

    Raises:
        JobError: an unknown name (with the nearest one), a missing one, or a value of the wrong type.
    """
    values = {name: _unquoted(value) for name, value in given.items() if not name.startswith(_SDK_PREFIX)}
    return typed(values, model, "hyperparameter")


def typed(
    values: Mapping[str, str], model: type[ModelT], kind: str, spelt: Callable[[str], str] = str
) -> ModelT:
    """Return `values` as a `model`; in messages, each is a `kind` and its name is `spelt` as people write it.

    Raises:
        JobError: an unknown name (with the nearest one), a missing one, or a value of the wrong type.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise JobError(_misfit(model, error, kind, spelt)) from error


def _unquoted(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] == '"':
        try:
            return str(json.loads(value))
        except ValueError:
            return value
    return value


def _misfit(
    model: type[BaseModel], error: ValidationError, kind: str, spelt: Callable[[str], str]
) -> Problem:
    # a misspelt name is also a missing one: speak of the misspelling
    detail = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
    name = spelt(".".join(map(str, detail["loc"]))) if detail["loc"] else f"the {kind}s"
    if detail["type"] == "extra_forbidden":
        known = [spelt(one) for one in model.model_fields]
        remedy = did_you_mean(name, known)
        return Problem(f"job.{kind}-unknown", f"unknown {kind} {name!r}", ", ".join(known), remedy)
    if detail["type"] == "missing":
        found = f"the {kind} {name!r} is missing"
        return Problem(f"job.{kind}-missing", found, "it, since it has no default", "Add it.")
    expected = detail["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    found = f"the {kind} {name!r} is {detail['input']!r}"
    return Problem(f"job.{kind}-value", found, expected, "Change it.")
