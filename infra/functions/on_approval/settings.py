"""What the function is told by its environment variables; the stack `serving` writes them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["serverless", "async", "realtime"]


@dataclass(frozen=True, slots=True)
class Serving:
    """How endpoints serve: as `Serving` in `config/environment.py`, whose rules hold here, too."""

    kind: Kind
    memory_mb: int
    max_concurrency: int
    instance: str | None
    min_instances: int
    max_instances: int


@dataclass(frozen=True, slots=True)
class Network:
    """The VPC that models run in."""

    subnets: Sequence[str]
    security_groups: Sequence[str]


@dataclass(frozen=True, slots=True)
class Settings:
    """`alarms`, by the endpoint's name, take a new version back; `disk_key` is None where none is taken."""

    serving: Serving
    alarms: Mapping[str, Sequence[str]]
    queue_url: str
    role_arn: str
    output_uri: str
    key: str
    disk_key: str | None
    network: Network | None
    tags: Mapping[str, str]

    @classmethod
    def of(cls, variables: Mapping[str, str]) -> Settings:
        """Return what `variables` say; one that is missing is a KeyError, when the function loads."""
        network = json.loads(variables["NETWORK"])
        return cls(
            serving=Serving(**json.loads(variables["SERVING"])),
            alarms=json.loads(variables["ALARMS"]),
            queue_url=variables["QUEUE_URL"],
            role_arn=variables["ROLE_ARN"],
            output_uri=variables["OUTPUT_URI"],
            key=variables["KEY_ARN"],
            disk_key=variables["DISK_KEY_ARN"] or None,
            network=None if network is None else Network(**network),
            tags=json.loads(variables["TAGS"]),
        )
