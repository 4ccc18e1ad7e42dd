"""`glyphline doctor`: what stands in the way, told before it does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.options import AccountOption
from cli.output import tell_next, tell_old
from config.errors import StateError

if TYPE_CHECKING:
    from config.environment import Environment
    from infra.readiness import Check

_FAILED = 1
_MARKS = {"ok": ("ok      ", "green"), "warning": ("warning ", "yellow"), "failed": ("failed  ", "red")}


def doctor(
    account: Annotated[bool, typer.Option("--account", hidden=True)] = False,
    environment: AccountOption = None,
) -> None:
    """Check what this machine or an account lacks.

    With --environment, also what a deployment there needs; nothing is changed. Exit code 1: it would fail.

    Example: `glyphline doctor --environment dev`
    """
    from config.environment import load_environment
    from infra.readiness import machine, worst

    if account:
        environment = environment or "dev"
        tell_old("glyphline doctor --account", f"glyphline doctor --environment {environment}")
    chosen = None if environment is None else load_environment(environment)
    checks: list[Check] = []
    for one in chain(machine(), () if chosen is None else _account(chosen)):
        _tell(one)
        checks.append(one)
    if worst(checks) == "failed":
        raise typer.Exit(_FAILED)
    if environment is None:
        tell_next("corpus", "synth", "pid-tags", "--count", 3000, "--seed", 7, "--out", "tags")
    else:
        tell_next("cost", "--environment", environment)


def _account(environment: Environment) -> Iterator[Check]:
    from cli.account import account_of, client, refusals
    from infra import readiness
    from pipelines.place import Place

    with refusals():
        place = Place(environment, account_of(environment))
    yield readiness.Check("account", "ok", f"{place.account} in {environment.region}")
    yield readiness.approvers(environment)

    def ask(service: str) -> Any:
        return client(service, environment)

    asked: dict[str, Callable[[], Iterable[Check]]] = {
        "services": lambda: [readiness.services(environment)],
        "cdk bootstrap": lambda: [readiness.bootstrap(ask("ssm"), place)],
        "quotas": lambda: readiness.quotas(ask("service-quotas"), environment),
        "search role": lambda: readiness.search_role(ask("iam"), environment),
        "ground truth": lambda: readiness.ground_truth(ask("sagemaker"), place),
        "buckets": lambda: readiness.buckets(ask("s3"), ask("cloudformation"), place),
        "images": lambda: readiness.images(ask("ecr"), place, _images(environment)),
    }
    for name, check in asked.items():
        try:
            with refusals():
                yield from check()
        except StateError as error:  # what else stands in the way is told all the same
            yield readiness.Check(name, "failed", str(error))


def _images(environment: Environment) -> dict[str, str]:
    """Return the tag of every image that the environment's families run in."""
    from importlib.metadata import version

    from config.tasks import load_family

    return {load_family(one).training.image: version("glyphline") for one in environment.families}


def _tell(check: Check) -> None:
    mark, colour = _MARKS[check.state]
    typer.secho(mark, fg=colour, nl=False)
    typer.echo(f"{check.name}: {check.found}" + (f". {check.remedy}" if check.remedy else ""))
