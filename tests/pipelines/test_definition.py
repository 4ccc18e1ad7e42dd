"""The definition: the same bytes as the golden file, without AWS or network, accepted by our validator."""

import json
import os
import socket
import subprocess
from pathlib import Path

import pytest

from config.environment import Environment, load_environment
from config.errors import ConfigError
from config.family import load_family
from pipelines.family_pipeline import DefinitionError, pipeline_of
from pipelines.inputs import upload_of
from pipelines.place import Place

GOLDEN = Path(__file__).parent / "golden"
ACCOUNT = "123456789012"


def _place(name: str, **changes: object) -> Place:
    environment = load_environment(name)
    content = {**environment.model_dump(exclude_unset=True), **changes}
    return Place(Environment.model_validate(content), ACCOUNT)


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_the_definition_is_the_golden_file_and_asks_nobody(
    environment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("something wants the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setenv("AWS_PROFILE", "not-there")
    built = pipeline_of(load_family("pid-rec"), _place(environment))
    golden = GOLDEN / f"pid-rec-{environment}.json"
    if os.environ.get("GOLDEN") == "write":
        golden.write_bytes(built.definition)
    assert built.definition.decode() == golden.read_text(encoding="utf-8")


def test_the_command_prints_json_alone() -> None:
    command = [".venv/bin/glyphline", "pipeline", "definition", "--family", "thai-rec"]
    clean = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
    done = subprocess.run(command, capture_output=True, env=clean, check=True, timeout=60)
    assert json.loads(done.stdout)["Version"] == "2020-12-01"
    assert done.stderr.decode().count("\n") == 1, "one note about the account, and no chatter of the SDK"


def test_what_the_environment_says_arrives() -> None:
    network = {"subnets": ["subnet-0a"], "security_groups": ["sg-0b"]}
    key = "arn:aws:kms:eu-central-1:123456789012:key/abc"
    digest = f"sha256:{7:064x}"
    place = _place("dev", network=network, kms_key=key, tags={"team": "ocr"}, images={"paddle": digest})
    document = json.loads(pipeline_of(load_family("pid-rec"), place).definition)
    steps = {step["Name"]: step["Arguments"] for step in document["Steps"]}
    train, prepare = steps["Train"], steps["Prepare"]
    (image,) = (one["DefaultValue"] for one in document["Parameters"] if one["Name"] == "ImageUri")
    assert image.endswith(f".amazonaws.com/glyphline-dev/glyphline-paddle@{digest}")
    assert train["EnableManagedSpotTraining"] is True
    assert train["StoppingCondition"]["MaxWaitTimeInSeconds"] == 86400
    assert train["VpcConfig"] == {"SecurityGroupIds": ["sg-0b"], "Subnets": ["subnet-0a"]}
    assert train["OutputDataConfig"]["KmsKeyId"] == key
    assert train["ResourceConfig"]["VolumeKmsKeyId"] == key
    assert prepare["ProcessingResources"]["ClusterConfig"]["VolumeKmsKeyId"] == key
    assert prepare["ProcessingOutputConfig"]["KmsKeyId"] == key
    assert prepare["NetworkConfig"]["VpcConfig"]["Subnets"] == ["subnet-0a"]
    for arguments in (train, prepare):
        assert {"Key": "team", "Value": "ocr"} in arguments["Tags"]


def test_a_key_is_not_given_to_a_disk_that_takes_none() -> None:
    content = load_environment("dev").model_dump(exclude_unset=True)["pipelines"]
    content["training"]["instances"] = ["ml.g5.xlarge"]
    place = _place("dev", pipelines=content, kms_key="arn:aws:kms:eu-central-1:123456789012:key/abc")
    document = json.loads(pipeline_of(load_family("pid-rec"), place).definition)
    train = next(step for step in document["Steps"] if step["Name"] == "Train")
    assert "VolumeKmsKeyId" not in train["Arguments"]["ResourceConfig"]


def test_a_family_with_another_charset_has_other_files(tmp_path: Path) -> None:
    def family_with(characters: str) -> str:
        (tmp_path / "own.txt").write_text("\n".join(characters) + "\n")
        file = tmp_path / "own.yaml"
        text = (Path("config/families/pid-rec.yaml")).read_text().replace("pid-rec", "own")
        file.write_text(text.replace("max_text_length: 40", "max_text_length: 40\n  charset: own.txt"))
        upload = upload_of(load_family(file), Place(load_environment("dev"), ACCOUNT))
        assert upload.files[f"{upload.family_uri}/charset.txt"].decode().split() == list(characters)
        for uri, data in upload.files.items():
            (tmp_path / "got").mkdir(exist_ok=True)
            (tmp_path / "got" / uri.rpartition("/")[2]).write_bytes(data)
        assert load_family(tmp_path / "got" / "family.yaml").recognition.max_text_length == 40
        return upload.family_uri

    assert family_with("ab") == family_with("ab") != family_with("abc")


def test_a_family_with_another_recipe_has_other_files(tmp_path: Path) -> None:
    text = Path("config/families/pid-rec.yaml").read_text().replace("pid-rec", "own")
    (tmp_path / "own.yaml").write_text(text.replace("recipe: crnn-lite", "recipe: mine.yaml"))
    with pytest.raises(ConfigError, match=r"mine\.yaml: no such file"):
        load_family(tmp_path / "own.yaml")

    def uri_with(content: str) -> str:
        (tmp_path / "mine.yaml").write_text(content)
        upload = upload_of(load_family(tmp_path / "own.yaml"), Place(load_environment("dev"), ACCOUNT))
        assert upload.files[f"{upload.family_uri}/recipe.yaml"].decode() == content
        return upload.family_uri

    assert uri_with("epochs: 3") == uri_with("epochs: 3") != uri_with("epochs: 4")


def test_a_name_that_is_too_long_is_refused_with_all_that_is_wrong() -> None:
    family = load_family("pid-rec").model_copy(update={"family": "x" * 300})
    with pytest.raises(DefinitionError, match="at most 256"):
        pipeline_of(family, _place("dev"))
