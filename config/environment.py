"""An environment: one AWS account and region that the platform is deployed to."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, field_validator, model_validator

from config.yaml_source import Settings, load_named, names_in, of_form

if TYPE_CHECKING:
    from config.family import Family

ENVIRONMENTS = Path(__file__).parent / "environments"

InstanceType = Annotated[
    str, of_form(r"ml\.[a-z0-9-]+\.[a-z0-9-]+", "an instance type of SageMaker, such as ml.m5.xlarge")
]
SearchInstanceType = Annotated[
    str, of_form(r"[a-z0-9-]+\.[a-z0-9]+\.search", "an instance type of OpenSearch, such as t3.small.search")
]
_DAY_S = 24 * 3600

_ARN = r"arn:aws(-cn|-us-gov)?"
_PATH = r"[\w+=,.@/-]+"
"""Path in an ARN: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""
KeyArn = Annotated[
    str,
    of_form(
        _ARN + r":kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]+",
        "the ARN of a key (not an alias), such as arn:aws:kms:eu-central-1:123456789012:key/1234abcd",
    ),
]
PolicyArn = Annotated[
    str,
    of_form(
        _ARN + r":iam::(\d{12}|aws):policy/" + _PATH,
        "the ARN of a policy, such as arn:aws:iam::123456789012:policy/boundary",
    ),
]
PersonArn = Annotated[
    str,
    of_form(
        _ARN + r":iam::\d{12}:(user|role)/" + _PATH,
        "the ARN of a user or role, such as arn:aws:iam::123456789012:role/approver",
    ),
]
MlflowArn = Annotated[
    str,
    of_form(
        _ARN + r":sagemaker:[a-z0-9-]+:\d{12}:mlflow-(app|tracking-server)/[A-Za-z0-9-]+",
        "the ARN of an MLflow app or server, such as "
        "arn:aws:sagemaker:eu-central-1:123456789012:mlflow-app/app-1",
    ),
]

ImageDigest = Annotated[
    str, of_form(r"sha256:[0-9a-f]{64}", "a digest: sha256: and 64 characters of 0-9 and a-f")
]
SubnetId = Annotated[str, of_form(r"subnet-[0-9a-f]+", "the id of a subnet, such as subnet-0a1b2c3d")]
GroupId = Annotated[str, of_form(r"sg-[0-9a-f]+", "the id of a security group, such as sg-0a1b2c3d")]
VpcId = Annotated[str, of_form(r"vpc-[0-9a-f]+", "the id of a VPC, such as vpc-0a1b2c3d")]
Region = Annotated[str, of_form(r"[a-z]{2}(-[a-z]+)+-\d", "a region, such as eu-central-1")]
PoolId = Annotated[
    str,
    of_form(
        r"[a-z]{2}(-[a-z]+)+-\d_[0-9A-Za-z]+", "the id of a Cognito user pool, such as eu-central-1_AbC123"
    ),
]

_MOST_TAGS, _LONGEST_KEY, _LONGEST_VALUE = 40, 128, 256
"""AWS allows 50 and adds its own: https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html"""
_TAG = re.compile(r"[\w .:/=+@-]*")
_TAG_CHARACTERS = "letters, digits, spaces and _.:/=+-@"
_RESERVED = ("aws:", "glyphline:")


class Jobs(Settings):
    """The instances that jobs of one kind run on.

    Several `instances` are in order of preference: SageMaker takes the first that has capacity
    (``InstancePreferences``).
    """

    instances: Annotated[tuple[InstanceType, ...], Field(min_length=1, max_length=5)]
    volume_gb: Annotated[int, Field(ge=1, le=16_384)] = 30
    max_runtime_s: Annotated[int, Field(ge=60, le=5 * _DAY_S)]

    @field_validator("instances")
    @classmethod
    def _each_type_once(cls, instances: tuple[str, ...]) -> tuple[str, ...]:
        return _once("instance type", instances)


class TrainingJobs(Jobs):
    """The instances that training runs on, and whether to pay for a spot interruption or a warm instance."""

    spot: bool = False
    """At about a third of the price; an interrupted training resumes from its last checkpoint."""
    max_wait_s: Annotated[int, Field(ge=60, le=28 * _DAY_S)] | None = None
    """With `spot`: how long to wait for capacity and run, in total."""
    keep_warm_s: Annotated[int, Field(ge=0, le=3600)] = 0
    """How long the instance is kept, and billed, for the next training (a warm pool)."""

    @model_validator(mode="after")
    def _without_contradiction(self) -> TrainingJobs:
        if self.spot and len(self.instances) > 1:
            raise ValueError("one instance type, or spot: false (spot takes no preferences)")
        if self.spot and self.keep_warm_s:
            raise ValueError("keep_warm_s: 0, or spot: false (a spot instance is not kept)")
        if self.spot != (self.max_wait_s is not None):
            raise ValueError("spot: true and max_wait_s together")
        if self.max_wait_s is not None and self.max_wait_s < self.max_runtime_s:
            raise ValueError("max_wait_s to be at least max_runtime_s")
        return self


class Pipelines(Settings):
    """What the pipelines of all families share."""

    processing: Jobs
    training: TrainingJobs
    cache_days: Annotated[int, Field(ge=1, le=365)] = 30
    """How long the result of a successful step is reused for the same step with the same input."""
    tracking: MlflowArn | None = None
    """ARN of the SageMaker MLflow app or server that runs are logged to."""


class Labels(Settings):
    """When new labels start a run: there are enough of them, or they are old enough."""

    min_new: Annotated[int, Field(ge=1)] = 200
    max_age_hours: Annotated[int, Field(ge=1, le=24 * 14)] = 24


def unused_by(kind: str) -> tuple[str, ...]:
    """Return the keys of `serving` that a kind of endpoint does not use."""
    return ("min_instances", "max_instances") if kind == "serverless" else ("memory_mb", "max_concurrency")


class Serving(Settings):
    """How the approved models of every family are served.

    ``serverless`` and ``async`` cost nothing while idle; ``realtime`` keeps at least `min_instances`.
    """

    kind: Literal["serverless", "async", "realtime"] = "serverless"
    memory_mb: Literal[1024, 2048, 3072, 4096, 5120, 6144] = 3072
    """For a serverless endpoint; its CPU share grows with it."""
    max_concurrency: Annotated[int, Field(ge=1, le=200)] = 5
    """For a serverless endpoint."""
    instance: InstanceType | None = None
    """For the other two kinds."""
    min_instances: Annotated[int, Field(ge=0, le=100)] = 0
    """For the other two kinds, as is `max_instances`."""
    max_instances: Annotated[int, Field(ge=1, le=100)] = 2

    @model_validator(mode="after")
    def _without_contradiction(self) -> Serving:
        if (self.kind == "serverless") != (self.instance is None):
            raise ValueError("an instance if kind is async or realtime, and none if it is serverless")
        if self.kind == "realtime" and self.min_instances == 0:
            raise ValueError("min_instances of at least 1 for realtime (async can scale to 0)")
        if self.min_instances > self.max_instances:
            raise ValueError("min_instances to be at most max_instances")
        for key in unused_by(self.kind):
            if key in self.model_fields_set:
                raise ValueError(f"no {key} if kind is {self.kind}, which does not use it")
        return self


class Search(Settings):
    """The search index for similar drawings; ``serverless`` costs next to nothing while idle."""

    kind: Literal["none", "serverless", "managed"] = "none"
    instance: SearchInstanceType | None = None
    """For a managed domain."""
    nodes: Annotated[int, Field(ge=1, le=80)] = 1
    """For a managed domain; the same number in each of its zones."""

    @model_validator(mode="after")
    def _without_contradiction(self) -> Search:
        if (self.kind == "managed") != (self.instance is not None):
            raise ValueError("an instance if kind is managed, and none otherwise")
        if self.kind != "managed" and "nodes" in self.model_fields_set:
            raise ValueError(f"no nodes if kind is {self.kind}, which does not use them")
        return self


class Labelling(Settings):
    """Who labels. Ground Truth is closed to accounts that did not use it before 2026-07-30."""

    backend: Literal["none", "ground-truth"] = "none"
    user_pool: PoolId | None = None
    """Id of a Cognito user pool to import (an account has one private workforce); none: one is created."""
    user_pool_client: str | None = None
    """Id of the client through which the workforce uses the imported pool."""

    @model_validator(mode="after")
    def _both_or_none(self) -> Labelling:
        if (self.user_pool is None) != (self.user_pool_client is None):
            raise ValueError("user_pool and user_pool_client, both or neither")
        if self.backend == "none" and self.user_pool is not None:
            raise ValueError("backend: ground-truth with a user_pool, which nothing else uses")
        return self


class Network(Settings):
    """The VPC that jobs run in."""

    subnets: Annotated[tuple[SubnetId, ...], Field(min_length=1)]
    security_groups: Annotated[tuple[GroupId, ...], Field(min_length=1)]
    vpc: VpcId | None = None
    """The VPC of the subnets; the resources beside jobs (Studio, search) need it."""

    @field_validator("subnets", "security_groups")
    @classmethod
    def _each_once(cls, ids: tuple[str, ...]) -> tuple[str, ...]:
        return _once("id", ids)


class Environment(Settings):
    """One file of `config/environments/`."""

    environment: Annotated[
        str, of_form(r"[a-z][a-z0-9-]{1,13}", "2 to 14 characters of a-z, 0-9 and -, starting with a letter")
    ]
    description: str
    account: Annotated[str, of_form(r"\d{12}", "12 digits, in quotes")] | None = None
    """The AWS account id, quoted; none: the account of the current credentials."""
    region: Region
    removal: Literal["retain", "destroy"]
    """What happens to the data when a stack is deleted."""
    log_retention_days: Literal[7, 14, 30, 60, 90, 180, 365]
    monthly_budget_usd: Annotated[float, Field(gt=0)]
    families: Annotated[tuple[str, ...], Field(min_length=1)]
    """Families of `config/families/` that have a pipeline, a model package group and an endpoint here."""
    pipelines: Pipelines
    images: dict[str, ImageDigest] = Field(default_factory=dict)
    """Digest of each image that pipelines run, by image name; none: the tag of Glyphline's version."""
    labels: Labels = Labels()
    serving: Serving = Serving()
    search: Search = Search()
    labelling: Labelling = Labelling()
    studio: bool = False
    """Create a SageMaker Studio domain with a profile for scientists, and one for `approvers` if any."""
    track: bool = False
    """Create an MLflow app that runs are logged to."""
    approvers: tuple[PersonArn, ...] = ()
    """ARNs of the users or roles that may assume the approver role; none: nobody can approve here."""
    alarms_to: Annotated[str, of_form(r"[^@\s]+@[^@\s]+", "a mail address")] | None = None
    """Email address for failures, alarms and the budget."""
    permissions_boundary: PolicyArn | None = None
    """ARN of a policy that is the permissions boundary of every role created here."""
    network: Network | None = None
    """None: jobs run in SageMaker's own network, or in the one created by `make_network`."""
    make_network: bool = False
    """Create a VPC without internet access and run jobs in it; its endpoints are billed by the hour."""
    kms_key: KeyArn | None = None
    """ARN of the key for job outputs and volumes; none: AWS managed keys."""
    tags: dict[str, str] = Field(default_factory=dict)

    @field_validator("families")
    @classmethod
    def _each_family_once(cls, families: tuple[str, ...]) -> tuple[str, ...]:
        return _once("family", families)

    @field_validator("tags")
    @classmethod
    def _tags_that_aws_takes(cls, tags: dict[str, str]) -> dict[str, str]:
        if len(tags) > _MOST_TAGS:
            raise ValueError(f"at most {_MOST_TAGS} tags")
        for key, value in tags.items():
            if not 1 <= len(key) <= _LONGEST_KEY or key.lower().startswith(_RESERVED):
                begin = " or ".join(map(repr, _RESERVED))
                raise ValueError(f"keys of 1 to {_LONGEST_KEY} characters that do not start with {begin}")
            if len(value) > _LONGEST_VALUE:
                raise ValueError(f"a value of at most {_LONGEST_VALUE} characters for {key!r}")
            for text in (key, value):
                if _TAG.fullmatch(text) is None:
                    raise ValueError(f"only {_TAG_CHARACTERS}, not {text!r}")
        return tags

    @model_validator(mode="after")
    def _one_network(self) -> Environment:
        if self.make_network and self.network is not None:
            raise ValueError("make_network: true or an existing network, not both")
        return self

    @model_validator(mode="after")
    def _one_tracking(self) -> Environment:
        if self.track and self.pipelines.tracking is not None:
            raise ValueError("track: true, which creates an MLflow app, or pipelines.tracking, not both")
        return self

    @property
    def file(self) -> str:
        """The file that holds these settings, as messages name it."""
        return f"config/environments/{self.environment}.yaml"

    def for_family(self, family: Family) -> Environment:
        """Return this environment with the resources and serving that `family` overrides."""
        own = {kind: jobs for kind, jobs in family.resources if jobs is not None}
        pipelines = self.pipelines.model_copy(update=own)
        return self.model_copy(update={"pipelines": pipelines, "serving": family.serving or self.serving})


def _once(what: str, items: tuple[str, ...]) -> tuple[str, ...]:
    """Return `items`, or refuse duplicates."""
    if len(set(items)) < len(items):
        raise ValueError(f"each {what} once")
    return items


def load_environment(name: str) -> Environment:
    """Return the environment `name` of `config/environments/`.

    Raises:
        ConfigError: no such environment, or its file is wrong (with file, line, key and the nearest name).
    """
    return load_named(name, ENVIRONMENTS, Environment, "environment")


def environment_names() -> list[str]:
    """Return the names of the environments that `config/environments/` holds."""
    return names_in(ENVIRONMENTS)
