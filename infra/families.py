"""An environment as each family has it: a family may say its own instances and its own way of serving."""

from __future__ import annotations

from config.environment import Environment
from config.tasks import load_family


def by_family(environment: Environment) -> dict[str, Environment]:
    """Return what holds for each family's jobs and its endpoint, by the family's name.

    Raises:
        ConfigError: there is no such family, or its file is wrong.
    """
    return {name: environment.for_family(load_family(name)) for name in environment.families}
