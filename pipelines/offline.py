"""The SageMaker SDK without AWS: it builds the pipeline's JSON, asks nobody and uploads nothing."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any
from unittest import mock

from pipelines.place import Place

if TYPE_CHECKING:
    from sagemaker.core.workflow.pipeline_context import PipelineSession


@contextmanager
def offline_session(place: Place) -> Iterator[PipelineSession]:
    """Give a session that steps can be built with while no network, credential or region is at hand.

    Importing the SDK takes 2 to 3 s and asks for a region; its telemetry is switched off here because
    its own switch (`TelemetryOptOut`) validates a JSON schema at every lookup, 8 s in all.
    """
    variables = {
        "AWS_DEFAULT_REGION": place.environment.region,
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_EC2_METADATA_DISABLED": "true",
        "SAGEMAKER_VALIDATE_ROLE": "false",
    }
    with mock.patch.dict(os.environ, variables), _quiet():
        os.environ.pop("AWS_PROFILE", None)  # might not exist here, and is not asked
        import boto3
        from sagemaker.core.telemetry import telemetry_logging
        from sagemaker.core.workflow.pipeline_context import PipelineSession

        class Offline(PipelineSession):  # type: ignore[misc]  # the SDK is not typed
            def account_id(self) -> str:
                return place.account

        shared = _boto_session(place.environment.region)
        session = Offline(boto_session=shared, default_bucket=place.bucket("artifacts"))
        session._default_bucket = place.bucket("artifacts")  # else it asks S3 whether the bucket is there
        with (
            mock.patch.object(telemetry_logging, "_send_telemetry_request", _send_nothing),
            mock.patch.object(boto3, "Session", return_value=shared),  # each step makes one, of 0.2 s
            mock.patch.object(boto3, "DEFAULT_SESSION", shared),
        ):
            yield session


@cache
def _boto_session(region: str) -> Any:
    """Return the boto3 session of all definitions: each reads AWS's models and endpoints anew."""
    import boto3

    return boto3.Session(region_name=region)


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence what the SDK logs and warns about while it is imported and used as it is meant to be."""
    root = logging.root  # which the SDK configures for itself
    before, level, handlers = root.manager.disable, root.level, list(root.handlers)
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
        root.setLevel(level)
        root.handlers[:] = handlers


def _send_nothing(*_args: Any, **_kwargs: Any) -> None:
    return None
