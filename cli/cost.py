"""`glyphline cost`: what an environment costs a month, before anybody pays it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import AsJson, EnvironmentOption
from cli.output import facts_table, print_json, print_table

if TYPE_CHECKING:
    from rich.table import Table

    from infra.cost.estimate import Estimate
    from infra.cost.usage import Scenario

_INCOMPLETE = 1
_WHOLE = 1000


def cost(
    environment: EnvironmentOption = "dev",
    scenario: Annotated[str, typer.Option(help="poc, dev or prod: how much is done in a month.")] = "poc",
    what_if: Annotated[
        list[str] | None,
        typer.Option(help="spot=on|off, serving=serverless|async|realtime, search=…; repeatable."),
    ] = None,
    templates: Annotated[
        Path | None,
        typer.Option(help="What cdk synth made (build/cdk.out); none: synthesised now.", file_okay=False),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Price what an environment is and does in a month.

    Line by line: list prices without tax or free tier, from the dated table in infra/cost/. Exit code 1: a
    price is missing.

    Example: `glyphline cost --environment dev --scenario poc --what-if serving=realtime`
    """
    from config.environment import load_environment
    from infra.cost.estimate import estimate
    from infra.cost.prices import latest_prices
    from infra.cost.usage import load_scenario
    from infra.cost.what_if import changed
    from infra.templates import read, synthesised

    usage, table, chosen = load_scenario(scenario), latest_prices(), load_environment(environment)
    thought = changed(chosen, what_if or [])
    there = synthesised(chosen) if templates is None else read(templates, chosen)
    before = estimate(chosen, there, usage, table)
    result = estimate(thought, synthesised(thought), usage, table) if what_if else before
    if as_json:
        print_json(_json(result, before.usd, usage))
    else:
        print_table(_table(result))
        print_table(facts_table("", _facts(result, before.usd, usage)))
        for one in result.unpriced:
            typer.secho("no price: ", fg="red", nl=False, err=True)
            typer.echo(f"{one.what}: {one.why}", err=True)
    raise typer.Exit(_INCOMPLETE if result.unpriced else 0)


def _table(result: Estimate) -> Table:
    from rich.table import Table

    title = f"{result.environment} ({result.region}), scenario {result.scenario}: US dollars a month"
    table = Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0))
    for name, justify in (("", "left"), ("what", "left"), ("quantity", "right"), ("unit", "left")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]  # literals, which the loop widens
    table.add_column("each", justify="right")
    table.add_column("a month", justify="right")
    for line in result.lines:
        doubt = "~" if line.reckoned else ""
        table.add_row(
            "idle" if line.idle else "use",
            f"{line.what} ({line.item})",
            f"{line.quantity:,.3g}" if line.quantity < _WHOLE else f"{line.quantity:,.0f}",
            line.unit,
            f"{doubt}{line.unit_usd:.4g}",
            f"{line.usd:,.2f}",
        )
    return table


def _facts(result: Estimate, before_usd: float, usage: Scenario) -> list[tuple[str, str]]:
    least = "at least " if result.unpriced else ""
    facts = [
        ("idle", f"{least}${result.idle_usd:,.2f}: a month in which nothing happens"),
        ("total", f"{least}${result.usd:,.2f}"),
    ]
    if result.usd != before_usd:
        facts.append(("as configured", f"${before_usd:,.2f}"))
    share = f"{result.usd / usage.seed_usd:.0%}" if usage.seed_usd else "-"
    facts.append(("the seed's figure", f"${usage.seed_usd:,.0f}; this is {least}{share} of it"))
    facts += [
        ("prices", f"AWS's list of {result.as_of}, on demand, without tax; ~ reckoned, see infra/cost/")
    ]
    facts += [("scenario", usage.description)]
    assumed = usage.model_dump(exclude={"scenario", "description", "seed_usd"})
    return [*facts, ("assumes", ", ".join(f"{name} {_said(value)}" for name, value in assumed.items()))]


def _said(value: object) -> str:
    if isinstance(value, dict):
        return "(" + ", ".join(f"{name} {one:g}" for name, one in value.items()) + ")"
    return f"{value:g}"


def _json(result: Estimate, before_usd: float, usage: Scenario) -> bytes:
    content = {
        **asdict(result),
        "idle_usd": result.idle_usd,
        "usd": result.usd,
        "as_configured_usd": before_usd,
        "seed_usd": usage.seed_usd,
        "assumptions": usage.model_dump(),
    }
    return json.dumps(content, indent=2).encode()
