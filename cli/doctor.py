"""`glyphline doctor`: what stands in the way, told before it does."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from config.environment import Environment
    from infra.readiness import Check

_FAILED = 1
_MARKS = {"ok": ("ok      ", "green"), "warning": ("warning ", "yellow"), "failed": ("failed  ", "red")}


def doctor(
    account: Annotated[
        bool, typer.Option("--account", help="Ask the AWS account, too; nothing is changed there.")
    ] = False,
    environment: Annotated[str, typer.Option(help="A name in config/environments/.")] = "dev",
) -> None:
    """Check this machine, and with --account what a deployment needs; exit code 1 if it would fail.

    Example: `glyphline doctor --account --environment dev`
    """
    from config.environment import load_environment
    from infra.readiness import machine, worst

    chosen = load_environment(environment)
    checks: list[Check] = []
    for one in chain(machine(), _account(chosen) if account else ()):
        _tell(one)
        checks.append(one)
    raise typer.Exit(_FAILED if worst(checks) == "failed" else 0)


def _account(environment: Environment) -> Iterator[Check]:
    import boto3

    from cli.account import account_of, client, refusals
    from infra import readiness
    from pipelines.place import Place

    with refusals():
        place = Place(environment, account_of(environment))
        yield readiness.Check("account", "ok", f"{place.account} in {environment.region}")
        yield from readiness.services(boto3.Session(), environment)
        yield readiness.bootstrap(client("ssm", environment), place)
        yield from readiness.quotas(client("service-quotas", environment), environment)
        yield from readiness.ground_truth(client("sagemaker", environment), environment)
        s3, cloudformation = client("s3", environment), client("cloudformation", environment)
        yield from readiness.buckets(s3, cloudformation, place)
        yield from readiness.images(client("ecr", environment), place, _images(environment))


def _images(environment: Environment) -> dict[str, str]:
    """Return the tag of every image that the environment's families run in."""
    from importlib.metadata import version

    from config.family import load_any_family

    return {load_any_family(one).training.image: version("glyphline") for one in environment.families}


def _tell(check: Check) -> None:
    mark, colour = _MARKS[check.state]
    typer.secho(mark, fg=colour, nl=False)
    typer.echo(f"{check.name}: {check.found}" + (f". {check.remedy}" if check.remedy else ""))
