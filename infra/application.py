"""The stacks of one environment, and who may do what to whom: the only place where they meet."""

from __future__ import annotations

from dataclasses import dataclass

import aws_cdk as cdk

from infra.stacks.identity import IdentityStack
from infra.stacks.storage import StorageStack
from pipelines.place import Place


@dataclass(frozen=True, slots=True)
class Stacks:
    """Every stack of an environment."""

    storage: StorageStack
    identity: IdentityStack


def compose(app: cdk.App, place: Place) -> Stacks:
    """Make the stacks of the environment at `place`."""
    storage = StorageStack(app, place=place)
    identity = IdentityStack(app, place=place, key=storage.key)
    return Stacks(storage=storage, identity=identity)
