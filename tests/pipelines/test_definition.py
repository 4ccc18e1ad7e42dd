"""The definition: the same bytes as the golden file, without AWS or network, accepted by our validator."""

import json
import os
import re
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest

from config.environment import Environment, load_environment
from config.family import Accepts, Family
from config.protocol import DECISION_KEYS, FAMILY_FILE, REGISTERED_KEYS
from config.recipe import RECIPES
from config.tasks import load_family
from config.tasks.recognition import RecognitionFamily
from pipelines.family_pipeline import DefinitionError, pipeline_of
from pipelines.inputs import upload_of
from pipelines.place import Place

GOLDEN = Path(__file__).parent / "golden"
ACCOUNT = "123456789012"


def _place(name: str, **changes: object) -> Place:
    environment = load_environment(name)
    content = {**environment.model_dump(exclude_unset=True), **changes}
    return Place(Environment.model_validate(content), ACCOUNT)


def _steps(family: Family, place: Place) -> dict[str, Any]:
    """Return the arguments of each step, those behind the gate, too."""
    steps = json.loads(pipeline_of(family, place).definition)["Steps"]
    behind = next(step["Arguments"] for step in steps if step["Type"] == "Condition")
    return {step["Name"]: step["Arguments"] for step in [*steps, *behind["IfSteps"], *behind["ElseSteps"]]}


@pytest.mark.parametrize(
    ("name", "environment"), [("pid-rec", "dev"), ("pid-rec", "prod"), ("pid-det", "dev")]
)
def test_the_definition_is_the_golden_file_and_asks_nobody(
    name: str, environment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("something wants the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setenv("AWS_PROFILE", "not-there")
    built = pipeline_of(load_family(name), _place(environment))
    golden = GOLDEN / f"{name}-{environment}.json"
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
    steps = _steps(load_family("pid-rec"), place)
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
    train = _steps(load_family("pid-rec"), place)["Train"]
    assert "VolumeKmsKeyId" not in train["ResourceConfig"]


def test_a_family_has_jobs_of_its_own(tmp_path: Path) -> None:
    own = """
resources:
  processing: {instances: [ml.m5.2xlarge, ml.m5.4xlarge], max_runtime_s: 600}
  training: {instances: [ml.g5.xlarge], volume_gb: 200, max_runtime_s: 3600}
serving: {kind: async, instance: ml.g5.xlarge}
"""
    text = Path("config/families/pid-rec.yaml").read_text()
    (tmp_path / "pid-rec.yaml").write_text(text + own)
    family, place = load_family(tmp_path / "pid-rec.yaml"), _place("dev")
    document = json.loads(pipeline_of(family, place).definition)
    defaults = {one["Name"]: one.get("DefaultValue") for one in document["Parameters"]}
    assert defaults["ProcessingInstance"] == "ml.m5.2xlarge"
    assert defaults["TrainingInstance"] == "ml.g5.xlarge"
    steps = _steps(family, place)
    assert steps["Prepare"]["StoppingCondition"]["MaxRuntimeInSeconds"] == 600
    assert steps["Train"]["ResourceConfig"]["VolumeSizeInGB"] == 200
    assert "EnableManagedSpotTraining" not in steps["Train"]
    theirs = upload_of(load_family("pid-rec"), place).family_uri
    assert upload_of(family, place).family_uri == theirs, "another machine is no reason to train anew"


def test_hyperparameters_arrive_as_texts(tmp_path: Path) -> None:
    text = Path("config/families/pid-rec.yaml").read_text()
    said = (
        "  recipe: crnn-lite\n  hyperparameters: {epochs: 3, learning_rate: 0.01, resume: true, device: cpu}"
    )
    (tmp_path / "pid-rec.yaml").write_text(text.replace("  recipe: crnn-lite", said))
    train = _steps(load_family(tmp_path / "pid-rec.yaml"), _place("dev"))["Train"]
    wanted = {"epochs": "3", "learning_rate": "0.01", "resume": "true", "device": "cpu"}
    assert wanted.items() <= train["HyperParameters"].items()


def test_what_evaluate_decides_is_gated_and_registered() -> None:
    steps = _steps(load_family("pid-det"), _place("dev"))
    assert steps["Evaluate"]["AppSpecification"]["ContainerArguments"][1] == "--max-error"
    asked = set(re.findall(r"'Path': '(\w+)'", str(steps)))
    assert asked <= set(DECISION_KEYS)
    metadata = steps["Register"]["CustomerMetadataProperties"]
    assert set(metadata) == {*REGISTERED_KEYS, "run", "report"}
    assert asked == {*REGISTERED_KEYS, "failures", "summary", "model_card"}


def test_a_version_takes_what_its_task_accepts() -> None:
    def registered(family: Family) -> Any:
        return _steps(family, _place("dev"))["Register"]

    class Tables(RecognitionFamily):
        accepts = Accepts(("table",))

    pages = registered(load_family("pid-det"))
    assert pages["InferenceSpecification"]["SupportedContentTypes"] == [
        *("image/png", "image/jpeg"),
        *("application/json", "application/jsonlines"),
    ]
    tables = registered(Tables.model_validate(load_family("pid-rec").model_dump()))
    assert tables["InferenceSpecification"]["SupportedContentTypes"] == [
        *("application/json", "application/jsonlines"),
    ]
    assert (pages["Domain"], tables["Domain"]) == ("COMPUTER_VISION", "MACHINE_LEARNING")


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
        carried = load_family(tmp_path / "got" / FAMILY_FILE)
        assert carried.charset_file == str(tmp_path / "got" / "charset.txt")
        assert (carried.gate, carried.examine) == (load_family(file).gate, load_family(file).examine)
        return upload.family_uri

    assert family_with("ab") == family_with("ab") != family_with("abc")


@pytest.mark.parametrize("name", ["pid-rec", "pid-det"])
def test_a_family_with_another_recipe_has_other_files(name: str, tmp_path: Path) -> None:
    family, place = load_family(name), Place(load_environment("dev"), ACCOUNT)
    recipe = RECIPES / family.task / f"{family.training.recipe}.yaml"
    text = Path(f"config/families/{name}.yaml").read_text().partition("training:")[0]
    (tmp_path / f"{name}.yaml").write_text(f"{text}training: {{recipe: mine.yaml}}\n")

    def uri_with(content: str) -> str:
        (tmp_path / "mine.yaml").write_text(content)
        upload = upload_of(load_family(tmp_path / f"{name}.yaml"), place)
        assert upload.files[f"{upload.family_uri}/recipe.yaml"].decode() == content
        return upload.family_uri

    one, other = recipe.read_text(), recipe.read_text().replace("epochs: ", "epochs: 1")
    assert uri_with(one) == uri_with(one) != uri_with(other)


def test_a_name_that_is_too_long_is_refused_with_all_that_is_wrong() -> None:
    family = load_family("pid-rec").model_copy(update={"family": "x" * 300})
    with pytest.raises(DefinitionError, match="at most 256"):
        pipeline_of(family, _place("dev"))
