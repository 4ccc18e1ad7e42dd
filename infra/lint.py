"""What is newer than the schemas that cfn-lint comes with: said at the resource, for nothing else to pass."""

from __future__ import annotations

import aws_cdk as cdk


def newer_than_lint(resource: cdk.CfnResource, check: str) -> None:
    """Let cfn-lint pass over `check`, such as ``E3002``, at `resource`: CDK's own specification has it.

    Source: https://github.com/aws-cloudformation/cfn-lint#metadata
    """
    resource.add_metadata("cfn-lint", {"config": {"ignore_checks": [check]}})
