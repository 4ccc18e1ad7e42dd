"""What a job is given, and how it leaves: real files in a folder that stands for /opt/ml."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from config.errors import Problem, StateError
from config.protocol import ML_ROOT_VARIABLE
from config.yaml_source import Settings
from containers.common.contract import Job
from containers.common.delivery import write_nothing
from containers.common.entry import CALLERS_MISTAKE, DONE, FAILED, FAILURE_BYTES, Stop, describe, run
from containers.common.errors import JobError, RefusedError, TrainingError
from containers.common.hyperparameters import parse


class Parameters(Settings):
    family: str
    epochs: int = 3
    rate: float | None = None
    find: bool = False


def test_strings_become_typed_values() -> None:
    given = {
        "family": '"thai-rec"',
        "epochs": "7",
        "rate": "1e-3",
        "find": "true",
        "sagemaker_region": "x",
    }
    assert parse(given, Parameters) == Parameters(family="thai-rec", epochs=7, rate=0.001, find=True)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"family": "f", "epoch": "7"}, "Did you mean 'epochs'?"),
        ({"family": "f", "epochs": "many"}, "'epochs' is 'many'; expected a valid integer"),
        ({"epochs": "7"}, "'family' is missing"),
    ],
)
def test_a_wrong_hyperparameter_is_named(given: dict[str, str], said: str) -> None:
    with pytest.raises(JobError, match=said.replace("?", r"\?")):
        parse(given, Parameters)


def test_channels(tmp_path: Path) -> None:
    job = Job(tmp_path)
    with pytest.raises(JobError, match="there are: none"):
        job.channel("data")
    (tmp_path / "input/data/data").mkdir(parents=True)
    with pytest.raises(JobError, match="'data' is empty"):
        job.channel("data")
    (tmp_path / "input/data/data/manifest.jsonl").touch()
    assert job.channel("data") == tmp_path / "input/data/data"
    assert job.optional_channel("model") is None
    with pytest.raises(JobError, match=r"no input channel 'model' \(there are: data\)"):
        job.channel("model")


def test_a_folder_may_say_that_there_is_none(tmp_path: Path) -> None:
    job = Job(tmp_path)
    champion = tmp_path / "processing/input/champion"
    champion.mkdir(parents=True)
    with pytest.raises(JobError, match="'champion' is empty"):
        job.optional_processing_input("champion")
    write_nothing(champion, "The first run has no champion.")
    assert job.optional_processing_input("champion") is None
    assert job.optional_processing_input("model") is None
    with pytest.raises(JobError, match="processing input 'champion' that says there is none"):
        job.processing_input("champion")
    with pytest.raises(JobError, match=r"no processing input 'data' \(there are: champion\)"):
        job.processing_input("data")
    (champion / "model.tar.gz").touch()
    assert job.optional_processing_input("champion") == job.processing_input("champion") == champion
    assert not job.says_nothing("replay")
    (tmp_path / "input/data/replay").mkdir(parents=True)
    write_nothing(tmp_path / "input/data/replay", "")
    assert job.says_nothing("replay")
    assert job.optional_channel("replay") is None


def test_hyperparameters_come_from_the_file(tmp_path: Path) -> None:
    job = Job(tmp_path)
    assert job.hyperparameters() == {}
    path = tmp_path / "input/config/hyperparameters.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"epochs": "7", "list": [1, 2]}))
    assert job.hyperparameters() == {"epochs": "7", "list": "[1, 2]"}
    path.write_text("[1]")
    with pytest.raises(JobError, match="a JSON list"):
        job.hyperparameters()


def _raising(error: Exception) -> Callable[[Job, Stop], None]:
    def main(_job: Job, _stop: Stop) -> None:
        raise error

    return main


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (
            JobError(Problem("rule", "found", "that", "Do so.")),
            CALLERS_MISTAKE,
            "found; expected that. Do so.",
        ),
        (StateError("it is taken"), CALLERS_MISTAKE, "it is taken"),
        (TrainingError("it diverged"), FAILED, "it diverged"),
        (OSError(errno.ENOSPC, "No space", "/opt/ml/model/x"), FAILED, "VolumeSizeInGB"),
        (MemoryError(), FAILED, "Lower batch_size"),
        (RefusedError("it did not pass"), FAILED, "it did not pass"),
        (KeyError("x" * 5000), FAILED, "KeyError"),
        (KeyError("ก" * 5000), FAILED, "ก…"),
    ],
)
def test_whatever_fails_leaves_one_sentence(tmp_path: Path, error: Exception, code: int, said: str) -> None:
    job = Job(tmp_path)
    assert run(_raising(error), job) == code
    sentence = job.failure.read_text(encoding="utf-8")
    assert said in sentence
    assert "\n" not in sentence
    assert len(sentence.encode()) <= FAILURE_BYTES
    assert [path.name for path in job.failure.parent.iterdir()] == ["failure"]


@pytest.mark.parametrize("path", ["/home/me/store/x", None])
def test_a_full_disk_of_a_laptop_has_no_volume(monkeypatch: pytest.MonkeyPatch, path: str | None) -> None:
    monkeypatch.setenv(ML_ROOT_VARIABLE, "/home/me/runs/r/ml")
    place = path or "/home/me/runs/r/ml or the temporary folder"
    assert describe(OSError(errno.ENOSPC, "No space", path)) == (
        f"no space is left on the disk of {place}. Make room, then go on with `glyphline pipeline resume`."
    )


def test_a_processing_job_says_it_in_its_message(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config/processingjobconfig.json").write_text("{}")
    assert run(_raising(StateError("it is taken")), Job(tmp_path)) == CALLERS_MISTAKE
    assert {path.name: path.read_text() for path in (tmp_path / "output").iterdir()} == {
        "message": "it is taken"
    }


def test_success_leaves_no_failure(tmp_path: Path) -> None:
    assert run(lambda _job, _stop: None, Job(tmp_path)) == DONE
    assert not Job(tmp_path).failure.exists()
