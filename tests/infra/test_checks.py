"""What is refused before anything is synthesised: one sentence with the file, no traceback, exit code 2."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from botocore.session import Session
from families import Families

from config.environment import ENVIRONMENTS, Search, load_environment
from config.errors import ConfigError
from infra.checks import check
from infra.known import regions_of, services_of

FILE = ENVIRONMENTS / "dev.yaml"


def _text() -> str:
    """Return what `FILE` says, without the comments above it: lines are counted from what is said first."""
    lines = FILE.read_text(encoding="utf-8").splitlines(keepends=True)
    return "".join(one for one in lines if not one.startswith("#"))


def _refused(tmp_path: Path, old: str, new: str) -> str:
    text = _text()
    assert old in text
    path = tmp_path / "dev.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        check(load_environment(str(path)), path)
    return str(caught.value).removeprefix(f"{path}:")


def test_what_the_repository_holds_is_there() -> None:
    for name in ("dev", "prod"):
        check(load_environment(name), FILE)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "eu-central-1",
            "eu-centrall-1",
            "3: region is 'eu-centrall-1'; expected a region that the CDK knows. "
            "Did you mean 'eu-central-1'?",
        ),
        (
            "eu-central-1",
            "us-iso-east-1",
            "3: region is 'us-iso-east-1', of the partition aws-iso; expected a region of the partition aws, "
            "aws-cn or aws-us-gov. Choose another region.",
        ),
        (
            "receipt-rec, thai-rec",
            "thai-rek",
            "7: families.1 is 'thai-rek'; expected a family of config/families/. Did you mean 'thai-rec'?",
        ),
        (
            "tags:",
            f"images: {{padle: 'sha256:{0:064x}'}}\ntags:",
            "17: images names 'padle'; expected an image that the families run in. Did you mean 'paddle'?",
        ),
        (
            "ml.c5.2xlarge",
            "ml.c55.2xlarge",
            "13: pipelines.training.instances.0 is 'ml.c55.2xlarge'; expected a type of instance that there "
            "is for it. Did you mean 'ml.c5.2xlarge'? What is newer needs a newer boto3.",
        ),
        (
            "ml.m5.xlarge",
            "ml.c99.mega",
            "10: pipelines.processing.instances.0 is 'ml.c99.mega'; expected a type of instance that there "
            "is for it. The closest are ml.",
        ),
        (
            "tags:",
            "serving: {kind: async, instance: ml.c5.larg}\ntags:",
            "17: serving.instance is 'ml.c5.larg'; ",
        ),
        (
            "tags:",
            "make_network: true\nsearch: {kind: managed, instance: t3.smal.search}\ntags:",
            "18: search.instance is 't3.smal.search'; expected a type of instance that there is for it. "
            "Did you mean 't3.small.search'?",
        ),
        (
            "eu-central-1",
            "mx-central-1\nmake_network: true\nsearch: {kind: serverless}",
            "3: region is 'mx-central-1', which lacks opensearchserverless; ",
        ),
    ],
)
def test_what_there_is_not(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert _refused(tmp_path, old, new).startswith(told)


_ELSEWHERE = {
    "partition": "an ARN of the partition aws, which eu-central-1 is in. Name one that begins with arn:aws:.",
    "region": "one in eu-central-1, the environment's region. Name one of this region, or change region.",
    "account": "one of 123456789012, the environment's account. Name one of this account, or change account.",
}


@pytest.mark.parametrize(
    ("key", "said", "wrong"),
    [
        ("kms_key", "arn:aws-cn:kms:eu-central-1:123456789012:key/1", "partition"),
        ("kms_key", "arn:aws:kms:us-east-1:123456789012:key/1", "region"),
        ("kms_key", "arn:aws:kms:eu-central-1:210987654321:key/1", "account"),
        ("tracking", "arn:aws-cn:sagemaker:eu-central-1:123456789012:mlflow-app/a", "partition"),
        ("tracking", "arn:aws:sagemaker:us-east-1:123456789012:mlflow-app/a", "region"),
        ("tracking", "arn:aws:sagemaker:eu-central-1:210987654321:mlflow-app/a", "account"),
        ("permissions_boundary", "arn:aws-us-gov:iam::123456789012:policy/p", "partition"),
        ("permissions_boundary", "arn:aws:iam::210987654321:policy/p", "account"),
        ("approvers", "arn:aws-cn:iam::123456789012:role/r", "partition"),
    ],
)
def test_what_is_elsewhere(tmp_path: Path, key: str, said: str, wrong: str) -> None:
    if key == "tracking":
        old, new, key = "pipelines:", f"pipelines:\n  tracking: {said}", "pipelines.tracking"
    elif key == "approvers":
        old, new, key = "tags:", f"approvers: ['{said}']\ntags:", "approvers.0"
    else:
        old, new = "tags:", f"{key}: {said}\ntags:"
    told = _refused(tmp_path, old, f"account: '123456789012'\n{new}")
    assert told.partition(": ")[2] == f"{key} is {said!r}; expected {_ELSEWHERE[wrong]}"


def test_a_family_that_finds_text_has_a_pipeline_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "dev.yaml"
    path.write_text(_text().replace("[pid-rec,", "[pid-det,"), encoding="utf-8")
    check(load_environment(str(path)), path)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"serving": {"kind": "async", "instance": "ml.g5.xlarg"}}, "serving.instance is 'ml.g5.xlarg'; "),
        (
            {"resources": {"training": {"instances": ["ml.g55.xlarge"], "max_runtime_s": 3600}}},
            "resources.training.instances.0 is 'ml.g55.xlarge'; ",
        ),
    ],
)
def test_what_a_family_says_itself_is_refused_in_its_file(
    families: Families, said: dict[str, Any], told: str
) -> None:
    file = families.say("pid-rec", **said)
    with pytest.raises(ConfigError) as caught:
        check(load_environment("dev"), FILE)
    lines = file.read_text(encoding="utf-8").splitlines()
    (line,) = (number for number, one in enumerate(lines, start=1) if "ml.g5" in one)
    assert str(caught.value).startswith(f"{file}:{line}: {told}")


def test_a_pool_of_another_region(tmp_path: Path) -> None:
    pool = "labelling: {backend: ground-truth, user_pool: us-east-1_a, user_pool_client: b}"
    told = _refused(tmp_path, "tags:", f"{pool}\ntags:")
    assert told.startswith("17: labelling.user_pool is 'us-east-1_a'; expected a pool in eu-central-1, ")


def test_what_may_be_from_elsewhere_is_taken(tmp_path: Path) -> None:
    text = _text() + (
        "account: '123456789012'\n"
        "permissions_boundary: arn:aws:iam::aws:policy/PowerUserAccess\n"
        "approvers: ['arn:aws:iam::210987654321:role/r']\n"
        "kms_key: arn:aws:kms:eu-central-1:123456789012:key/1\n"
        "make_network: true\n"
        "search: {kind: managed, instance: r7g.large.search}\n"
    )
    path = tmp_path / "dev.yaml"
    path.write_text(text, encoding="utf-8")
    check(load_environment(str(path)), path)
    check(load_environment("dev").model_copy(update={"region": "cn-north-1"}), FILE)


def test_every_service_is_known_by_the_name_that_the_table_has() -> None:
    session = Session()
    for kind in ("none", "serverless", "managed"):
        environment = load_environment("dev").model_copy(update={"search": Search.model_construct(kind=kind)})
        for service in services_of(environment):
            assert {"eu-central-1", "us-east-1", "eu-west-1"} <= regions_of(service)
            for partition in ("aws", "aws-cn", "aws-us-gov"):
                assert set(session.get_available_regions(service, partition)) <= regions_of(service)


def test_the_application_says_one_sentence(tmp_path: Path) -> None:
    text = _text().replace("[pid-rec,", "[pid-reck,")
    (tmp_path / "dev.yaml").write_text(text, encoding="utf-8")
    context = {"environment": str(tmp_path / "dev.yaml")}
    told = {"JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20", "CDK_CONTEXT_JSON": json.dumps(context)}
    run = subprocess.run(
        [sys.executable, "app.py"], env=os.environ | told, capture_output=True, text=True, check=False
    )
    assert run.returncode == 2
    assert run.stderr.splitlines() == [
        f"{tmp_path}/dev.yaml:7: families.0 is 'pid-reck'; expected a family of config/families/. "
        "Did you mean 'pid-rec'?"
    ]
