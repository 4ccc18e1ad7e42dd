"""Why a rule of cdk-nag does not hold for something: said beside it, and only with a reason.

`tests/infra/test_nag.py` holds everything else to the rules: https://github.com/cdklabs/cdk-nag
"""

from __future__ import annotations

import aws_cdk as cdk
from constructs import IConstruct

PACK = "AwsSolutions"


def acknowledge(scope: IConstruct, rule: str, reason: str) -> None:
    """Say why `rule`, such as ``CB3`` or ``IAM5[Resource::*]``, does not hold for `scope` and below it."""
    said = cdk.Acknowledgment(id=f"{PACK}::{PACK}-{rule}", reason=reason)
    cdk.Validations.of(scope).acknowledge(said)
