"""A family's definition with what only the deployment knows: key, network, tracking server, its files.

The SDK checks what it is given, so it gets stand-ins of the right form, which become references in the text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from config.environment import Network
from pipelines.place import Place

_KEY_ID = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class Made:
    """What other stacks make for the jobs; where the environment's file names its own, that is taken."""

    key_arn: str
    tracking_arn: str | None = None
    subnets: tuple[str, ...] = ()
    security_groups: tuple[str, ...] = ()


def with_stand_ins(place: Place, made: Made) -> tuple[Place, dict[str, str]]:
    """Return the place that the SDK is told, and the references by what stands for them there."""
    environment, region = place.environment, place.environment.region
    changes: dict[str, object] = {}
    references: dict[str, str] = {}
    if environment.kms_key is None:
        key = f"arn:{place.partition}:kms:{region}:{place.account}:key/{_KEY_ID}"
        changes["kms_key"], references[key] = key, made.key_arn
    if environment.pipelines.tracking is None and made.tracking_arn is not None:
        server = f"arn:{place.partition}:sagemaker:{region}:{place.account}:mlflow-app/app-000000000000"
        changes["pipelines"] = environment.pipelines.model_copy(update={"tracking": server})
        references[server] = made.tracking_arn
    if environment.network is None and made.subnets:
        subnets = {f"subnet-{number:017x}": token for number, token in enumerate(made.subnets)}
        groups = {f"sg-{number:017x}": token for number, token in enumerate(made.security_groups)}
        changes["network"] = Network(subnets=tuple(subnets), security_groups=tuple(groups))
        references |= subnets | groups
    return replace(place, environment=environment.model_copy(update=changes)), references


def with_references(definition: bytes, references: Mapping[str, str]) -> str:
    """Return the definition in one line, with references instead of what stood for them."""
    text = json.dumps(json.loads(definition), ensure_ascii=False, separators=(",", ":"))
    for stand_in, reference in references.items():
        assert stand_in in text, f"{stand_in} is nowhere in the definition"
        text = text.replace(stand_in, reference)
    return text
