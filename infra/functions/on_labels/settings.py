"""What the function is told by its environment variables; the stack `pipelines` writes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from .decision import Rules


@dataclass(frozen=True, slots=True)
class Settings:
    """`families` are by the name of their pipeline, which is also that of their model package group.

    `rules` are by the family: some count pages, others lines.
    """

    table: str
    bucket: str
    families: Mapping[str, str]
    rules: Mapping[str, Rules]

    @classmethod
    def of(cls, variables: Mapping[str, str]) -> Settings:
        """Return what `variables` say; one that is missing is a KeyError, when the function loads."""
        return cls(
            table=variables["TABLE"],
            bucket=variables["SNAPSHOTS_BUCKET"],
            families=json.loads(variables["FAMILIES"]),
            rules={
                family: Rules(
                    unit=unit,
                    min_new=int(variables["MIN_NEW"]),
                    max_age=timedelta(hours=int(variables["MAX_AGE_HOURS"])),
                    nothing_uri=variables["NOTHING_URI"],
                )
                for family, unit in json.loads(variables["UNITS"]).items()
            },
        )
