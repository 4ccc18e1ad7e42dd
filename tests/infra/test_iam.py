"""Every template of prod, and of an environment with every option, is held to our own rules."""

from __future__ import annotations

from typing import Any

import pytest
from everything import everything
from rules import RULES


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_prod_breaks_no_rule(rule: Any, templates: dict[str, dict[str, Any]]) -> None:
    assert {stack: found for stack, one in templates.items() if (found := rule(one))} == {}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_no_option_breaks_a_rule(rule: Any) -> None:
    assert {stack: found for stack, one in everything().templates.items() if (found := rule(one))} == {}


def test_every_role_is_bounded() -> None:
    """The environment's permissions boundary, wherever a role is made."""
    roles = {
        f"{stack}/{name}": one["Properties"].get("PermissionsBoundary")
        for stack, template in everything().templates.items()
        for name, one in template["Resources"].items()
        if one["Type"] == "AWS::IAM::Role"
    }
    assert len(roles) > 7
    assert set(roles.values()) == {"arn:aws:iam::123456789012:policy/boundary"}
