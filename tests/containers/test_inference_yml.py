"""PaddleX and PaddleOCR load our artifacts by their `inference.yml`, and read the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from servers import png
from upath import UPath

from config.tasks.recognition import Resize
from containers.common.artifact import Artifact
from containers.paddle.image import IMAGE
from containers.paddle.inference_yml import MODEL_NAME, inference_yml
from corpus.charset import Charset
from corpus.images import open_image
from tasks.recognition.contract import LinePreprocessing

LINE = LinePreprocessing(height_px=32, width_px=320, resize="keep-ratio", grayscale=False)

READ = """
import json, sys
from paddlex import create_predictor
predictor = create_predictor(sys.argv[1], model_dir=sys.argv[2])
print(json.dumps([one["rec_text"] for path in sys.argv[3:] for one in predictor.predict(path)]))
"""


@given(st.lists(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, unique=True))
def test_every_character_survives(characters: list[str]) -> None:
    content = yaml.load(inference_yml(LINE, Charset(tuple(characters))), Loader=yaml.FullLoader)
    assert content["PostProcess"]["character_dict"] == characters


@pytest.mark.parametrize(
    ("resize", "width_px", "argument"),
    [("keep-ratio", 32, ""), ("pad", 320, ""), ("stretch", 320, "(3, 32, 320)")],
)
def test_the_width_and_the_argument_depend_on_the_family(
    resize: Resize, width_px: int, argument: str
) -> None:
    text = inference_yml(LINE.model_copy(update={"resize": resize}), Charset(("a",))).decode()
    content = yaml.safe_load(text)
    assert content["PreProcess"]["transform_ops"][1]["RecResizeImg"]["image_shape"] == [3, 32, width_px]
    comment = text.splitlines()[0]
    assert (f"input_shape={argument}" in comment) == bool(argument)


def test_paddlex_reads_the_same(tiny: Artifact, tmp_path: Path) -> None:
    paths = [
        UPath(tmp_path / f"{width_px}.png") for width_px in (32, 96, 320)
    ]  # widths that are padded by neither
    for path in paths:
        path.write_bytes(png(int(path.stem)))
    ours = IMAGE.open(tiny, "paddle").predict(open_image(one.read_bytes(), str(one)) for one in paths)
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK": "True"}
    command = [sys.executable, "-W", "ignore", "-c", READ, MODEL_NAME, str(tiny.folder), *map(str, paths)]
    said = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True).stdout
    theirs = json.loads(said.splitlines()[-1])
    assert theirs == [one.text for one in ours]
