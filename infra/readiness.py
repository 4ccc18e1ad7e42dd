"""What a deployment needs, asked before it: of this machine, and of the account.

Every check of the account takes the boto3 clients that it asks with, and changes nothing.
"""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from config.environment import Environment, Pipelines
from infra.families import by_family
from infra.known import OTHER_REGION, lacking, services_of
from pipelines.place import BucketKind, Place

State = Literal["ok", "warning", "failed"]

_BOOTSTRAP_PARAMETER = "/cdk-bootstrap/hnb659fds/version"
_BOOTSTRAP_VERSION = 6
"""The least that the CDK's own way of deploying accepts."""
_PYTHON = (3, 11)
_NODE = (22, 24)
_FONTS_FOR = {"Thai": ":lang=th", "Devanagari": ":lang=hi", "Latin": "DejaVu Sans"}
_TAKEN, _MISSING = "403", "404"
_SEARCH_ROLE = "AWSServiceRoleForAmazonOpenSearchService"
"""https://docs.aws.amazon.com/opensearch-service/latest/developerguide/slr-aos.html"""


@dataclass(frozen=True, slots=True)
class Check:
    """One answer; `remedy` says what to do where it is not ``ok``."""

    name: str
    state: State
    found: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Quota:
    """One of SageMaker's quotas: of how many instances of a type jobs of a kind, or endpoints, may have."""

    name: str
    preferred: bool
    """The first choice; the others are tried when it has no capacity."""
    least: int = 1


def machine() -> Iterator[Check]:
    """Yield what this machine has and lacks: Python, Node, fonts, a container engine."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info >= _PYTHON:
        yield Check("python", "ok", version)
    else:
        yield Check("python", "failed", version, "Install Python 3.11 or newer.")
    yield _node()
    for script, pattern in _FONTS_FOR.items():
        yield _fonts(script, pattern)
    yield _engine()


def _node() -> Check:
    said = _said("node", "--version")
    if said is None:
        return Check("node", "warning", "not there", "For npx cdk and cost: make setup.")
    if int(said.lstrip("v").split(".")[0]) not in _NODE:
        remedy = (
            "The CDK wants Node 22 or 24, and says so at length; where there is none, make setup brings 24."
        )
        return Check("node", "warning", said, remedy)
    return Check("node", "ok", said)


def _fonts(script: str, pattern: str) -> Check:
    found = _said("fc-list", pattern, "family")
    if not found:
        remedy = "Only for drawing lines: sh scripts/install-system-packages.sh"
        return Check(f"fonts, {script}", "warning", "none", remedy)
    return Check(f"fonts, {script}", "ok", f"{len(found.splitlines())} families")


def _engine() -> Check:
    for name in ("docker", "podman"):
        if _said(name, "info") is not None:
            return Check("container engine", "ok", name)
    remedy = "Only for images: install docker or podman, or build with CodeBuild (docs/deploy.md)."
    return Check("container engine", "warning", "neither docker nor podman works", remedy)


def _said(*command: str) -> str | None:
    """Return what a program prints, or None where it is not there or fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def bootstrap(ssm: Any, place: Place) -> Check:
    """Say whether the CDK can deploy to the account and region."""
    where = f"aws://{place.account}/{place.environment.region}"
    try:
        said = int(ssm.get_parameter(Name=_BOOTSTRAP_PARAMETER)["Parameter"]["Value"])
    except ssm.exceptions.ParameterNotFound:
        return Check("cdk bootstrap", "failed", f"none in {where}", f"Once: npx cdk bootstrap {where}")
    if said < _BOOTSTRAP_VERSION:
        return Check("cdk bootstrap", "failed", f"version {said}", f"Again: npx cdk bootstrap {where}")
    return Check("cdk bootstrap", "ok", f"version {said}")


def quotas_of(environment: Environment) -> list[Quota]:
    """Return the quotas that the environment's instances fall under, by the names that AWS gives them."""
    jobs: dict[str, bool] = {}
    endpoints = Counter[str]()
    for own in by_family(environment).values():
        for name, preferred in _of_jobs(own.pipelines):
            jobs[name] = jobs.get(name, False) or preferred
        if own.serving.instance is not None:
            name = f"{own.serving.instance} for endpoint usage"
            endpoints[name] += max(1, own.serving.min_instances)
    served = [Quota(name, preferred=True, least=least) for name, least in endpoints.items()]
    return [*(Quota(name, preferred) for name, preferred in jobs.items()), *served]


def _of_jobs(pipelines: Pipelines) -> Iterator[tuple[str, bool]]:
    """Yield the names of the quotas that jobs fall under, and whether each is the first choice."""
    processing, training = pipelines.processing, pipelines.training
    kind = "spot training job" if training.spot else "training job"
    for number, one in enumerate(processing.instances):
        yield f"{one} for processing job usage", not number
    for number, one in enumerate(training.instances):
        yield f"{one} for {kind} usage", not number
    if training.keep_warm_s:
        yield f"{training.instances[0]} for training warm pool usage", True


def quotas(client: Any, environment: Environment) -> Iterator[Check]:
    """Yield whether SageMaker lets the account have the instances that the environment names."""
    granted = _granted(client)
    for quota in quotas_of(environment):
        name = f"quota {quota.name}"
        if quota.name not in granted:
            remedy = "Look it up in the console, under Service Quotas, Amazon SageMaker."
            yield Check(name, "warning", "AWS names no such quota", remedy)
            continue
        code, value = granted[quota.name]
        if value >= quota.least:
            yield Check(name, "ok", f"{value:g}")
            continue
        remedy = (
            f"Raise it: aws service-quotas request-service-quota-increase --service-code sagemaker "
            f"--quota-code {code} --desired-value {quota.least} --region {environment.region}"
        )
        state: State = "failed" if quota.preferred else "warning"
        yield Check(name, state, f"{value:g} where {quota.least} is needed", remedy)


def _granted(client: Any) -> dict[str, tuple[str, float]]:
    """Return code and value of every quota of SageMaker by its name: the account's, else AWS's default."""
    found: dict[str, tuple[str, float]] = {}
    for operation in ("list_aws_default_service_quotas", "list_service_quotas"):
        for page in client.get_paginator(operation).paginate(ServiceCode="sagemaker"):
            found |= {one["QuotaName"]: (one["QuotaCode"], float(one["Value"])) for one in page["Quotas"]}
    return found


def approvers(environment: Environment) -> Check:
    """Say whether anybody may approve."""
    if environment.approvers:
        return Check("approvers", "ok", ", ".join(environment.approvers))
    remedy = f"Name them in {environment.file}: approvers: [ARN]."
    return Check("approvers", "warning", "none: nobody may take the approver's role", remedy)


def ground_truth(sagemaker: Any, place: Place) -> Iterator[Check]:
    """Yield, where the environment labels with Ground Truth, whether the account used it before.

    An account has one private workforce: where the stack did not make it, the environment must name its pool.
    """
    labelling = place.environment.labelling
    if labelling.backend != "ground-truth":
        return
    there = sagemaker.list_workforces(MaxResults=1)["Workforces"]
    if not there:
        found = "no workforce; AWS closed Ground Truth to new customers on 2026-07-30"
        remedy = "Say labelling.backend: none, and label with Label Studio or files."
        yield Check("ground truth", "failed", found, remedy)
    elif labelling.user_pool is None and there[0]["WorkforceName"] != place.prefix:
        pool = there[0].get("CognitoConfig", {})
        found = (
            f"the account's one workforce is {there[0]['WorkforceName']}, and the stack would make another"
        )
        remedy = (
            f"Set labelling.user_pool ({pool.get('UserPool', 'see the console')}) and "
            f"labelling.user_pool_client ({pool.get('ClientId', 'see the console')})."
        )
        yield Check("ground truth", "failed", found, remedy)
    else:
        yield Check("ground truth", "ok", f"the account has the workforce {there[0]['WorkforceName']}")


def search_role(iam: Any, environment: Environment) -> Iterator[Check]:
    """Yield whether the account has the role by which a managed search domain enters a network.

    OpenSearch makes it when the console is used; CloudFormation fails without it.
    """
    if environment.search.kind != "managed":
        return
    try:
        iam.get_role(RoleName=_SEARCH_ROLE)
    except iam.exceptions.NoSuchEntityException:
        remedy = "Once: aws iam create-service-linked-role --aws-service-name opensearchservice.amazonaws.com"
        yield Check("search role", "failed", f"no role {_SEARCH_ROLE}", remedy)
    else:
        yield Check("search role", "ok", _SEARCH_ROLE)


def services(environment: Environment) -> Check:
    """Say whether the region has every service, as far as the installed botocore knows regions."""
    missing = lacking(environment)
    if missing:
        return Check("services", "failed", f"{environment.region} lacks {', '.join(missing)}", OTHER_REGION)
    return Check("services", "ok", f"{environment.region} has all {len(services_of(environment))}")


def buckets(s3: Any, cloudformation: Any, place: Place) -> Iterator[Check]:
    """Yield whether every bucket's name is free, or that of a bucket of this deployment."""
    deployed = _has_stack(cloudformation, f"{place.prefix}-storage")
    for kind in get_args(BucketKind):
        name = place.bucket(kind)
        code = _answer(s3, name, place.account)
        if code == _MISSING:
            yield Check(f"bucket {kind}", "ok", "the name is free")
        elif code is not None:
            found = f"{name} is somebody else's, or hidden from these credentials"
            yield Check(f"bucket {kind}", "failed", found, "Choose another name for the environment.")
        elif deployed:
            yield Check(f"bucket {kind}", "ok", "ours")
        else:
            remedy = f"From an earlier deployment: npx cdk import {place.prefix}-storage, or delete it."
            yield Check(f"bucket {kind}", "failed", f"{name} is there, its stack is not", remedy)


def _answer(s3: Any, bucket: str, account: str) -> str | None:
    """Return the code of S3's refusal, or None where the bucket is the account's."""
    try:
        s3.head_bucket(Bucket=bucket, ExpectedBucketOwner=account)
    except s3.exceptions.ClientError as error:
        code = str(error.response["Error"]["Code"])
        return {"NoSuchBucket": _MISSING, "Forbidden": _TAKEN}.get(code, code)
    return None


def _has_stack(cloudformation: Any, name: str) -> bool:
    try:
        stacks = cloudformation.describe_stacks(StackName=name)["Stacks"]
    except cloudformation.exceptions.ClientError as error:
        if "does not exist" in str(error):
            return False
        raise
    return bool(stacks)


def images(ecr: Any, place: Place, wanted: Mapping[str, str]) -> Iterator[Check]:
    """Yield whether ECR has each image (`wanted`: the tag by the image's name) that pipelines run in."""
    for image, tag in wanted.items():
        repository, digest = place.repository(image), place.environment.images.get(image)
        name = f"image {image}"
        remedy = (
            f"After the stack {place.prefix}-images is deployed: glyphline images push --environment "
            f"{place.environment.environment}, or start the build {place.prefix}-image-{image}."
        )
        identity = {"imageTag": tag} if digest is None else {"imageDigest": digest}
        try:
            ecr.describe_images(repositoryName=repository, imageIds=[identity])
        except ecr.exceptions.RepositoryNotFoundException:
            yield Check(name, "warning", f"no repository {repository} yet", remedy)
        except ecr.exceptions.ImageNotFoundException:
            yield Check(name, "warning", f"{repository} has no {digest or tag}", remedy)
        else:
            yield Check(name, "ok", place.pipeline_image_uri(image, tag).rpartition("amazonaws.com/")[2])


def worst(checks: Sequence[Check]) -> State:
    """Return the worst state of all."""
    states = {one.state for one in checks}
    return "failed" if "failed" in states else "warning" if "warning" in states else "ok"
