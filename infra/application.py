"""The stacks of one environment, and who may do what to whom: the only place where they meet."""

from __future__ import annotations

from dataclasses import dataclass

import aws_cdk as cdk

from infra.resources.definition import Made
from infra.stacks.alerts import AlertsStack, let_speak
from infra.stacks.identity import IdentityStack
from infra.stacks.images import ImagesStack
from infra.stacks.labelling import LabellingStack
from infra.stacks.network import NetworkStack
from infra.stacks.observability import ObservabilityStack
from infra.stacks.pipelines import PipelinesStack
from infra.stacks.search import SearchStack
from infra.stacks.serving import ServingStack
from infra.stacks.storage import StorageStack
from infra.stacks.studio import StudioStack
from infra.stacks.tracking import TrackingStack
from pipelines.place import Place


@dataclass(frozen=True, slots=True)
class Stacks:
    """Every stack of an environment."""

    storage: StorageStack
    network: NetworkStack | None
    identity: IdentityStack
    images: ImagesStack
    alerts: AlertsStack
    tracking: TrackingStack | None
    pipelines: PipelinesStack
    serving: ServingStack
    observability: ObservabilityStack
    search: SearchStack | None
    labelling: LabellingStack | None
    studio: StudioStack | None


def compose(app: cdk.App, place: Place) -> Stacks:
    """Make the stacks of the environment at `place`."""
    storage = StorageStack(app, place=place)
    network = NetworkStack(app, place=place) if place.environment.make_network else None
    joined = place if network is None else network.joined()
    identity = IdentityStack(app, place=joined, key=storage.key)
    images = ImagesStack(app, place=place, key=storage.key)
    alerts = AlertsStack(app, place=place, key=storage.key)
    let_speak(storage.key, place)
    tracking = _tracking(app, place, storage, identity)
    made = Made(
        key_arn=storage.key.key_arn,
        tracking_arn=None if tracking is None else tracking.arn,
        subnets=() if network is None else network.subnets,
        security_groups=() if network is None else network.security_groups,
    )
    pipelines = PipelinesStack(app, place=place, key=storage.key, topic=alerts.topic, made=made)
    pipelines.add_stack_dependency(identity)  # a pipeline's role must be there before it
    for kind in ("processing", "training"):
        for statement in pipelines.files.read(place.partition):
            identity.roles[kind].add_to_policy(statement)
    serving = ServingStack(app, place=joined, key=storage.key, topic=alerts.topic)
    serving.add_stack_dependency(identity)  # it hands the role of deployments on
    search, labelling, studio = _choices(app, joined, storage, identity)
    observability = _observability(app, place, alerts, pipelines, serving, labelling)
    observability.add_stack_dependency(identity)  # the budget stops a role that must be there
    return Stacks(
        storage=storage,
        network=network,
        identity=identity,
        images=images,
        alerts=alerts,
        tracking=tracking,
        pipelines=pipelines,
        serving=serving,
        observability=observability,
        search=search,
        labelling=labelling,
        studio=studio,
    )


def _tracking(
    app: cdk.App, place: Place, storage: StorageStack, identity: IdentityStack
) -> TrackingStack | None:
    """Make what runs are logged to, if it is wanted, and let jobs log."""
    if not place.environment.track:
        return None
    tracking = TrackingStack(app, place=place, key=storage.key)
    for statement in tracking.log():
        identity.roles["processing"].add_to_policy(statement)
    return tracking


def _observability(
    app: cdk.App,
    place: Place,
    alerts: AlertsStack,
    pipelines: PipelinesStack,
    serving: ServingStack,
    labelling: LabellingStack | None,
) -> ObservabilityStack:
    """Make what watches every queue and function."""
    functions = {
        "on-labels": pipelines.on_labels,
        "on-run-end": pipelines.on_run_end,
        "on-approval": serving.on_approval,
    }
    if labelling is not None:
        functions |= {"pre-annotation": labelling.before, "consolidation": labelling.after}
    return ObservabilityStack(
        app,
        place=place,
        topic=alerts.topic,
        queues={
            "labels": pipelines.labels,
            "ends-of-runs": pipelines.ends,
            "approvals": serving.approvals,
        },
        functions=functions,
    )


def _choices(
    app: cdk.App, place: Place, storage: StorageStack, identity: IdentityStack
) -> tuple[SearchStack | None, LabellingStack | None, StudioStack | None]:
    """Make what the environment's file asks for; all of it names roles, which must be there before it."""
    said = place.environment
    search = SearchStack(app, place=place, key=storage.key) if said.search.kind != "none" else None
    backend = said.labelling.backend
    labelling = LabellingStack(app, place=place, key=storage.key) if backend == "ground-truth" else None
    studio = StudioStack(app, place=place, key=storage.key) if said.studio else None
    for stack in (search, labelling, studio):
        if stack is not None:
            stack.add_stack_dependency(identity)
    return search, labelling, studio
