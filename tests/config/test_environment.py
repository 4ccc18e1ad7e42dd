"""Environments: typed, and refused with file, line, key and what was expected; a family's own words first."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.environment import ENVIRONMENTS, Environment, environment_names, load_environment
from config.errors import ConfigError
from config.tasks import load_family


def test_what_the_repository_holds_is_valid() -> None:
    assert [load_environment(name).environment for name in environment_names()] == ["dev", "prod"]


@pytest.mark.parametrize(
    ("added", "told"),
    [
        ("kms_key: 'arn:aws:kms:'", "kms_key is 'arn:aws:kms:'"),
        ("kms_key: arn:aws:kms:eu-central-1:123456789012:alias/mine", "kms_key is"),
        ("permissions_boundary: arn:aws:iam::123456789012:role/mine", "permissions_boundary is"),
        ("approvers: ['arn:aws:iam::123456789012:']", "approvers.0 is"),
        ("tags: {aws:team: ocr}", "expected keys of 1 to 128 characters that do not start with 'aws:'"),
        ("tags: {'glyphline:family': x}", "do not start with 'aws:' or 'glyphline:'. Change"),
        (
            "tags: {'te#m': x}",
            "18: the keys of tags do not fit together; expected only letters, digits, spaces and",
        ),
        ("tags: {team: 'a\u0e35'}", "spaces and _.:/=+-@, not 'a\u0e35'"),
        ("tags: {team: 5}", "18: tags.team is 5; expected text. Quote it: "),
        (
            "account: 123456789012",
            "18: account is 123456789012; expected text. Quote it: without quotes YAML does not",
        ),
        ("images: {paddle: latest}", "images.paddle is 'latest'; expected a digest: sha256: and"),
        ("alarms_to: me", "18: alarms_to is 'me'; expected a mail address. Change the value."),
        ("network: {subnets: [subnet-1, subnet-1], security_groups: [sg-1]}", "expected each id once"),
        ("network: {subnets: [subnet-1], security_groups: [sg-1, sg-1]}", "expected each id once"),
        (
            "network: {subnets: [subnet-x], security_groups: [sg-1]}",
            "network.subnets.0 is 'subnet-x'; expected the id of a subnet, such as",
        ),
        (
            "labelling: {user_pool: eu-central-1_a, user_pool_client: b}",
            "expected backend: ground-truth with",
        ),
        (
            "labelling: {backend: ground-truth, user_pool: a, user_pool_client: b}",
            "labelling.user_pool is 'a'; expected the id of a Cognito user pool, such as",
        ),
        (
            "serving: {min_instances: 0}",
            "18: the keys of serving do not fit together; expected no min_instances if",
        ),
        ("serving: {max_instances: 2}", "expected no max_instances if kind is serverless"),
        (
            "serving: {kind: async, instance: ml.c5.large, memory_mb: 3072}",
            "expected no memory_mb if kind is",
        ),
        (
            "serving: {kind: async, instance: ml.c5.large, max_concurrency: 5}",
            "no max_concurrency if kind is",
        ),
        ("search: {nodes: 1}", "expected no nodes if kind is none"),
        ("make_network: true\nsearch: {kind: serverless, nodes: 2}", "no nodes if kind is serverless"),
        (
            "make_network: true\nnetwork: {subnets: [subnet-1], security_groups: [sg-1]}",
            "dev.yaml: the keys of the file do not fit together; expected make_network: true or an existing",
        ),
        (f"tags: {{team: {'x' * 257}}}", "expected a value of at most 256 characters for 'team'"),
        (f"tags: {{{', '.join(f't{number}: x' for number in range(41))}}}", "expected at most 40 tags"),
    ],
)
def test_a_bad_value_of_an_environment(tmp_path: Path, added: str, told: str) -> None:
    good = (ENVIRONMENTS / "dev.yaml").read_text(encoding="utf-8").partition("tags:")[0]
    assert told in _refused_environment(tmp_path, f"{good}{added}\n")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("[pid-rec, receipt-rec,", "[pid-rec, pid-rec,", ":8: families is"),
        ("  processing:", "  tracking: https://mlflow.example\n  processing:", ":10: pipelines.tracking is"),
        (
            "pipelines:",
            "track: true\npipelines:\n  tracking: arn:aws:sagemaker:eu-central-1:123456789012:mlflow-app/a",
            "dev.yaml: the keys of the file do not fit together; expected track: true, ",
        ),
        ("[pid-rec, receipt-rec, thai-rec]", "[]", ":8: families is []; expected at least 1 item. Change"),
        ("[pid-rec, receipt-rec, thai-rec]", "pid-rec", ":8: families is 'pid-rec'; expected a list. Change"),
        (
            "eu-central-1",
            "Frankfurt",
            ":4: region is 'Frankfurt'; expected a region, such as eu-central-1. Change the value.",
        ),
        ("eu-central-1", "eu-central-1a", ":4: region is 'eu-central-1a'; expected a region, such as"),
        (
            "[ml.m5.xlarge]",
            "[ml.m5.xlarge, ml.m5.xlarge]",
            "expected each instance type once. Change the value.",
        ),
        ("eu-central-1", "", ":4: region is empty; expected text. Change the value."),
        ("7200", "soon", "max_runtime_s is 'soon'; expected a valid integer. Change"),
        ("spot: true", "spot: perhaps", "spot is 'perhaps'; expected true or false. Change"),
        (
            "    max_wait_s: 86400\n",
            "",
            ":13: the keys of pipelines.training do not fit together; expected spot: true",
        ),
        (
            "[ml.m5.xlarge]",
            "[m5.xlarge]",
            ":11: pipelines.processing.instances.0 is 'm5.xlarge'; expected an instance type of SageMaker",
        ),
    ],
)
def test_a_changed_value_of_an_environment(tmp_path: Path, old: str, new: str, told: str) -> None:
    good = (ENVIRONMENTS / "dev.yaml").read_text(encoding="utf-8")
    assert told in _refused_environment(tmp_path, good.replace(old, new, 1))


def test_tags_of_every_script_are_taken(tmp_path: Path) -> None:
    text = (ENVIRONMENTS / "dev.yaml").read_text(encoding="utf-8")
    path = tmp_path / "dev.yaml"
    path.write_text(text.replace("project: glyphline", "Büro 2/b: a_b.c:d=e+f-g@h"), encoding="utf-8")
    assert load_environment(str(path)).tags == {"Büro 2/b": "a_b.c:d=e+f-g@h"}


def test_arns_of_every_partition_are_taken() -> None:
    said = load_environment("dev").model_dump(exclude_unset=True) | {
        "kms_key": "arn:aws-cn:kms:cn-north-1:123456789012:key/mrk-1234abcd12ab34cd56ef1234567890ab",
        "permissions_boundary": "arn:aws-us-gov:iam::aws:policy/PowerUserAccess",
        "approvers": [
            "arn:aws:iam::123456789012:user/anna@example.org",
            "arn:aws:iam::123456789012:role/a/b",
        ],
    }
    said["pipelines"]["tracking"] = "arn:aws:sagemaker:eu-central-1:123456789012:mlflow-tracking-server/runs"
    assert Environment.model_validate(said).kms_key == said["kms_key"]


def _refused_environment(tmp_path: Path, text: str) -> str:
    path = tmp_path / "dev.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_environment(str(path))
    return str(caught.value)


OWN = """
resources:
  training: {instances: [ml.g5.xlarge], max_runtime_s: 3600}
serving: {kind: async, instance: ml.c5.large}
"""


def test_what_a_family_says_of_its_own_jobs_and_serving_holds(tmp_path: Path) -> None:
    text = Path("config/families/thai-rec.yaml").read_text(encoding="utf-8")
    (tmp_path / "thai-rec.yaml").write_text(text + OWN, encoding="utf-8")
    dev, family = load_environment("dev"), load_family(tmp_path / "thai-rec.yaml")
    own = dev.for_family(family)
    assert own.pipelines.training.instances == ("ml.g5.xlarge",)
    assert (own.pipelines.training.spot, dev.pipelines.training.spot) == (False, True), "a whole block"
    assert own.pipelines.processing == dev.pipelines.processing
    assert (own.serving.kind, own.serving.instance) == ("async", "ml.c5.large")
    assert own.model_copy(update={"pipelines": dev.pipelines, "serving": dev.serving}) == dev
    assert dev.for_family(load_family("thai-rec")) == dev
