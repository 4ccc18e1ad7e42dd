"""A release: an approved version as an endpoint serves it, in the words of SageMaker's requests."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .settings import Kind, Serving, Settings
from .versions import Version

VARIANT = "main"
ASKED = "glyphline:release"
"""The endpoint's tag that names the release it was asked for last."""
ASKED_AT = "glyphline:approved-at"
"""The endpoint's tag that says when that release was approved."""

_DIGEST_CHARACTERS = 8
_NUMBER_CHARACTERS = 5
LONGEST_ENDPOINT = 63 - len("--") - _NUMBER_CHARACTERS - _DIGEST_CHARACTERS
"""Of SageMaker's 63 characters for every name, how many are left for the endpoint's: see `names_of`."""

_CANARY_SHARE = 0.1
_BAKE_S = 600
_TERMINATION_WAIT_S = 120
_DEPLOYMENT_S = 3600
_NOT_IN_A_TAG = re.compile(r"[^\w\s.:/=+@-]")


@dataclass(frozen=True, slots=True)
class Release:
    """`name` is that of the model and of the endpoint's configuration: another for every approval."""

    name: str
    endpoint: str
    kind: Kind
    model: Mapping[str, Any]
    config: Mapping[str, Any]
    tags: Sequence[Mapping[str, str]]


def release_of(version: Version, settings: Settings) -> Release:
    """Return the release of `version`; the same approval and settings give the same name."""
    serving = settings.servings[version.group]
    model, variant = _model(version, serving, settings), _variant(serving)
    config = _config(version.group, serving, settings)
    said = json.dumps([model, variant, config, version.when.isoformat()], sort_keys=True)
    digest = hashlib.sha256(said.encode()).hexdigest()[:_DIGEST_CHARACTERS]
    name = f"{version.group}-{version.number}-{digest}"
    named = {"VariantName": VARIANT, "ModelName": name, **variant}
    return Release(
        name=name,
        endpoint=version.group,
        kind=serving.kind,
        model={"ModelName": name, **model},
        config={"EndpointConfigName": name, "ProductionVariants": [named], **config},
        tags=_tags(name, version, settings),
    )


def names_of(endpoint: str) -> re.Pattern[str]:
    """Return what the names of the endpoint's releases match; those of ``rec`` and ``rec-2`` differ."""
    return re.compile(rf"{re.escape(endpoint)}-\d+-[0-9a-f]{{{_DIGEST_CHARACTERS}}}")


def deployment(kind: Kind, instances: int, alarms: Sequence[str]) -> dict[str, Any] | None:
    """Return how `instances` are replaced: blue/green, a tenth first where they are many, back at an alarm.

    One instance cannot be halved: then all at once, but the old one stays until the alarms were quiet for ten
    minutes. Serverless endpoints have no such guards.

    Sources: https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-blue-green-canary.html,
        https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CapacitySize.html
    """
    if kind == "serverless":
        return None
    routing: dict[str, Any] = {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": _BAKE_S}
    if instances > 1:
        size = {"Type": "INSTANCE_COUNT", "Value": max(1, int(instances * _CANARY_SHARE))}
        routing |= {"Type": "CANARY", "CanarySize": size}
    policy = {
        "TrafficRoutingConfiguration": routing,
        "TerminationWaitInSeconds": _TERMINATION_WAIT_S,
        "MaximumExecutionTimeoutInSeconds": _DEPLOYMENT_S,
    }
    if not alarms:
        return {"BlueGreenUpdatePolicy": policy}
    back = {"Alarms": [{"AlarmName": one} for one in alarms]}
    return {"BlueGreenUpdatePolicy": policy, "AutoRollbackConfiguration": back}


def _model(version: Version, serving: Serving, settings: Settings) -> dict[str, Any]:
    model: dict[str, Any] = {
        "PrimaryContainer": {"ModelPackageName": version.arn},
        "ExecutionRoleArn": settings.role_arn,
    }
    if serving.kind == "serverless":  # knows neither
        return model
    if settings.network is not None:
        network = settings.network
        model["VpcConfig"] = {"Subnets": network.subnets, "SecurityGroupIds": network.security_groups}
    return {**model, "EnableNetworkIsolation": True}


def _variant(serving: Serving) -> dict[str, Any]:
    if serving.kind == "serverless":
        size = {"MemorySizeInMB": serving.memory_mb, "MaxConcurrency": serving.max_concurrency}
        return {"ServerlessConfig": size}
    return {"InstanceType": serving.instance, "InitialInstanceCount": max(1, serving.min_instances)}


def _config(endpoint: str, serving: Serving, settings: Settings) -> dict[str, Any]:
    config: dict[str, Any] = {}
    if serving.takes_disk_key and settings.disk_key is not None:
        config["KmsKeyId"] = settings.disk_key
    if serving.kind == "async":
        folder = f"{settings.output_uri}/{endpoint}"
        output = {"S3OutputPath": folder, "S3FailurePath": f"{folder}/failed", "KmsKeyId": settings.key}
        config["AsyncInferenceConfig"] = {"OutputConfig": output}
    return config


def _tags(name: str, version: Version, settings: Settings) -> list[dict[str, str]]:
    said = {
        **settings.tags,
        ASKED: name,
        "glyphline:version": f"{version.group}/{version.number}",
        "glyphline:approved-by": version.who,
        ASKED_AT: version.when.isoformat(),
    }
    return [{"Key": key, "Value": _NOT_IN_A_TAG.sub("_", value)[:256]} for key, value in said.items()]
