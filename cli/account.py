"""The AWS account that commands act on: its clients, and its refusals in the words of a person."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from config.errors import StateError

if TYPE_CHECKING:
    from config.environment import Environment


@contextmanager
def refusals() -> Iterator[None]:
    """Turn what AWS refuses, or that it cannot be asked, into one readable sentence.

    Raises:
        StateError: AWS said no, or nobody could ask it.
    """
    from botocore.exceptions import (
        BotoCoreError,
        ClientError,
        EndpointConnectionError,
        NoCredentialsError,
        ProfileNotFound,
    )

    try:
        yield
    except (NoCredentialsError, ProfileNotFound) as error:
        remedy = "Log in (aws sso login) or set AWS_PROFILE; `aws sts get-caller-identity` must answer."
        raise StateError(f"AWS: {error}. {remedy}") from error
    except EndpointConnectionError as error:
        raise StateError(f"AWS cannot be reached: {error}. Check the network and the region.") from error
    except ClientError as error:
        refused, operation = error.response.get("Error", {}), error.operation_name
        message = f"AWS refused {operation}: {refused.get('Message') or refused.get('Code')}"
        raise StateError(message) from error
    except BotoCoreError as error:
        raise StateError(f"AWS: {error}") from error


def client(service: str, environment: Environment) -> Any:
    """Return the boto3 client of `service` in the region of `environment`."""
    import boto3

    return boto3.client(service, region_name=environment.region)


def account_of(environment: Environment) -> str:
    """Return the id of the account: what the environment says, which the credentials must belong to.

    Raises:
        StateError: the credentials are those of another account.
    """
    actual = str(client("sts", environment).get_caller_identity()["Account"])
    if environment.account not in (None, actual):
        name, wanted = environment.environment, environment.account
        remedy = "Change AWS_PROFILE."
        raise StateError(f"The environment {name} is account {wanted}, the credentials {actual}'s. {remedy}")
    return actual
