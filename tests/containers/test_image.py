"""The Paddle image behind the seam: what it offers, what it opens, and what it refuses."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny_artifact import tiny_detector

from config.errors import ConfigError, InputError
from config.images import IMAGES
from config.tasks import TASKS, load_family
from containers.common import model
from containers.common.artifact import Artifact, complete
from containers.common.dispatch import image_of
from containers.common.entry import Stop
from containers.common.errors import ArtifactError
from containers.common.hyperparameters import TrainingSettings
from containers.common.jobs.train import run
from containers.common.model import Inputs, Predictor
from containers.common.progress import nothing
from containers.paddle.engines import open_engine
from containers.paddle.hyperparameters import Hyperparameters
from containers.paddle.image import IMAGE
from containers.runtime.boxes import lost_px
from containers.runtime.detector import detector_of
from containers.runtime.engine import lazily
from containers.runtime.opening import PREDICTORS, open_onnx
from containers.runtime.recogniser import recogniser_of
from tasks.detection.answer import Boxes
from tasks.recognition.answer import Reading


@pytest.fixture(scope="module")
def detector(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    return tiny_detector(tmp_path_factory.mktemp("detector"))


def sheet(*, colour: str = "L") -> Image.Image:
    """Return a white page with a dark bar, which the tiny detector takes for a text."""
    pixels = np.full((90, 150), 255, np.uint8)
    pixels[20:32, 15:110] = 0
    return Image.fromarray(pixels).convert(colour)


def test_what_is_opened_is_a_predictor(tiny: Artifact, detector: Artifact) -> None:
    image: model.Image[Hyperparameters] = IMAGE
    reads: Predictor[Image.Image, Reading] = recogniser_of(tiny, open_engine(tiny, "onnx"))
    finds: Predictor[Image.Image, Boxes] = detector_of(detector, open_engine(detector, "onnx"))
    for one, artifact, kind in ((reads, tiny, Reading), (finds, detector, Boxes)):
        one.warm_up()
        answers = one.predict(iter([sheet(), sheet(colour="RGB")]))
        assert answers[0] == answers[1]
        assert isinstance(answers[0], kind)
        assert (one.version, one.threads) == (artifact.version, 1)
    assert image.name == "paddle"


@pytest.mark.parametrize("engine", ["onnx", "paddle", None])
def test_both_engines_find_the_same(detector: Artifact, engine: str | None) -> None:
    opened = IMAGE.open(detector, engine)
    opened.warm_up()
    (found,) = opened.predict([sheet()])
    (polygon,), (score,) = found.polygons, found.scores
    lost = lost_px(95, 12, 0.4)  # the bar is taken for the middle of a text, which is larger
    left, top, right, bottom = 15 - lost, 20 - lost, 110 + lost, 32 + lost
    expected = [[left, top], [right, top], [right, bottom], [left, bottom]]
    np.testing.assert_allclose(polygon, expected, atol=0.01)
    assert score == pytest.approx(1.0, abs=0.02)
    assert opened.threads == (1 if engine == "paddle" else open_onnx(detector).threads)


def test_opening_is_quick_and_loads_nothing(tiny: Artifact, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("containers.runtime.opening.onnx_engine", lambda *_: pytest.fail("loaded"))
    IMAGE.open(tiny, "onnx")


def test_an_engine_is_loaded_once() -> None:
    engines = iter([lambda batch: batch + 1])
    engine = lazily(lambda: next(engines))
    ones = np.ones(2, np.float32)
    np.testing.assert_array_equal(engine(engine(ones)), ones + 2)


def test_what_an_image_cannot_run_is_refused(tiny: Artifact, tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"the engine 'onx'; expected paddle or onnx\. Did you mean"):
        IMAGE.open(tiny, "onx")
    (tmp_path / "charset.txt").write_bytes(tiny.file("charset.txt").read_bytes())
    other = complete(tmp_path, tiny.description.model_copy(update={"image": "vision", "files": {}}))
    with pytest.raises(
        ArtifactError, match="made by the image 'vision'; expected one made by the image 'paddle'"
    ):
        IMAGE.open(other)
    without = complete(tmp_path, tiny.description.model_copy(update={"files": {}}))
    with pytest.raises(ArtifactError, match=r"no file 'model\.onnx'"):
        IMAGE.open(without, "onnx")


@pytest.mark.parametrize("name", IMAGES)
def test_every_image_is_behind_the_seam(name: str) -> None:
    image = image_of(name)
    assert image.name == name
    assert issubclass(image.settings, TrainingSettings)
    assert image.tasks == {task for task, family in TASKS.items() if name in family.images}
    assert image.tasks <= set(PREDICTORS)


def test_an_image_that_there_is_not_is_refused() -> None:
    with pytest.raises(InputError, match=r"the image 'padle'; expected .*Did you mean"):
        image_of("padle")


def test_a_task_that_the_image_does_not_offer_is_refused(tmp_path: Path) -> None:
    family = load_family("pid-rec").model_copy(update={"task": "embedding"})
    inputs = Inputs("nowhere", tmp_path / "m", tmp_path / "c")
    told = "'pid-rec', whose task is embedding; expected one of detection or recognition, which the image"
    with pytest.raises(ConfigError, match=told):
        run(IMAGE, family, Hyperparameters(family="pid-rec"), inputs, Stop(), nothing)


def test_the_image_is_known_before_its_framework_is_imported() -> None:
    """A SIGTERM during the seconds of that import is to be heard."""
    program = (
        "import sys; from containers.common.dispatch import image_of; image_of('paddle'); print(*sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert not {"paddle", "cv2", "onnxruntime"} & set(said.split())
