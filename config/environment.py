"""An environment: one AWS account and region that the platform is deployed to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from config.yaml_source import Settings, load_named, names_in

ENVIRONMENTS = Path(__file__).parent / "environments"


class Environment(Settings):
    """One file of `config/environments/`."""

    environment: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,20}$")]
    description: str
    account: Annotated[str, Field(pattern=r"^\d{12}$")] | None = None
    """The AWS account id, quoted; none: the account of the credentials in use."""
    region: Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
    removal: Literal["retain", "destroy"]
    """What becomes of data when a stack is deleted."""
    log_retention_days: Literal[7, 14, 30, 60, 90, 180, 365]
    monthly_budget_usd: Annotated[float, Field(gt=0)]
    tags: dict[str, str] = Field(default_factory=dict)


def load_environment(name: str) -> Environment:
    """Return the environment `name` of `config/environments/`.

    Raises:
        ConfigError: no such environment, or its file is wrong (with file, line, key and the nearest name).
    """
    return load_named(name, ENVIRONMENTS, Environment, "environment")


def environment_names() -> list[str]:
    """Return the names of the environments that `config/environments/` holds."""
    return names_in(ENVIRONMENTS)
