"""The dated price table: what AWS asks for one unit of something in a region, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from config.yaml_source import Settings, load_model

HOURS_PER_MONTH = 730
"""AWS's own convention."""

_FOLDER = Path(__file__).parent


class Price(Settings):
    """What one `unit` of `item` costs, by region; `reckoned` says where, and how, it was worked out."""

    item: str
    unit: str
    usd: Annotated[dict[str, Annotated[float, Field(gt=0)]], Field(min_length=1)]
    reckoned: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _reckoned_has_a_price(self) -> Price:
        if not self.reckoned.keys() <= self.usd.keys():
            raise ValueError("a price in every region that reckoned names")
        return self


class Service(Settings):
    """The prices of one of AWS's pages."""

    service: str
    source: Annotated[str, Field(pattern=r"^https://aws\.amazon\.com/.+/pricing/")]
    prices: Annotated[tuple[Price, ...], Field(min_length=1)]


class PriceTable(Settings):
    """A file `prices-YYYY-MM.yaml`: list prices, on demand, US dollars, without tax or free tier."""

    as_of: Annotated[str, Field(pattern=r"^\d{4}-\d{2}$")]
    services: tuple[Service, ...]

    @model_validator(mode="after")
    def _each_item_once(self) -> PriceTable:
        items = [price.item for _, price in self.each()]
        if len(set(items)) < len(items):
            raise ValueError("each item once")
        return self

    def each(self) -> Iterator[tuple[Service, Price]]:
        """Yield every price with the service it belongs to."""
        for service in self.services:
            for price in service.prices:
                yield service, price


def latest_prices() -> PriceTable:
    """Return the newest table.

    Raises:
        ConfigError: the file is wrong.
    """
    return load_model(max(_FOLDER.glob("prices-*.yaml")), PriceTable)
