"""What an artifact says of a model: of this version and of the first, of its own task and of none other."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from config.protocol import FAMILY_FILE
from config.tasks import load_family
from containers.common.artifact import Artifact, charset_of, open_folder
from containers.common.errors import ArtifactError
from containers.common.shipped import family_of, served_task, shipped
from tasks.detection.contract import Contract as DetectionContract
from tasks.detection.contract import PagePreprocessing
from tasks.recognition.contract import Contract, LinePreprocessing

OLD = Path(__file__).parent / "artifacts"
RECOGNISER, DETECTOR = OLD / "version-1-recogniser", OLD / "version-1-detector"


def test_a_recogniser_of_version_1_opens() -> None:
    artifact = open_folder(RECOGNISER)
    about = artifact.description
    assert artifact.version == "9f13e32c3c13"  # as the code that wrote it said
    assert artifact.contract_as(Contract) == Contract(
        preprocessing=LinePreprocessing(height_px=32, width_px=48, resize="stretch", grayscale=True),
        temperature=1.25,
    )
    assert about.provenance.figures == {"cer": 0.04, "exact_match": 0.9}
    assert (about.provenance.epochs, about.provenance.steps) == (5, 200)
    assert about.parity["onnx"].mismatches == 1
    assert charset_of(artifact).entries == ("ก", "ข", "a")
    assert served_task(artifact).family.family == "thai-rec"


def test_a_detector_of_version_1_opens() -> None:
    artifact = open_folder(DETECTOR)
    assert artifact.version == "50b1ac780744"
    pages = PagePreprocessing(tile_px=320, overlap_px=64, shrink_ratio=0.6, grayscale=True)
    assert artifact.contract_as(DetectionContract).pages == pages
    assert artifact.description.provenance.figures == {"hmean": 0.74}
    assert artifact.description.vocabulary_hash is None
    assert served_task(artifact).family.task == "detection"


def test_a_description_is_read_as_it_was_written(tiny: Artifact) -> None:
    assert open_folder(tiny.folder).description == tiny.description
    assert isinstance(tiny.description.contract, Contract)


def test_a_model_of_another_task_is_refused() -> None:
    with pytest.raises(
        ArtifactError, match=r"artifact\.json: a model of recognition where one of detection is asked for"
    ):
        open_folder(RECOGNISER).contract_as(DetectionContract)


def _changed(folder: Path, tiny: Artifact, changes: Mapping[str, Any]) -> Path:
    shutil.copytree(tiny.folder, folder)
    content = json.loads((folder / "artifact.json").read_text())
    (folder / "artifact.json").write_text(json.dumps({**content, **changes}))
    return folder


LINE = {"height_px": 32, "width_px": 48, "resize": "stretch", "grayscale": True}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"schema_version": 3}, "schema version 3, which this version of Glyphline does not know"),
        ({"task": "recogntion"}, r"'recogntion' is no task.*Did you mean 'recognition'"),
        ({"task": "detection"}, "contract: pages: Field required"),
        ({"contract": {"preprocessing": LINE, "beams": 4}}, "the unknown key 'beams'"),
        ({"contract": {"preprocessing": {**LINE, "height_px": 2}}}, "contract: preprocessing.height_px: "),
        ({"colour": "red"}, "the unknown key 'colour'"),
        ({"files": None}, "files: "),
    ],
)
def test_what_this_version_cannot_read_is_one_sentence(
    tiny: Artifact, tmp_path: Path, changes: Mapping[str, Any], told: str
) -> None:
    folder = _changed(tmp_path / "m", tiny, changes)
    expected = (
        rf"^{folder}/artifact\.json: .*{told}.*; expected an artifact of schema version 1 or 2\. Use the"
    )
    with pytest.raises(ArtifactError, match=expected) as error:
        open_folder(folder)
    assert "\n" not in str(error.value)


def test_a_file_that_is_no_json_is_one_sentence(tiny: Artifact, tmp_path: Path) -> None:
    shutil.copytree(tiny.folder, tmp_path / "m")
    (tmp_path / "m/artifact.json").write_text("{")
    with pytest.raises(ArtifactError, match=r"artifact\.json: Invalid JSON.*schema version 1 or 2"):
        open_folder(tmp_path / "m")


def test_an_artifact_carries_what_its_family_says_of_the_task(tiny: Artifact, tmp_path: Path) -> None:
    family = load_family("thai-rec")
    charset = tmp_path / "charset.txt"
    charset.write_text("ก\n")
    section = family.recognition.model_copy(update={"charset": str(charset)})  # type: ignore[attr-defined]
    data = shipped(family.model_copy(update={"recognition": section}))
    assert str(tmp_path) not in data.decode()  # another machine has no such file
    folder = _changed(tmp_path / "m", tiny, {})
    (folder / FAMILY_FILE).write_bytes(data)
    content = json.loads((folder / "artifact.json").read_text())
    content["files"][FAMILY_FILE] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    (folder / "artifact.json").write_text(json.dumps(content))
    carried = family_of(open_folder(folder))
    assert (carried.family, carried.task, carried.unicode_form) == ("thai-rec", "recognition", "NFC")
    assert carried.recognition == family.recognition  # type: ignore[attr-defined]


BLOCKED = ("boto3", "botocore", "cv2", "onnxruntime", "paddle", "torch")


@pytest.mark.parametrize(
    "modules",
    [
        ("containers.common.artifact", "containers.common.shipped", "containers.common.reader"),
        ("containers.common.dispatch", "containers.common.jobs.train", "containers.paddle.image"),
    ],
)
def test_an_artifact_opens_without_frameworks(modules: tuple[str, ...]) -> None:
    program = (
        "import sys\n"
        f"sys.modules.update(dict.fromkeys({BLOCKED!r}))\n"
        f"import {', '.join(modules)}\n"
        "from pathlib import Path\n"
        "from containers.common.artifact import charset_of, open_folder\n"
        f"artifact = open_folder(Path({str(RECOGNISER)!r}))\n"
        "print(artifact.version, len(charset_of(artifact).entries), artifact.description.contract)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("9f13e32c3c13 3 preprocessing=")


def test_the_common_layer_imports_no_framework() -> None:
    """Each of its modules, whatever it is for, but for those whose jobs belong to a caller that has them."""
    names = sorted(
        ".".join(path.relative_to(Path.cwd()).with_suffix("").parts)
        for path in (Path.cwd() / "containers/common").rglob("*.py")
        if path.stem != "__init__"
    )
    program = f"import sys\nsys.modules.update(dict.fromkeys({BLOCKED!r}))\nimport {', '.join(names)}\n"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
