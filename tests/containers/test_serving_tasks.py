"""The server over other tasks than reading lines: a detector for real, and what each task takes."""

from __future__ import annotations

import base64
import io
import json
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
import pytest
from PIL import Image, ImageDraw
from servers import FAMILY, Server, encoded, running
from tiny_artifact import tiny_detector

from config.errors import Problem
from config.family import Accepts, Family
from containers.common.artifact import Artifact
from containers.common.model import Predictor
from containers.paddle.image import IMAGE
from containers.runtime.serving.answers import Asked, answers
from containers.runtime.serving.payload import Source, source_of, sources_of
from containers.runtime.serving.refusals import RefusalError
from tasks.base import Allowance, Opened, Raw
from tasks.errors import RequestError
from tasks.recognition.answer import Reading
from tasks.recognition.task import RecognitionTask

LINES = "application/jsonlines"
PIXEL = base64.b64encode(encoded(Image.new("L", (1, 1)))).decode()


@pytest.fixture(scope="module")
def detector(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    return tiny_detector(tmp_path_factory.mktemp("detector"))


@pytest.fixture(scope="module")
def server(detector: Artifact, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The container's own server over a detector."""
    root = tmp_path_factory.mktemp("ml")
    shutil.copytree(detector.folder, root / "model")
    command = (sys.executable, "-m", "containers.paddle", "serve")
    with running(command, root, GLYPHLINE_ML_ROOT=str(root)) as one:
        one.wait_until_ready()
        yield one


def page(seed: int = 0) -> bytes:
    image = Image.new("L", (300, 200), 255)
    draw = ImageDraw.Draw(image)
    for row in range(3):
        draw.rectangle((20 + 10 * seed, 20 + 60 * row, 150 + 20 * row, 32 + 60 * row), 0)
    return encoded(image)


def test_a_detector_answers_polygons_with_scores(server: Server, detector: Artifact) -> None:
    answer = server.read(page()).json()
    (found,) = IMAGE.open(detector).predict([Image.open(io.BytesIO(page()))])
    regions = answer["regions"]
    assert isinstance(regions, list)
    assert len(regions) == len(found.polygons) == 3
    for region, polygon, score in zip(regions, found.polygons, found.scores, strict=True):
        np.testing.assert_allclose(region["polygon"], polygon, atol=0.051)  # a tenth of a pixel
        assert region["score"] == pytest.approx(score, abs=1e-4)
    assert answer["model_version"] == detector.version


def test_a_bad_page_spoils_no_other(server: Server) -> None:
    good = json.dumps({"image": base64.b64encode(page()).decode()}).encode()
    first, bad, last = server.read(b"\n".join([good, b'{"image": "AAAA"}', good]), LINES).lines()
    assert first == last
    assert "not an image" in str(bad["error"])
    assert server.read(b"no image").status == 422


def test_a_page_may_be_larger_than_a_line(server: Server) -> None:
    large = encoded(Image.new("1", (6000, 4000), 1))  # 24 million pixels, white
    assert server.read(large).json()["regions"] == []
    beyond = server.read(encoded(Image.new("1", (10_000, 10_001), 1)))
    assert (beyond.status, "at most 100 million" in str(beyond.json()["error"])) == (413, True)


LINE = Accepts(("image",), ("image/png",))
QUESTION = Accepts(("image", "prompt"))
EVENT = Accepts(("table",))


@pytest.mark.parametrize(
    ("accepts", "content", "told"),
    [
        (LINE, {"imgae": ""}, "unknown key 'imgae'.*\"image\".*or.*\"s3_uri\".*Did you mean 'image'"),
        (LINE, {"image": PIXEL, "prompt": "?"}, "unknown key 'prompt'.*Use one of: image, s3_uri"),
        (QUESTION, {"image": PIXEL, "promt": "?"}, "unknown key 'promt'.*Did you mean 'prompt'"),
        (
            QUESTION,
            {"image": PIXEL},
            'no prompt; expected {"image": "<base64>", "prompt": …}.*Add',
        ),
        (QUESTION, {"prompt": "?"}, "no image.*Add 'image'"),
        (QUESTION, {"image": PIXEL, "s3_uri": "s3://bucket/key", "prompt": ""}, "both image and s3_uri"),
        (EVENT, {"image": PIXEL}, "unknown key 'image'; expected {\"table\": {…}}"),
        (EVENT, {"s3_uri": "s3://bucket/key"}, "unknown key 's3_uri'"),
        (EVENT, {}, "empty object"),
    ],
)
def test_keys_that_the_task_does_not_take_are_named(
    accepts: Accepts, content: Mapping[str, Any], told: str
) -> None:
    with pytest.raises(RefusalError, match=told) as error:
        source_of("application/json", orjson.dumps(content), accepts)
    assert error.value.status == 400


def test_what_the_task_takes_arrives() -> None:
    told = orjson.dumps({"image": PIXEL, "prompt": "?"})
    image = base64.b64decode(PIXEL)
    assert source_of("application/json", told, QUESTION) == Source(image, {"prompt": "?"})
    event = orjson.dumps({"table": {"amount": 3}})
    assert source_of("application/json", event, EVENT) == Source(None, {"table": {"amount": 3}})
    lines = sources_of(b'{"table": {}}\n{"tabel": {}}\n{"table": {"a": 1}}', 9, EVENT)
    assert [isinstance(one, RefusalError) for one in lines] == [False, True, False]


@pytest.mark.parametrize("content_type", ["image/png", "application/octet-stream"])
def test_a_raw_body_is_for_tasks_that_take_an_image_alone(content_type: str) -> None:
    assert source_of(content_type, b"bytes", LINE) == Source(b"bytes")
    for accepts in (QUESTION, EVENT):
        with pytest.raises(
            RefusalError, match="expected one of application/json, application/jsonlines"
        ) as no:
            source_of(content_type, b"bytes", accepts)
        assert no.value.status == 415
    with pytest.raises(RefusalError, match=r'no body; expected {"table": {…}}'):
        source_of("application/json", b"", EVENT)


@dataclass(frozen=True, slots=True)
class Echo:
    """Answers with what it is given."""

    version: str = "echo"
    threads: int = 1

    def warm_up(self) -> None:
        """Do nothing."""

    def predict(self, inputs: Iterable[str]) -> list[Reading]:
        """Return each text."""
        return [Reading(one, 1.0, (1.0,) * len(one)) for one in inputs]


class Prompted(RecognitionTask):
    """A task that takes a prompt and no image."""

    def opened(self, raw: Raw, allowance: Allowance) -> Opened[str]:
        prompt = raw.fields.get("prompt")
        if not isinstance(prompt, str):
            problem = Problem("request.prompt", f"prompt is {prompt!r}", "a text", "Send one.")
            raise RequestError(problem)
        return Opened(prompt, ("short",) if len(prompt) < 2 else ())


def test_a_field_that_the_task_refuses_is_400_and_spoils_no_other() -> None:
    family: Family = FAMILY
    model: Predictor[str, Reading] = Echo()
    allowance = Allowance(9, 9)
    asked = [Asked(Raw(None, {"prompt": one}), allowance) for one in ("ab", 3, "c")]
    first, refused, last = answers(Prompted(family), model, asked)  # type: ignore[arg-type]
    assert not isinstance(first, RefusalError)
    assert not isinstance(last, RefusalError)
    assert isinstance(refused, RefusalError)
    assert (first["text"], first["model_version"], "warnings" in first) == ("ab", "echo", False)
    assert last["warnings"] == ("short",)
    assert (refused.status, str(refused)) == (400, "Prompt is 3; expected a text. Send one.")


def test_an_image_that_is_missing_is_400() -> None:
    asked = [Asked(Raw(None), Allowance(9, 9))]
    (refused,) = answers(RecognitionTask(FAMILY), Echo(), asked)
    assert isinstance(refused, RefusalError)
    assert (refused.status, str(refused)) == (400, "No image; expected one. Send it as image.")
