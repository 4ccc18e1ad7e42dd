"""The stacks of one environment, and who may do what to whom: the only place where they meet."""

from __future__ import annotations

from dataclasses import dataclass

import aws_cdk as cdk

from infra.resources.definition import Made
from infra.stacks.alerts import AlertsStack, let_speak
from infra.stacks.identity import IdentityStack
from infra.stacks.images import ImagesStack
from infra.stacks.network import NetworkStack
from infra.stacks.pipelines import PipelinesStack
from infra.stacks.serving import ServingStack
from infra.stacks.storage import StorageStack
from pipelines.place import Place


@dataclass(frozen=True, slots=True)
class Stacks:
    """Every stack of an environment."""

    storage: StorageStack
    network: NetworkStack | None
    identity: IdentityStack
    images: ImagesStack
    alerts: AlertsStack
    pipelines: PipelinesStack
    serving: ServingStack


def compose(app: cdk.App, place: Place) -> Stacks:
    """Make the stacks of the environment at `place`."""
    storage = StorageStack(app, place=place)
    network = NetworkStack(app, place=place) if place.environment.make_network else None
    identity = IdentityStack(app, place=place if network is None else network.joined(), key=storage.key)
    images = ImagesStack(app, place=place, key=storage.key)
    alerts = AlertsStack(app, place=place, key=storage.key)
    let_speak(storage.key, place)
    made = Made(
        key_arn=storage.key.key_arn,
        subnets=() if network is None else network.subnets,
        security_groups=() if network is None else network.security_groups,
    )
    pipelines = PipelinesStack(app, place=place, key=storage.key, topic=alerts.topic, made=made)
    pipelines.add_stack_dependency(identity)  # a pipeline's role must be there before it
    for kind in ("processing", "training"):
        for statement in pipelines.files.read(place.partition):
            identity.roles[kind].add_to_policy(statement)
    joined = place if network is None else network.joined()
    serving = ServingStack(app, place=joined, key=storage.key, topic=alerts.topic)
    serving.add_stack_dependency(identity)  # it hands the role of deployments on
    return Stacks(
        storage=storage,
        network=network,
        identity=identity,
        images=images,
        alerts=alerts,
        pipelines=pipelines,
        serving=serving,
    )
