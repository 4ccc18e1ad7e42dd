"""Why a rule of cdk-nag does not hold for something: said beside it, and only with a reason.

`tests/infra/test_nag.py` holds everything else to the rules: https://github.com/cdklabs/cdk-nag
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import IConstruct

from infra.wildcards import reason_for, text_of

_PACK = "AwsSolutions"
_VARIABLE = re.compile(r"\$\{([^}]+)\}")


def acknowledge(scope: IConstruct, rule: str, reason: str) -> None:
    """Say why `rule`, such as ``CB3`` or ``IAM5[Resource::*]``, does not hold for `scope` and below it."""
    said = cdk.Acknowledgment(id=f"{_PACK}::{_PACK}-{rule}", reason=reason)
    cdk.Validations.of(scope).acknowledge(said)


def hold_to_rules(app: cdk.App) -> None:
    """Check `app` when it is synthesised; wildcards get the reasons that `infra.wildcards` has for them."""
    from cdk_nag import AwsSolutionsChecks  # for checks only: it is slow

    for construct in app.node.find_all():
        if isinstance(construct, iam.CfnRole | iam.CfnPolicy):
            for resource, reason in _explained(construct):
                named = _VARIABLE.sub(r"<\1>", resource)  # as cdk-nag writes it
                acknowledge(construct, f"IAM5[Resource::{named}]", reason)
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))


def _explained(construct: iam.CfnRole | iam.CfnPolicy) -> Iterator[tuple[str, str]]:
    """Yield the resources with a wildcard that have a reason, each with it."""
    reasons: dict[str, set[str | None]] = {}
    for statement in _statements(construct):
        actions, resources = _listed(statement["Action"]), _listed(statement["Resource"])
        for resource in map(text_of, resources):
            if "*" in resource and statement["Effect"] == "Allow":
                reasons.setdefault(resource, set()).add(reason_for(actions, resource))
    for resource, found in reasons.items():
        known = sorted(one for one in found if one is not None)
        if len(known) == len(found):
            yield resource, "; ".join(known)


def _statements(construct: iam.CfnRole | iam.CfnPolicy) -> Iterator[Mapping[str, Any]]:
    stack = cdk.Stack.of(construct)
    if isinstance(construct, iam.CfnPolicy):
        documents = [stack.resolve(construct.policy_document)]
    else:
        documents = [one["policyDocument"] for one in stack.resolve(construct.policies) or []]
    for document in documents:
        yield from document["Statement"]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
