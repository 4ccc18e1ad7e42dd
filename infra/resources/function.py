"""A Lambda function of ours: one package of plain Python, a log that ends, no more rights than said."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from config.environment import Environment

_INFRA = Path(__file__).parent.parent


class PlainFunction(lambda_.Function):
    """The function whose code is the package `infra/functions/FOLDER`, which has a ``handler.py``.

    It travels as ``functions.FOLDER``, with ``functions.shared`` beside it where it is `shared`: modules
    import each other relatively, there as here (``from ..shared import approvals``).
    """

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        folder: str,
        shared: bool = False,
        environment: Environment,
        settings: dict[str, str],
        statements: Sequence[iam.PolicyStatement],
        timeout_s: int = 30,
        memory_mb: int = 256,
    ) -> None:
        log = logs.LogGroup(
            scope,
            f"{name}Log",
            retention=retention(environment.log_retention_days),
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        role = iam.Role(
            scope,
            f"{name}Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description=f"What the function {name} may do",
        )
        log.grant_write(role)
        for statement in statements:
            role.add_to_policy(statement)
        super().__init__(
            scope,
            name,
            runtime=lambda_.Runtime.PYTHON_3_14,
            architecture=lambda_.Architecture.ARM_64,
            handler=f"functions.{folder}.handler.handler",
            code=_code(folder, "shared") if shared else _code(folder),
            role=role,
            environment=settings,
            log_group=log,
            timeout=cdk.Duration.seconds(timeout_s),
            memory_size=memory_mb,
        )


def _code(*folders: str) -> lambda_.AssetCode:
    """Return the package `infra/functions` with these of its folders."""
    kept = [f"!functions/{one}" for one in ("__init__.py", *folders)]
    return lambda_.Code.from_asset(
        str(_INFRA),
        exclude=["*", "!functions", "functions/*", *kept, "**/__pycache__"],
        ignore_mode=cdk.IgnoreMode.DOCKER,
    )


def retention(days: int) -> logs.RetentionDays:
    """Return how long a log group keeps what is written to it."""
    names = {
        7: logs.RetentionDays.ONE_WEEK,
        14: logs.RetentionDays.TWO_WEEKS,
        30: logs.RetentionDays.ONE_MONTH,
        60: logs.RetentionDays.TWO_MONTHS,
        90: logs.RetentionDays.THREE_MONTHS,
        180: logs.RetentionDays.SIX_MONTHS,
        365: logs.RetentionDays.ONE_YEAR,
    }
    return names[days]
