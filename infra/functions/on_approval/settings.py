"""What the function is told by its environment variables; the stack `serving` writes them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["serverless", "async", "realtime"]


@dataclass(frozen=True, slots=True)
class Serving:
    """How an endpoint serves: as `Serving` in `config/environment.py`, whose rules hold here, too.

    `takes_disk_key` tells whether SageMaker takes a key for the instance's disk.
    """

    kind: Kind
    memory_mb: int
    max_concurrency: int
    instance: str | None
    min_instances: int
    max_instances: int
    takes_disk_key: bool


@dataclass(frozen=True, slots=True)
class Network:
    """The VPC that models run in."""

    subnets: Sequence[str]
    security_groups: Sequence[str]


@dataclass(frozen=True, slots=True)
class Settings:
    """`servings` and `alarms` are by the endpoint's name; the alarms take a new version back.

    `disk_key` is None where AWS's own is taken.
    """

    servings: Mapping[str, Serving]
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
        network, alarms = json.loads(variables["NETWORK"]), json.loads(variables["ALARMS"])
        shared, own = json.loads(variables["SERVING"]), json.loads(variables["OWN_SERVING"])
        return cls(
            servings={endpoint: Serving(**own.get(endpoint, shared)) for endpoint in alarms},
            alarms=alarms,
            queue_url=variables["QUEUE_URL"],
            role_arn=variables["ROLE_ARN"],
            output_uri=variables["OUTPUT_URI"],
            key=variables["KEY_ARN"],
            disk_key=variables["DISK_KEY_ARN"] or None,
            network=None if network is None else Network(**network),
            tags=json.loads(variables["TAGS"]),
        )
