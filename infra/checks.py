"""What an environment's file names must be there: its region in AWS, and its families in this checkout."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

from aws_cdk import region_info

from config.environment import Environment, Pipelines, Serving
from config.errors import ConfigError, Problem, did_you_mean
from config.family import FAMILIES, FamilyResources
from config.tasks import family_names, load_family
from config.yaml_source import line_of
from infra.known import NEWER, OTHER_REGION, lacking, search_types, values_of
from pipelines.place import NO_ACCOUNT, Place

Wrong = tuple[str, Problem]
"""By the key of the file that it is about."""

_ANYBODYS = "aws"
"""What stands for the account in the ARN of a policy that AWS manages."""


def check(environment: Environment, file: Path) -> None:
    """Refuse names of nothing, or of what is elsewhere, before a stack is made of them.

    Raises:
        ConfigError: an unknown region, or one without a service; something of another region, partition or
            account; an unknown type of instance, family or image; a family whose file is wrong.
    """
    asked = (_region, _arns, _pool, _services, _instances, _families)
    for key, problem in chain.from_iterable(ask(environment) for ask in asked):
        raise ConfigError(_at(file, key, problem))


def _at(file: Path, key: str, problem: Problem) -> Problem:
    return problem if problem.file else replace(problem, file=str(file), line=line_of(file, key))


def _region(environment: Environment) -> Iterator[Wrong]:
    region, found = environment.region, f"region is {environment.region!r}"
    regions = [one.name for one in region_info.RegionInfo.regions]
    if region not in regions:
        remedy = did_you_mean(region, regions)
        yield "region", Problem("environment.region", found, "a region that the CDK knows", remedy)
        return
    partition = region_info.RegionInfo.get(region).partition
    if partition != _partition(environment):
        found = f"{found}, of the partition {partition}"
        expected = "a region of the partition aws, aws-cn or aws-us-gov"
        yield "region", Problem("environment.partition", found, expected, "Choose another region.")


def _partition(environment: Environment) -> str:
    return Place(environment, NO_ACCOUNT).partition


def _arns(environment: Environment) -> Iterator[Wrong]:
    """Yield ARNs of what cannot be used from the environment's region and account."""
    said = {
        "kms_key": environment.kms_key,
        "pipelines.tracking": environment.pipelines.tracking,
        "permissions_boundary": environment.permissions_boundary,
        **{f"approvers.{number}": one for number, one in enumerate(environment.approvers)},
    }
    for key, arn in said.items():
        if arn is not None:
            yield from _elsewhere(environment, key, arn)


def _elsewhere(environment: Environment, key: str, arn: str) -> Iterator[Wrong]:
    _, partition, _, region, account, _ = arn.split(":", 5)
    found, ours = f"{key} is {arn!r}", _partition(environment)
    if partition != ours:
        expected = f"an ARN of the partition {ours}, which {environment.region} is in"
        remedy = f"Name one that begins with arn:{ours}:."
        yield key, Problem("environment.arn", found, expected, remedy)
    elif region not in ("", environment.region):  # IAM is of no region
        expected = f"one in {environment.region}, the environment's region"
        yield key, Problem("environment.arn", found, expected, "Name one of this region, or change region.")
    elif (
        environment.account not in (None, account)
        and account != _ANYBODYS
        and not key.startswith("approvers")  # who approves may come from elsewhere
    ):
        expected = f"one of {environment.account}, the environment's account"
        yield key, Problem("environment.arn", found, expected, "Name one of this account, or change account.")


def _pool(environment: Environment) -> Iterator[Wrong]:
    pool, key = environment.labelling.user_pool, "labelling.user_pool"
    if pool is not None and pool.partition("_")[0] != environment.region:
        found = f"{key} is {pool!r}"
        expected = f"a pool in {environment.region}, the environment's region"
        yield key, Problem("environment.pool", found, expected, "Name one of this region, or change region.")


def _services(environment: Environment) -> Iterator[Wrong]:
    missing = lacking(environment)
    if missing:
        found = f"region is {environment.region!r}, which lacks {', '.join(missing)}"
        yield "region", Problem("environment.services", found, "a region that has what is used", OTHER_REGION)


def _instances(environment: Environment) -> Iterator[Wrong]:
    yield from _jobs("pipelines", environment.pipelines)
    yield from _endpoint(environment.serving)
    search = environment.search.instance
    if search is not None:
        yield from _type("search.instance", search, search_types(search.partition(".")[0]))


def _jobs(key: str, said: Pipelines | FamilyResources) -> Iterator[Wrong]:
    for kind, jobs, shape in (
        ("processing", said.processing, "ProcessingInstanceType"),
        ("training", said.training, "TrainingInstanceType"),
    ):
        for number, one in enumerate(() if jobs is None else jobs.instances):
            yield from _type(f"{key}.{kind}.instances.{number}", one, values_of("sagemaker", shape))


def _endpoint(serving: Serving | None) -> Iterator[Wrong]:
    if serving is not None and serving.instance is not None:
        known = values_of("sagemaker", "ProductionVariantInstanceType")
        yield from _type("serving.instance", serving.instance, known)


def _type(key: str, instance: str, known: Sequence[str]) -> Iterator[Wrong]:
    if known and instance not in known:
        found, expected = f"{key} is {instance!r}", "a type of instance that there is for it"
        remedy = f"{did_you_mean(instance, known)} {NEWER}"
        yield key, Problem("environment.instance", found, expected, remedy)


def _families(environment: Environment) -> Iterator[Wrong]:
    """Yield families that there are not, their unknown instances, and pins of images that none runs in."""
    known, needed = family_names(), set()
    for index, name in enumerate(environment.families):
        if name not in known:
            found, expected = f"families.{index} is {name!r}", "a family of config/families/"
            problem = Problem("environment.family", found, expected, did_you_mean(name, known))
            yield f"families.{index}", problem
            continue
        family = load_family(name)
        needed.add(family.training.image)
        own, file = _jobs("resources", family.resources), FAMILIES / f"{name}.yaml"
        for key, problem in chain(own, _endpoint(family.serving)):
            yield key, _at(file, key, problem)
    for image in environment.images:
        if image not in needed:
            found, expected = f"images names {image!r}", "an image that the families run in"
            yield (
                f"images.{image}",
                Problem("environment.image", found, expected, did_you_mean(image, needed)),
            )
