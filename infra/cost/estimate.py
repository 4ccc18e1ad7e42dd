"""The month's bill, line by line: what stands there, what is used, and what no price is known for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from config.environment import Environment
from infra.cost.prices import PriceTable
from infra.cost.standing import Unpriced, standing
from infra.cost.usage import Scenario, Use, uses
from infra.templates import Template, resources


@dataclass(frozen=True, slots=True)
class Line:
    """One line; `reckoned` says how its price came about where no page of AWS's was asked."""

    what: str
    service: str
    item: str
    quantity: float
    unit: str
    unit_usd: float
    usd: float
    idle: bool
    source: str
    reckoned: str | None


@dataclass(frozen=True, slots=True)
class Estimate:
    """The dearest lines first; without `unpriced` the total is whole."""

    environment: str
    region: str
    scenario: str
    as_of: str
    lines: tuple[Line, ...]
    unpriced: tuple[Unpriced, ...]

    @property
    def idle_usd(self) -> float:
        """Return what a month costs in which nothing happens."""
        return sum(line.usd for line in self.lines if line.idle)

    @property
    def usd(self) -> float:
        """Return what a month of the scenario costs."""
        return sum(line.usd for line in self.lines)


def estimate(
    environment: Environment, templates: Mapping[str, Template], scenario: Scenario, table: PriceTable
) -> Estimate:
    """Return what `scenario` costs a month in `environment`, whose stacks are `templates`."""
    stands, unknown = standing(list(resources(templates)))
    lines, missing = _priced([*stands, *uses(environment, scenario)], table, environment.region)
    return Estimate(
        environment=environment.environment,
        region=environment.region,
        scenario=scenario.scenario,
        as_of=table.as_of,
        lines=tuple(sorted(lines, key=lambda line: (not line.idle, -line.usd, line.what))),
        unpriced=(*unknown, *missing),
    )


def _priced(found: Sequence[Use], table: PriceTable, region: str) -> tuple[list[Line], list[Unpriced]]:
    by_item = {price.item: (service, price) for service, price in table.each()}
    lines: list[Line] = []
    missing: list[Unpriced] = []
    for use in found:
        needed = [item for item in (use.item, use.share) if item is not None]
        absent = [item for item in needed if item not in by_item or region not in by_item[item][1].usd]
        if absent:
            why = (
                f"no price of {', '.join(absent)} in {region}: add it to infra/cost/prices-{table.as_of}.yaml"
            )
            missing.append(Unpriced(f"{use.what}: {use.quantity:,.3g} of {use.item}", why))
            continue
        service, price = by_item[use.item]
        share = 1.0 if use.share is None else by_item[use.share][1].usd[region]
        unit_usd = price.usd[region] * share
        how = [by_item[item][1].reckoned.get(region) for item in needed]
        lines.append(
            Line(
                what=use.what,
                service=service.service,
                item=use.item,
                quantity=use.quantity,
                unit=price.unit,
                unit_usd=unit_usd,
                usd=unit_usd * use.quantity,
                idle=use.idle,
                source=service.source,
                reckoned="; ".join(one for one in how if one is not None) or None,
            )
        )
    return lines, missing
