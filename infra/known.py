"""What the installed botocore knows of AWS: read from its files, without a session or a network."""

from __future__ import annotations

from functools import cache
from typing import Any

from config.environment import Environment

NEWER = "What is newer needs a newer boto3."
"""The end of a remedy: these tables are as old as the package."""
OTHER_REGION = f"Choose another region, or leave the part out (search.kind: none). {NEWER}"

_ENDPOINTS = {
    "sagemaker": "api.sagemaker",
    "ecr": "api.ecr",
    "opensearch": "es",
    "opensearchserverless": "aoss",
}
"""By what name the table of endpoints has a service, where it is another."""
_NEEDED = ("sagemaker", "s3", "kms", "ecr", "lambda", "events", "sqs", "sns", "dynamodb")
_SEARCH = {"none": (), "serverless": ("opensearchserverless",), "managed": ("opensearch",)}


def services_of(environment: Environment) -> tuple[str, ...]:
    """Return the services that the environment uses, of those whose regions botocore's table lists."""
    return (*_NEEDED, *_SEARCH[environment.search.kind])


def lacking(environment: Environment) -> list[str]:
    """Return the services that the environment uses and its region does not have."""
    return [one for one in services_of(environment) if environment.region not in regions_of(one)]


def regions_of(service: str) -> frozenset[str]:
    """Return the regions, of every partition, that have a service."""
    name = _ENDPOINTS.get(service, service)
    partitions = _endpoints()["partitions"]
    return frozenset(
        region
        for one in partitions
        for region in one["services"].get(name, {}).get("endpoints", ())
        if region in one["regions"]  # and no endpoint of another kind, such as FIPS
    )


@cache
def values_of(service: str, shape: str) -> tuple[str, ...]:
    """Return what a field of a service takes, such as its types of instances."""
    return tuple(_model(service)["shapes"][shape]["enum"])


def search_types(generation: str) -> tuple[str, ...]:
    """Return the types of OpenSearch's instances of a generation, such as ``r6g``; none: it is not known.

    Its table lacks whole generations that AWS has, such as r7g: it is believed of those only that it names.
    """
    known = values_of("opensearch", "OpenSearchPartitionInstanceType")
    return tuple(one for one in known if one.startswith(f"{generation}."))


@cache
def _endpoints() -> Any:
    return _loader().load_data("endpoints")


@cache
def _model(service: str) -> Any:
    return _loader().load_service_model(service, "service-2")


@cache
def _loader() -> Any:
    from botocore.loaders import Loader  # costs more than reading what is asked for

    return Loader()
