"""What a server takes before it says no, read from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, ValidationError, field_validator

from config.errors import Problem, did_you_mean
from config.family import Accepts
from config.yaml_source import Settings
from containers.common.errors import JobError

_PREFIX = "GLYPHLINE_"
_LIMIT = f"{_PREFIX}MAX_"
_PORT = "SAGEMAKER_BIND_TO_PORT"
"""SageMaker sets it where several containers share one host; else the port is 8080."""
_DEFAULT_PORT = 8080
_UNSAID = Accepts(())
"""What a task accepts that says nothing of how much."""


class Limits(Settings):
    """Each is set by an environment variable: `max_pixels` by ``GLYPHLINE_MAX_PIXELS``.

    The defaults are those of a real-time endpoint, which passes 6 MB and waits 60 seconds:
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
    """

    max_request_bytes: Annotated[int, Field(ge=1)] = 6 * 1024**2
    """Of a body; a serverless endpoint passes 4 MB."""
    max_pixels: Annotated[int, Field(ge=1)] = _UNSAID.max_pixels
    """Of one image: a text line has some 30,000, a photograph 12 million. The task says more, or less."""
    max_request_pixels: Annotated[int, Field(ge=1)] = 100_000_000
    """Of all images of one request: eight photographs, or 3,000 text lines."""
    max_images: Annotated[int, Field(ge=1)] = 64
    """Lines of one JSON Lines request."""
    max_batch: Annotated[int, Field(ge=1)] = _UNSAID.max_batch
    """What the model is given at once. The task says more, or less."""
    max_queue: Annotated[int, Field(ge=1)] = 256
    """What waits to be answered; beyond it, a request is sent away (503)."""
    max_seconds: Annotated[float, Field(gt=0)] = 55.0
    """From the first byte of a request to its answer."""
    s3_buckets: tuple[str, ...] = ()
    """Where ``s3_uri`` may point to, separated by commas (``GLYPHLINE_S3_BUCKETS``); none: nowhere."""

    @field_validator("s3_buckets", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(name.strip() for name in value.split(",") if name.strip())


def limits_from(environment: Mapping[str, str] = os.environ, accepts: Accepts | None = None) -> Limits:
    """Return the limits that `environment` sets; those it does not have the task's default, or the server's.

    Raises:
        JobError: a value that does not fit, or a ``GLYPHLINE_MAX_`` that does not exist.
    """
    variables = {f"{_PREFIX}{name.upper()}": name for name in Limits.model_fields}
    for given in environment:
        if given.startswith(_LIMIT) and given not in variables:
            remedy = did_you_mean(given, variables)
            found, expected = f"the environment variable {given}", "one that exists"
            raise JobError(Problem("serve.limit-unknown", found, expected, remedy))
    said = {name: environment[key] for key, name in variables.items() if key in environment}
    try:
        limits = _beside(Limits.model_validate(said), accepts)
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        variable = f"{_PREFIX}{str(detail['loc'][0]).upper()}"
        found = f"the environment variable {variable} is {detail['input']!r}"
        expected = detail["msg"].removeprefix("Input should be ")
        raise JobError(Problem("serve.limit-value", found, expected, "Change it.")) from error
    _check_room("IMAGES", limits.max_images, "QUEUE", limits.max_queue)
    _check_room("PIXELS", limits.max_pixels, "REQUEST_PIXELS", limits.max_request_pixels)
    return limits


def _beside(said: Limits, accepts: Accepts | None) -> Limits:
    """Return the limits that were `said`, with the task's in place of those that were not."""
    if accepts is None:
        return said
    own = {"max_pixels": accepts.max_pixels, "max_batch": accepts.max_batch}
    own["max_request_pixels"] = max(accepts.max_pixels, said.max_request_pixels)
    if "max_request_pixels" in said.model_fields_set:
        own["max_pixels"] = min(accepts.max_pixels, said.max_request_pixels)
    return said.model_copy(update={k: v for k, v in own.items() if k not in said.model_fields_set})


def port_from(environment: Mapping[str, str] = os.environ) -> int:
    """Return the port that SageMaker wants the server on.

    Raises:
        JobError: it is not a number.
    """
    given = environment.get(_PORT, str(_DEFAULT_PORT))
    if not given.isdecimal():
        found = f"the environment variable {_PORT} is {given!r}"
        raise JobError(Problem("serve.port", found, "a port's number", "Change it."))
    return int(given)


def _check_room(name: str, part: int, whole_name: str, whole: int) -> None:
    if part > whole:
        found = f"{_LIMIT}{name} {part} above {_LIMIT}{whole_name} {whole}"
        remedy = "Raise the second: such a request could never be taken."
        raise JobError(Problem("serve.limit-value", found, "room for one request", remedy))
