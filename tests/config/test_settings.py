"""Families and environments: typed, and refused with file, line, key and the nearest valid name."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.environment import ENVIRONMENTS, Environment, environment_names, load_environment
from config.errors import ConfigError
from config.family import (
    FAMILIES,
    DetectionFamily,
    Family,
    Recognition,
    family_names,
    load_any_family,
    load_family,
)

GOOD = (FAMILIES / "thai-rec.yaml").read_text(encoding="utf-8")


def refused(tmp_path: Path, text: str) -> str:
    path = tmp_path / "thai-rec.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_any_family(path)
    assert str(caught.value).startswith(str(path))
    return str(caught.value).removeprefix(str(path))


def test_what_the_repository_holds_is_valid() -> None:
    assert {"thai-rec", "pid-rec", "receipt-rec", "pid-det"} <= set(family_names())
    assert [load_any_family(name).family for name in family_names()] == family_names()
    assert [load_environment(name).environment for name in environment_names()] == ["dev", "prod"]


def test_an_unknown_family_gets_the_nearest_name() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'thai-rec'"):
        load_family("tahi-rec")


def test_a_family_that_finds_text_is_not_one_that_reads_it() -> None:
    assert isinstance(load_any_family("pid-det"), DetectionFamily)
    assert isinstance(load_any_family("pid-rec"), Family)
    known = "Use one of: pid-demo, pid-rec, receipt-rec"
    with pytest.raises(ConfigError, match=rf"whose task is detection; .*{known}"):
        load_family("pid-det")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("tile_px: 320", "tile_px: 300", ":5: detection.tile_px is 300; expected a multiple of 32"),
        ("overlap_px: 64", "overlap_px: 161", "overlap_px 161 to be at most half of tile_px 320"),
        ("overlap_px: 64", "overlap: 64", ":6: unknown key 'detection.overlap'"),
        ("task: detection", "task: detecting", "Did you mean 'detection'?"),
    ],
)
def test_a_bad_value_of_a_detector(tmp_path: Path, old: str, new: str, told: str) -> None:
    good = (FAMILIES / "pid-det.yaml").read_text(encoding="utf-8")
    assert told in refused(tmp_path, good.replace(old, new, 1))


def test_an_unknown_key(tmp_path: Path) -> None:
    message = refused(tmp_path, GOOD.replace("height_px", "hight_px"))
    assert message.startswith(":5: unknown key 'recognition.hight_px'")
    assert "Did you mean 'height_px'?" in message


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("width_px: 48", "width_px: wide", ":6: recognition.width_px is 'wide'"),
        ("resize: stretch", "resize: strech", "Did you mean 'stretch'?"),
        ("task: recognition", "", "the key 'task' is missing"),
        (
            "  height_px: 32",
            "  height_px: 32\n  height_px: 48",
            ":6: the key 'recognition.height_px' stands twice",
        ),
        ("recognition:", "recognition: [", "not YAML"),
        ("step_px: 4", "step_px: 64", "at most 32"),
    ],
)
def test_a_bad_value(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert told in refused(tmp_path, GOOD.replace(old, new, 1)).replace("less than or equal to", "at most")


def test_a_name_that_is_not_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.family.FAMILIES", tmp_path)
    (tmp_path / "other.yaml").write_text(GOOD, encoding="utf-8")
    with pytest.raises(ConfigError, match="family is 'thai-rec'; expected 'other'"):
        load_family("other")


@pytest.mark.parametrize(
    ("resize", "width", "size", "steps"),
    [
        ("stretch", 48, (300, 32), 12),
        ("pad", 100, (20, 32), 25),
        ("keep-ratio", 640, (100, 32), 25),
        ("keep-ratio", 640, (50, 16), 25),
        ("keep-ratio", 640, (5000, 32), 160),
        ("keep-ratio", 640, (1, 500), 1),
    ],
)
def test_time_steps(resize: str, width: int, size: tuple[int, int], steps: int) -> None:
    spec = {"height_px": 32, "width_px": width, "resize": resize, "step_px": 4, "max_text_length": 9}
    assert Recognition.model_validate(spec).time_steps(*size) == steps


@pytest.mark.parametrize(
    ("added", "told"),
    [
        ("kms_key: 'arn:aws:kms:'", "kms_key is 'arn:aws:kms:'"),
        ("kms_key: arn:aws:kms:eu-central-1:123456789012:alias/mine", "kms_key is"),
        ("permissions_boundary: arn:aws:iam::123456789012:role/mine", "permissions_boundary is"),
        ("approvers: ['arn:aws:iam::123456789012:']", "approvers.0 is"),
        ("tags: {aws:team: ocr}", "expected keys of 1 to 128 characters that do not begin with 'aws:'"),
        ("tags: {'glyphline:family': x}", "do not begin with 'aws:' or 'glyphline:'. Change"),
        ("tags: {'te#m': x}", "17: what tags says does not fit; expected letters, digits, spaces and"),
        ("tags: {team: 'a\u0e35'}", "spaces and _.:/=+-@ only, unlike 'a\u0e35'"),
        ("tags: {team: 5}", "17: tags.team is 5; expected text. Quote it: "),
        (
            "account: 123456789012",
            "17: account is 123456789012; expected text. Quote it: without quotes YAML does not",
        ),
        ("alarms_to: me", "17: alarms_to is 'me'; expected a mail address. Change the value."),
        ("network: {subnets: [subnet-1, subnet-1], security_groups: [sg-1]}", "expected each id once"),
        ("network: {subnets: [subnet-1], security_groups: [sg-1, sg-1]}", "expected each id once"),
        (
            "network: {subnets: [subnet-x], security_groups: [sg-1]}",
            "network.subnets.0 is 'subnet-x'; expected the id of a subnet, such as",
        ),
        (
            "labelling: {user_pool: eu-central-1_a, user_pool_client: b}",
            "expected backend: ground-truth where",
        ),
        (
            "labelling: {backend: ground-truth, user_pool: a, user_pool_client: b}",
            "labelling.user_pool is 'a'; expected the id of a Cognito user pool, such as",
        ),
        (
            "serving: {min_instances: 0}",
            "17: what serving says does not fit; expected no min_instances where",
        ),
        ("serving: {max_instances: 2}", "expected no max_instances where kind is serverless"),
        (
            "serving: {kind: async, instance: ml.c5.large, memory_mb: 3072}",
            "expected no memory_mb where kind is",
        ),
        (
            "serving: {kind: async, instance: ml.c5.large, max_concurrency: 5}",
            "no max_concurrency where kind is",
        ),
        ("search: {nodes: 1}", "expected no nodes where kind is none"),
        ("make_network: true\nsearch: {kind: serverless, nodes: 2}", "no nodes where kind is serverless"),
        (
            "make_network: true\nnetwork: {subnets: [subnet-1], security_groups: [sg-1]}",
            "dev.yaml: what the file says does not fit; expected make_network: true or a network",
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
        ("[pid-rec, receipt-rec,", "[pid-rec, pid-rec,", ":7: families is"),
        ("  processing:", "  tracking: https://mlflow.example\n  processing:", ":9: pipelines.tracking is"),
        (
            "pipelines:",
            "track: true\npipelines:\n  tracking: arn:aws:sagemaker:eu-central-1:123456789012:mlflow-app/a",
            "dev.yaml: what the file says does not fit; expected track: true, ",
        ),
        ("[pid-rec, receipt-rec, thai-rec]", "[]", ":7: families is []; expected at least 1 item. Change"),
        ("[pid-rec, receipt-rec, thai-rec]", "pid-rec", ":7: families is 'pid-rec'; expected a list. Change"),
        (
            "eu-central-1",
            "Frankfurt",
            ":3: region is 'Frankfurt'; expected a region, such as eu-central-1. Change the value.",
        ),
        ("eu-central-1", "eu-central-1a", ":3: region is 'eu-central-1a'; expected a region, such as"),
        (
            "[ml.m5.xlarge]",
            "[ml.m5.xlarge, ml.m5.xlarge]",
            "expected each instance type once. Change the value.",
        ),
        ("eu-central-1", "", ":3: region is empty; expected text. Change the value."),
        ("7200", "soon", "max_runtime_s is 'soon'; expected a valid integer. Change"),
        ("spot: true", "spot: perhaps", "spot is 'perhaps'; expected true or false. Change"),
        (
            "    max_wait_s: 86400\n",
            "",
            ":12: what pipelines.training says does not fit; expected spot: true",
        ),
        (
            "[ml.m5.xlarge]",
            "[m5.xlarge]",
            ":10: pipelines.processing.instances.0 is 'm5.xlarge'; expected an instance type of SageMaker",
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
