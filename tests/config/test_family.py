"""Families of any task: typed, and refused with file, line, key and the nearest valid name."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.errors import ConfigError
from config.family import FAMILIES
from config.images import IMAGES
from config.tasks import TASKS, family_names, load_family
from config.tasks.detection import DetectionFamily
from config.tasks.recognition import Recognition, RecognitionFamily

READS = (FAMILIES / "thai-rec.yaml").read_text(encoding="utf-8")
FINDS = (FAMILIES / "pid-det.yaml").read_text(encoding="utf-8")


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "thai-rec.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def refused(tmp_path: Path, text: str) -> str:
    path = written(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_family(path)
    assert str(caught.value).startswith(str(path))
    return str(caught.value).removeprefix(str(path))


def test_what_the_repository_holds_is_valid() -> None:
    assert {"thai-rec", "pid-rec", "receipt-rec", "pid-det"} <= set(family_names())
    assert [load_family(name).family for name in family_names()] == family_names()


def test_a_family_is_of_its_tasks_class() -> None:
    assert isinstance(load_family("pid-det"), DetectionFamily)
    assert isinstance(load_family("pid-rec"), RecognitionFamily)


@pytest.mark.parametrize("task", TASKS)
def test_a_task_names_itself_and_images_that_exist(task: str) -> None:
    kind = TASKS[task]
    assert kind.model_fields["task"].annotation.__args__ == (task,)
    assert kind.recipe_kind.model_fields["task"].annotation.__args__ == (task,)
    assert set(kind.images) <= IMAGES.keys()
    assert kind.headline


def test_an_unknown_family_gets_the_nearest_name() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'thai-rec'"):
        load_family("tahi-rec")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("tile_px: 320", "tile_px: 300", ":6: detection.tile_px is 300; expected a multiple of 32"),
        ("overlap_px: 64", "overlap_px: 161", "overlap_px 161 to be at most half of tile_px 320"),
        ("overlap_px: 64", "overlap: 64", ":7: unknown key 'detection.overlap'"),
        ("tile_px: 320", "height_px: 32", ":6: unknown key 'detection.height_px'"),
    ],
)
def test_a_bad_value_of_a_detector(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert told in refused(tmp_path, FINDS.replace(old, new, 1))


def test_an_unknown_key(tmp_path: Path) -> None:
    message = refused(tmp_path, READS.replace("height_px", "hight_px"))
    assert message.startswith(":6: unknown key 'recognition.hight_px'")
    assert "Did you mean 'height_px'?" in message


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("width_px: 48", "width_px: wide", ":7: recognition.width_px is 'wide'"),
        ("resize: stretch", "resize: strech", "Did you mean 'stretch'?"),
        ("task: recognition", "", "the key 'task' is missing"),
        (
            "task: recognition",
            "task: recogniton",
            ":4: task is 'recogniton'; expected 'detection' or 'recognition'. Did you mean 'recognition'?",
        ),
        ("task: recognition", "task: [a]", ":4: task is ['a']; expected text. Change the value."),
        ("task: recognition", "task: detection", ":5: unknown key 'recognition'"),
        (
            "  height_px: 32",
            "  height_px: 32\n  height_px: 48",
            ":7: the key 'recognition.height_px' is given twice",
        ),
        ("recognition:", "recognition: [", "not YAML"),
        ("step_px: 4", "step_px: 64", "step_px is 64; expected less than or equal to 32"),
        ("max_cer: 0.10", "max_cer: 10", ":17: gate.max_cer is 10; expected less than or equal to 1."),
        ("max_cer: 0.10", "max_error: 10", ":17: gate.max_error is 10; expected less than or equal to 1."),
        (
            "max_cer: 0.10",
            "max_cer: 0.1\n  max_error: 0.1",
            ":17: 'gate.max_cer' and 'max_error', which mean the same; expected one of them. Delete one.",
        ),
        (
            "image: paddle",
            "image: padle",
            ":12: training.image is 'padle', which does not offer the task 'recognition'; expected one of: "
            "paddle. Did you mean 'paddle'?",
        ),
        (
            "max_text_length: 12",
            "max_text_length: 12\n  charset: no.txt",
            ":11: recognition.charset no.txt: no such file",
        ),
        (
            "gate:",
            "resources: {training: {instances: [m5], max_runtime_s: 99}}\ngate:",
            ":16: resources.training.instances.0 is 'm5'; expected an instance type of SageMaker",
        ),
        (
            "gate:",
            "resources: {training: {instances: [ml.g5.xlarge], max_runtime_s: 99, spot: true}}\ngate:",
            ":16: the keys of resources.training do not fit together; expected spot: true and max_wait_s",
        ),
        (
            "gate:",
            "resources: {trainig: {instances: [ml.g5.xlarge]}}\ngate:",
            ":16: unknown key 'resources.trainig'; expected one of processing, training. "
            "Did you mean 'training'?",
        ),
        (
            "gate:",
            "serving: {kind: realtime}\ngate:",
            ":16: the keys of serving do not fit together; expected an instance if kind is async or realtime",
        ),
    ],
)
def test_a_bad_value(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in READS
    assert told in refused(tmp_path, READS.replace(old, new, 1))


def test_the_highest_error_of_a_recogniser_has_two_names(tmp_path: Path) -> None:
    other = written(tmp_path, READS.replace("max_cer: 0.10", "max_error: 0.10"))
    assert load_family("thai-rec").gate == load_family(other).gate
    assert ":9: unknown key 'gate.max_cer'" in refused(tmp_path, f"{FINDS}gate: {{max_cer: 0.1}}\n")


def test_a_name_that_is_not_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.tasks.FAMILIES", tmp_path)
    (tmp_path / "other.yaml").write_text(READS, encoding="utf-8")
    with pytest.raises(ConfigError, match="family is 'thai-rec'; expected 'other'"):
        load_family("other")


def test_files_that_a_family_names_are_found_beside_it(tmp_path: Path) -> None:
    (tmp_path / "own.txt").write_text("a\nb\n")
    family = load_family(
        written(tmp_path, READS.replace("max_text_length: 12", "max_text_length: 12\n  charset: own.txt"))
    )
    assert family.charset_file == str(tmp_path / "own.txt")
    assert family.named_files() == {"recognition.charset": str(tmp_path / "own.txt")}


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
