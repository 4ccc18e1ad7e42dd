"""Asking about whole datasets: what comes out is what `glyphline evaluate` takes."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from homes import glyphline
from PIL import Image
from servers import encoded, png
from upath import UPath

from cli.predict import predict
from config.errors import GlyphlineError, Problem
from config.protocol import ARTIFACT_FILE
from containers.common.artifact import Artifact, complete
from containers.common.description import Network
from containers.common.errors import ArtifactError
from containers.common.predictions import Model, answer_images, answer_items, images_in
from containers.common.shipped import served_task
from containers.paddle.image import IMAGE
from containers.runtime.engine import Engine, lazily
from containers.runtime.recogniser import Recogniser
from corpus.errors import CorpusError, ImageError
from corpus.ingest import Options, import_records
from corpus.items import Item
from corpus.records import Record
from corpus.snapshot import Snapshot
from corpus.splits import SplitPolicy
from evaluation.errors import PredictionError
from tasks.answers import encode
from tasks.base import Allowance, Opened, Raw
from tasks.reading import read_answers
from tasks.recognition.answer import Reading
from tasks.recognition.task import RecognitionTask

Lines = Model[Any, Reading]


@pytest.fixture(scope="module")
def model(tiny: Artifact) -> Lines:
    return Model(served_task(tiny), IMAGE.open(tiny))


def snapshot(folder: Path, count: int, *, regions: bool = False, labelled: bool = True) -> Snapshot:
    """A snapshot of noisy lines of many widths, five to a page."""
    folder.mkdir()
    records = []
    for number in range(count):
        image = folder / f"{number}.png"
        image.write_bytes(png(30 + number % 90, number))
        records.append(
            Record(
                key=image.name,
                image=UPath(image),
                image_name=image.name,
                text=f"line {number}" if labelled else None,
                label=None if labelled else "valve",
                file="labels.txt",
                polygon=((1, 1), (20, 1), (20, 20), (1, 20)) if regions else None,
                group=f"page {number // 5}",
                meta={"writer": number % 3},
            )
        )
    options = Options("noise", SplitPolicy(val=0.3, test=0.1), crop_regions=False, workers=1)
    return import_records(records, UPath(folder / "snapshot"), options).snapshot


def items_in(model: Model[Any, Any], made: Snapshot) -> Sequence[Item]:
    return model.task.items(made.samples())


def test_evaluate_takes_what_was_answered_about_a_snapshot(model: Lines, tmp_path: Path) -> None:
    made = snapshot(tmp_path / "lines", 40)
    samples = list(made.samples())
    answers = answer_items(model, items_in(model, made), made, name="lines")
    written = tmp_path / "predictions.jsonl"
    written.write_bytes(encode(model.task, answers))
    back = read_answers(UPath(written), model.task)
    assert back.answers == answers.answers
    assert [(one.id, one.first.text, one.group, one.first.image) for one in back.items] == [
        (one.id, one.text, one.group, one.image) for one in samples
    ]
    assert [one.meta for one in back.items] == [
        {"writer": one.meta["writer"], "split": one.split, "source": "noise"} for one in samples
    ]
    assert len({one.text for one in back.answers}) > 35
    assert {one.split for one in samples} > {"train", "val"}
    val = [one for one in answers.items if one.split == "val"]
    some = answer_items(model, val, made, name="val").answers
    assert some == tuple(said for one, said in zip(answers.items, answers.answers, strict=True) if one in val)
    with pytest.raises(PredictionError, match="nothing: no predictions"):
        answer_items(model, [], made, name="nothing")


def test_the_order_and_the_answers_do_not_depend_on_threads(model: Lines, tmp_path: Path) -> None:
    assert isinstance(model.predictor, Recogniser)
    made = snapshot(tmp_path / "lines", 300)
    items = items_in(model, made)
    done: list[tuple[int, int | None]] = []
    alone = replace(model, predictor=replace(model.predictor, threads=1))
    one = answer_items(alone, items, made, name="one", progress=lambda *at: done.append(at))
    many = replace(model, predictor=replace(model.predictor, threads=3))
    assert answer_items(many, items, made, name="three").answers == one.answers
    assert done == [(128, 300), (256, 300), (300, 300)]


class Watched(RecognitionTask):
    """Remembers which thread opened which image, and with which outcome."""

    def __init__(self, family: Any) -> None:
        super().__init__(family)
        self.opened_by: list[tuple[str, str]] = []

    def opened(self, raw: Raw, allowance: Allowance) -> Opened[Any]:
        opened = super().opened(raw, allowance)
        self.opened_by.append((Path(raw.name).name, threading.current_thread().name.partition("_")[0]))
        return opened


@pytest.mark.parametrize(("threads", "small_by"), [(1, "MainThread"), (9, "model")])
def test_small_images_are_opened_ahead_and_large_ones_by_the_model(
    model: Lines, tmp_path: Path, threads: int, small_by: str
) -> None:
    contents = {
        "bad.png": b"no image",
        "few-bytes.png": encoded(Image.new("L", (900, 900))),
        "many-bytes.png": png(300, 1, 300),
        "small.png": png(64),
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    assert isinstance(model.predictor, Recogniser)
    task = Watched(model.task.family)
    watched = Model(task, replace(model.predictor, threads=threads))
    bad, *good = answer_images(watched, images_in(UPath(tmp_path)))
    assert isinstance(bad, Problem)
    assert bad.rule == "image.unknown"
    assert [one[0].id for one in good if not isinstance(one, Problem)] == [
        str(tmp_path / name) for name in list(contents)[1:]
    ]
    expected = {"small.png": small_by, "few-bytes.png": "model", "many-bytes.png": "model"}
    assert sorted(task.opened_by) == sorted(expected.items())


def test_a_model_is_loaded_once_whichever_thread_comes_first() -> None:
    barrier, loaded = threading.Barrier(4), []

    def load() -> Engine:
        loaded.append(threading.get_ident())
        time.sleep(0.1)
        return lambda batch: batch + 1

    engine = lazily(load)

    def answer(number: int) -> float:
        barrier.wait(20)
        return float(engine(np.full(1, number, np.float32))[0])

    assert loaded == []
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(answer, range(4))) == [1, 2, 3, 4]
    assert len(loaded) == 1


def test_an_archive_is_opened_and_both_engines_answer_the_same(tiny: Artifact, tmp_path: Path) -> None:
    shutil.make_archive(str(tmp_path / "model"), "gztar", tiny.folder)
    images = tmp_path / "images"
    images.mkdir()
    for number in range(12):
        (images / f"{number}.png").write_bytes(png(64, number))
    read = []
    for engine in ("onnx", "paddle"):
        out = tmp_path / f"{engine}.jsonl"
        predict(str(tmp_path / "model.tar.gz"), [str(images)], str(out), engine=engine)
        read.append([json.loads(line)["prediction"] for line in out.read_text().splitlines()])
    assert read[0] == read[1]
    assert len(set(read[0])) == 12
    assert IMAGE.open(tiny, "paddle").threads == 1


def test_lines_are_cut_out_of_pages_and_what_has_no_text_is_refused(
    tiny: Artifact, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = snapshot(tmp_path / "pages", 6, regions=True)
    out = tmp_path / "predictions.jsonl"
    predict(str(tiny.folder), [str(made.folder)], str(out))
    assert [json.loads(line)["id"] for line in out.read_text().splitlines()] == [
        one.id for one in made.samples()
    ]
    said = capsys.readouterr().err
    assert "cut 6 lines out of pages" in said
    assert "glyphline corpus cut" in said  # else no report shows them
    symbols = snapshot(tmp_path / "symbols", 3, labelled=False)
    with pytest.raises(GlyphlineError, match="no line; expected at least one"):
        predict(str(tiny.folder), [str(symbols.folder)], str(tmp_path / "nothing.jsonl"))
    with pytest.raises(CorpusError, match="no image here"):
        images_in(UPath(tmp_path / "nowhere"))


def test_a_snapshot_that_lost_an_image_is_not_answered_in_part(model: Lines, tmp_path: Path) -> None:
    made = snapshot(tmp_path / "lines", 3)
    lost = made.image_path(list(made.samples())[1])
    lost.unlink()
    with pytest.raises(ImageError, match=f"{lost.name}: an image that cannot be read"):
        answer_items(model, items_in(model, made), made, name="lines")


def test_an_image_that_cannot_be_read_is_named_and_spoils_no_other(model: Lines, tmp_path: Path) -> None:
    for name, data in (
        ("a.png", png(64, 1)),
        ("b/b.PNG", png(90)[:-40]),
        ("c.jpg", png(64, 1)),
        ("d.txt", b""),
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    first, bad, last = answer_images(model, images_in(UPath(tmp_path)))
    assert isinstance(bad, Problem)
    assert (bad.rule, bad.file) == ("image.truncated", str(tmp_path / "b" / "b.PNG"))
    assert not isinstance(first, Problem)
    assert not isinstance(last, Problem)
    assert (first[0].id, first[1]) == (str(tmp_path / "a.png"), last[1])


def test_the_command_answers_a_snapshot(tiny: Artifact, tmp_path: Path) -> None:
    made = snapshot(tmp_path / "lines", 40)
    out = tmp_path / "predictions.jsonl"
    done = glyphline("predict", tiny.folder, made.folder, "--split", "val", "--out", out)
    assert done.returncode == 0, done.stderr
    count = made.description.counts["val"]
    assert f"{count} lines answered by model {tiny.version}" in done.stderr
    assert "note" not in done.stderr
    evaluated = glyphline("evaluate", out, "--images", made.folder, "--json")
    assert json.loads(evaluated.stdout)["items"] == count


def test_the_command_answers_images_and_names_what_it_cannot(tiny: Artifact, tmp_path: Path) -> None:
    (tmp_path / "good.png").write_bytes(png(64))
    (tmp_path / "bad.png").write_bytes(b"no image")
    out = tmp_path / "predictions.jsonl"
    done = glyphline("predict", tiny.folder, tmp_path / "good.png", tmp_path / "bad.png", "--out", out)
    assert done.returncode == 1
    assert "bad.png: not an image" in done.stderr
    (line,) = [json.loads(line) for line in out.read_text().splitlines()]
    assert line.keys() == {"id", "prediction", "confidence", "characters"}
    out.unlink()
    done = glyphline("predict", tiny.folder, tmp_path / "bad.png", "--out", out)
    assert (done.returncode, out.exists()) == (2, False)


def test_what_the_command_cannot_do_is_said_before_it_works(tiny: Artifact, tmp_path: Path) -> None:
    image = tmp_path / "a.png"
    image.write_bytes(png(64))
    out = tmp_path / "x"
    for artifact, data, split, target, told in (
        (tiny.folder, image, "val", out, "--split without a snapshot"),
        (tiny.folder, image, None, tmp_path / "no" / "x", "not a folder"),
        (tiny.folder, image, None, tmp_path, "not a file"),
        (tmp_path, image, None, out, "no model artifact here"),
        (tiny.folder, tmp_path / "gone", None, out, "no snapshot here"),
    ):
        with pytest.raises(GlyphlineError, match=told):
            predict(str(artifact), [str(data)], str(target), split)
    assert not out.exists()


def test_another_images_model_is_refused(tiny: Artifact, tmp_path: Path) -> None:
    shutil.copytree(tiny.folder, tmp_path / "other")
    (tmp_path / "other" / ARTIFACT_FILE).unlink()
    changes = {"image": "vlm", "network": Network(name="x")}
    other = complete(tmp_path / "other", tiny.description.model_copy(update=changes))
    with pytest.raises(ArtifactError, match="made by the image 'vlm'"):
        IMAGE.open(other)
    (tmp_path / "a.png").write_bytes(png(64))
    with pytest.raises(GlyphlineError, match="the image 'vlm'"):
        predict(str(other.folder), [str(tmp_path / "a.png")], str(tmp_path / "x"))
