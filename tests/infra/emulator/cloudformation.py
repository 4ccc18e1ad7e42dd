"""CloudFormation types for moto, each made by a function; a type that nobody made is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from moto.cloudformation import parsing
from moto.cloudformation.exceptions import ValidationError
from moto.core.common_models import CloudFormationModel

_KINDS: dict[str, type[CloudFormationModel]] = {}


@dataclass(frozen=True, slots=True)
class Asked:
    """A resource as a template asks for it, with every reference resolved."""

    name: str
    """What CloudFormation would call it where the template does not."""
    properties: dict[str, Any]
    account: str
    region: str


@dataclass(frozen=True, slots=True)
class Made:
    """What `Ref` gives and what `Fn::GetAtt` gives."""

    id: str
    attributes: Mapping[str, Any] = field(default_factory=dict)


def register(
    kind: str,
    create: Callable[[Asked], Made],
    *,
    attributes: tuple[str, ...] = (),
    update: Callable[[Asked, str], None] | None = None,
    delete: Callable[[Asked, str], None] | None = None,
) -> None:
    """Teach moto the CloudFormation type `kind`; `update` and `delete` get the id beside what is asked."""

    class Resource(CloudFormationModel):
        asked: Asked
        made: Made

        @staticmethod
        def cloudformation_type() -> str:
            return kind

        @staticmethod
        def cloudformation_name_type() -> str:
            return ""

        @classmethod
        def has_cfn_attr(cls, attr: str) -> bool:
            return attr in attributes

        def get_cfn_attribute(self, attribute: str) -> Any:
            return self.made.attributes[attribute]

        @property
        def physical_resource_id(self) -> str:
            return self.made.id

        @classmethod
        def create_from_cloudformation_json(
            cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **_: Any
        ) -> Resource:
            one = cls()
            one.asked = Asked(resource_name, cloudformation_json["Properties"], account_id, region_name)
            one.made = create(one.asked)
            return one

        @classmethod
        def update_from_cloudformation_json(
            cls,
            original_resource: Resource,
            new_resource_name: str,
            cloudformation_json: Any,
            account_id: str,
            region_name: str,
        ) -> Resource:
            one = original_resource
            asked = Asked(one.asked.name, cloudformation_json["Properties"], account_id, region_name)
            if update is None:
                raise ValidationError(message=f"The emulator cannot update {kind}")
            update(asked, one.made.id)
            one.asked = asked
            return one

        def delete(self, account_id: str, region_name: str) -> None:
            if delete is not None:
                delete(self.asked, self.made.id)

    _KINDS[kind] = Resource


def install() -> None:
    """Look here for a type first, and let a stack fail where moto would leave a resource out in silence."""
    known = parsing.resource_class_from_type

    def checked(kind: str) -> type[CloudFormationModel]:
        found = _KINDS.get(kind) or known(kind)
        if found is None:
            raise ValidationError(message=f"The emulator has no CloudFormation type {kind}")
        return found

    parsing.resource_class_from_type = checked
