"""How much an environment is used in a month: a scenario, and what it uses of what is priced."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from pydantic import Field

from config.environment import Environment, Pipelines, Serving
from config.yaml_source import Settings, load_named, names_in
from infra.cost.prices import HOURS_PER_MONTH
from infra.families import by_family

SCENARIOS = Path(__file__).parent / "scenarios"

Amount = Annotated[float, Field(ge=0)]
_DAYS = HOURS_PER_MONTH / 24
_PROCESSING = ("examine", "prepare", "evaluate")
_KEYS_A_FILE = 0.01
"""With bucket keys: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html"""
_FILES_A_LABEL = 3
"""Written as an image, moved into a snapshot, and read by a training."""
_EVENTS_A_RUN = 20
_FUNCTION_S = 1.0
_IMAGES_KEPT = 3
_IMAGE_GB = 0.7
"""Compressed; the image of Paddle is 1.8 GB unpacked (docs/images.md)."""
_SEARCH_OCU, _INDEX_OCU = 2, 1
"""Workers that wake: https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-scale-to-zero.html"""
_DRAWINGS_AN_INDEX_HOUR = 1000
_GB_A_THOUSAND_DRAWINGS = 0.1
_BUILD_MINUTES = 10
_STUDIO_INSTANCE = "ml.t3.medium"


class Minutes(Settings):
    """How long the jobs of one run work, in minutes."""

    examine: Amount
    prepare: Amount
    train: Amount
    evaluate: Amount


class Scenario(Settings):
    """One file of `infra/cost/scenarios/`: a month, over all families, which have equal parts of it."""

    scenario: str
    description: str
    seed_usd: Amount
    """What the project that this one replaces was reckoned to cost a month."""
    labels_per_month: Amount
    retrains_per_month: Amount
    minutes: Minutes
    startup_minutes: Amount
    """Of every job, paid beside its work: the instance fetches the image and the data."""
    requests_per_day: Amount
    request_ms: Amount
    """As a serverless endpoint bills it."""
    request_kb: Amount
    drawings_indexed_per_month: Amount
    search_hours_per_month: Amount
    """In which somebody searches; ten quiet minutes end such an hour."""
    stored_gb: Amount
    logs_gb: Amount
    image_builds_per_month: Amount
    studio_hours_per_month: Amount


@dataclass(frozen=True, slots=True)
class Use:
    """`quantity` units of `item` in a month; `idle`: also when nobody does anything."""

    what: str
    item: str
    quantity: float
    idle: bool = False
    share: str | None = None
    """An item of the table that the price is multiplied by."""


def load_scenario(name: str) -> Scenario:
    """Return a scenario by its name.

    Raises:
        ConfigError: no such scenario, or its file is wrong.
    """
    return load_named(name, SCENARIOS, Scenario, "scenario")


def scenario_names() -> list[str]:
    """Return the names of the scenarios there are."""
    return names_in(SCENARIOS)


def uses(environment: Environment, scenario: Scenario) -> Iterator[Use]:
    """Yield what a month of `scenario` uses in `environment`, beside what stands there anyway."""
    families = by_family(environment).values()
    yield from summed(one for own in families for one in _of_a_family(own, scenario, 1 / len(families)))
    yield from _data(scenario)
    yield from _events(scenario)
    yield from _search(environment, scenario)
    if environment.labelling.backend == "ground-truth":
        yield Use("labels by Ground Truth", "sagemaker.ground-truth", scenario.labels_per_month)
    if environment.studio:
        yield Use("Studio notebooks", _STUDIO_INSTANCE, scenario.studio_hours_per_month)


def summed(found: Iterable[Use]) -> Iterator[Use]:
    """Yield `found`, with what is the same put into one line."""
    total: dict[Use, float] = {}
    for one in found:
        key = replace(one, quantity=0)
        total[key] = total.get(key, 0) + one.quantity
    return (replace(key, quantity=quantity) for key, quantity in total.items())


def _of_a_family(own: Environment, scenario: Scenario, part: float) -> Iterator[Use]:
    """Yield what a family uses that has a `part` of all runs and requests; `own` holds for it."""
    yield from _jobs(own.pipelines, scenario, part * scenario.retrains_per_month)
    yield from _answers(own.serving, scenario, part * scenario.requests_per_day * _DAYS)


def _jobs(pipelines: Pipelines, scenario: Scenario, runs: float) -> Iterator[Use]:
    worked = sum(getattr(scenario.minutes, name) for name in _PROCESSING)
    processing_h = runs * (worked + len(_PROCESSING) * scenario.startup_minutes) / 60
    training_h = runs * (scenario.minutes.train + scenario.startup_minutes) / 60
    training = pipelines.training
    yield Use("processing jobs", pipelines.processing.instances[0], processing_h)
    yield Use(
        "training on spot" if training.spot else "training",
        training.instances[0],
        training_h,
        share="sagemaker.spot" if training.spot else None,
    )
    if training.keep_warm_s:
        yield Use("warm pool of training", training.instances[0], runs * training.keep_warm_s / 3600)
    disks = processing_h * pipelines.processing.volume_gb + training_h * training.volume_gb
    yield Use("disks of jobs", "sagemaker.volume", disks / HOURS_PER_MONTH)


def _answers(serving: Serving, scenario: Scenario, requests: float) -> Iterator[Use]:
    seconds = requests * scenario.request_ms / 1000
    if serving.kind == "serverless":
        gb = serving.memory_mb / 1024
        yield Use("answers, serverless", "sagemaker.serverless", seconds * gb)
    else:
        assert serving.instance is not None
        standing_h = serving.min_instances * HOURS_PER_MONTH
        if standing_h:
            yield Use("endpoints' least instances", serving.instance, standing_h, idle=True)
        else:
            yield Use("answers, async", serving.instance, _DAYS * _awake_h(scenario))
    yield Use("requests' data", "sagemaker.endpoint-data", requests * scenario.request_kb / 1024**2)


def _awake_h(scenario: Scenario) -> float:
    """Return for how many hours a day an endpoint that scales to zero is up: in office hours at most."""
    return min(8.0, scenario.requests_per_day / 10)


def _data(scenario: Scenario) -> Iterator[Use]:
    files = scenario.labels_per_month * _FILES_A_LABEL
    read = scenario.labels_per_month * max(1.0, scenario.retrains_per_month)
    yield Use("data in S3", "s3.storage", scenario.stored_gb, idle=True)
    yield Use("images in ECR", "ecr.storage", _IMAGES_KEPT * _IMAGE_GB, idle=True)
    yield Use("files written", "s3.put", files / 1000)
    yield Use("files read", "s3.get", read / 1000)
    yield Use("files' keys", "kms.requests", (files + read) * _KEYS_A_FILE / 1e6)
    yield Use("images built", "codebuild.general1.medium", scenario.image_builds_per_month * _BUILD_MINUTES)


def _events(scenario: Scenario) -> Iterator[Use]:
    handled = scenario.retrains_per_month * _EVENTS_A_RUN + scenario.labels_per_month
    yield Use("events handled", "lambda.requests", handled / 1e6)
    yield Use("functions' time", "lambda.arm", handled * _FUNCTION_S * 0.25)
    yield Use("events queued", "sqs.requests", handled * 3 / 1e6)
    yield Use("decisions written", "dynamodb.writes", handled / 1e6)
    yield Use("messages to people", "sns.requests", scenario.retrains_per_month / 1e6)
    yield Use("logs", "cloudwatch.logs", scenario.logs_gb)


def _search(environment: Environment, scenario: Scenario) -> Iterator[Use]:
    if environment.search.kind == "none":
        return
    gb = scenario.drawings_indexed_per_month * 12 / 1000 * _GB_A_THOUSAND_DRAWINGS  # of a year
    if environment.search.kind == "managed":
        return  # paid by the hour: see infra/cost/standing.py
    index_h = scenario.drawings_indexed_per_month / _DRAWINGS_AN_INDEX_HOUR
    awake = scenario.search_hours_per_month * _SEARCH_OCU + index_h * _INDEX_OCU
    yield Use("search, while awake", "opensearch.ocu", awake)
    yield Use("index of drawings", "opensearch.serverless-storage", gb, idle=True)
