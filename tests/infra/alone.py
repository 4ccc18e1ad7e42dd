"""One stack synthesised alone, its neighbours imported: seconds less than the whole application."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from config.environment import Environment, load_environment
from pipelines.place import Place

ACCOUNT, REGION = "123456789012", "eu-central-1"
NETWORK = {"subnets": ["subnet-1", "subnet-2"], "security_groups": ["sg-1"], "vpc": "vpc-1"}


@dataclass(frozen=True, slots=True)
class Resources:
    """A stack's resources by their type."""

    all: Mapping[str, Any]

    def of(self, kind: str) -> list[Any]:
        """Return the properties of the resources of a type, such as ``SQS::Queue``."""
        return [one.get("Properties", {}) for one in self.all.values() if one["Type"] == f"AWS::{kind}"]

    def one(self, kind: str) -> Any:
        """Return the properties of the only resource of a type."""
        (found,) = self.of(kind)
        return found

    def allowed(self) -> set[str]:
        """Return every action that a policy of the stack allows."""
        said = [one["PolicyDocument"] for one in self.of("IAM::Policy")]
        said += [two["PolicyDocument"] for one in self.of("IAM::Role") for two in one.get("Policies", [])]
        actions = [one["Action"] for document in said for one in document["Statement"]]
        return {one for action in actions for one in ([action] if isinstance(action, str) else action)}


def place_of(name: str = "prod", /, **changes: Any) -> Place:
    """Return the place of an environment whose file says something else."""
    said = load_environment(name).model_dump(exclude_unset=True) | changes
    return Place(Environment.model_validate(said), ACCOUNT)


def inside_of(**changes: Any) -> Place:
    """Return the place of prod in a network that there is."""
    return place_of(make_network=False, network=NETWORK, **changes)


def alone(stack: Callable[..., Any], place: Place, **more: Callable[[Any], Any]) -> Resources:
    """Return the resources of `stack`; `more` makes what it needs beside the key, in a stack of their own."""
    import aws_cdk as cdk
    from aws_cdk import aws_kms as kms
    from aws_cdk.assertions import Template

    app = cdk.App()
    home = cdk.Stack(app, "home")
    key = kms.Key.from_key_arn(home, "Key", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1")
    made = stack(app, place=place, key=key, **{name: make(home) for name, make in more.items()})
    return Resources(Template.from_stack(made).to_json()["Resources"])
