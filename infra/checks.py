"""What an environment's file names must be there: its region in AWS, and its families in this checkout."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import region_info

from config.environment import Environment
from config.errors import ConfigError, Problem, did_you_mean
from config.family import Family, family_names, load_any_family


def check(environment: Environment, file: Path) -> None:
    """Refuse names of nothing, before a stack is made of them.

    Raises:
        ConfigError: an unknown region, family or image, a family that has no pipeline, or one whose file is
            wrong.
    """
    regions = [one.name for one in region_info.RegionInfo.regions]
    if environment.region not in regions:
        remedy = did_you_mean(environment.region, regions)
        found = f"region is {environment.region!r}"
        raise ConfigError(
            Problem("environment.region", found, "a region that the CDK knows", remedy, str(file))
        )
    needed = {
        _checked(name, f"families.{index} is {name!r}", file).training.image
        for index, name in enumerate(environment.families)
    }
    for image in environment.images:
        if image not in needed:
            found, expected = f"images names {image!r}", "an image that the families run in"
            remedy = did_you_mean(image, needed)
            raise ConfigError(Problem("environment.image", found, expected, remedy, str(file)))


def _checked(name: str, found: str, file: Path) -> Family:
    known = family_names()
    if name not in known:
        expected, remedy = "a family of config/families/", did_you_mean(name, known)
        raise ConfigError(Problem("environment.family", found, expected, remedy, str(file)))
    family = load_any_family(name)
    if not isinstance(family, Family):
        found, expected = f"{found}, whose task is {family.task}", "one whose task is recognition"
        remedy = "Leave it out: only families that read text have a pipeline."
        raise ConfigError(Problem("environment.task", found, expected, remedy, str(file)))
    return family
