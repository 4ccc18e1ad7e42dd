"""CloudFormation types that are accepted and have no effect here: what is deployed of them proves nothing."""

from __future__ import annotations

from functools import partial

from emulator.cloudformation import Asked, Made, register

USED: set[str] = set()
"""The types that a template has asked for so far."""

_TYPES: dict[str, tuple[str, ...]] = {
    "AWS::S3::BucketPolicy": (),  # moto ignores conditions: TLS only would refuse everything
    "AWS::SNS::TopicPolicy": (),
    "AWS::Budgets::Budget": (),
    "AWS::Budgets::BudgetsAction": ("ActionId",),
    "AWS::CodeBuild::Project": ("Arn",),  # builds nothing
}
"""Each with the attributes that `Fn::GetAtt` may ask for."""


def install() -> None:
    """Register them."""
    for kind, attributes in _TYPES.items():
        register(kind, partial(_accept, kind), attributes=attributes, update=_change)


def _accept(kind: str, asked: Asked) -> Made:
    USED.add(kind)
    where = f"arn:aws:{kind.split('::')[1].lower()}:{asked.region}:{asked.account}"
    return Made(asked.name, dict.fromkeys(_TYPES[kind], f"{where}:{asked.name}"))


def _change(asked: Asked, _: str) -> None:
    del asked
