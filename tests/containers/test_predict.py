"""Asking about whole datasets: what comes out is what `glyphline evaluate` takes."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sheets
from PIL import Image
from servers import GLYPHLINE, encoded, png
from tiny_artifact import tiny_detector
from upath import UPath

from cli.predict import predict
from config.errors import GlyphlineError, Problem
from config.protocol import ARTIFACT_FILE
from config.tasks import any_family
from containers.common.artifact import Artifact, complete
from containers.common.description import Network
from containers.common.errors import ArtifactError
from containers.common.predictions import Model, answer_images, answer_items, images_in
from containers.common.shipped import served_task
from containers.paddle.image import IMAGE
from containers.runtime.engine import Engine, lazily
from containers.runtime.recogniser import Recogniser
from corpus import formats
from corpus.errors import CorpusError, ImageError
from corpus.ingest import Options, import_records
from corpus.items import Item
from corpus.records import Record
from corpus.snapshot import Snapshot
from corpus.splits import SplitPolicy
from evaluation.errors import PredictionError
from tasks import task_of
from tasks.answers import Answers, encode
from tasks.detection.answer import Boxes
from tasks.reading import read_answers
from tasks.recognition.answer import Reading

Lines = Model[Any, Reading]


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [GLYPHLINE, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def model(tiny: Artifact) -> Lines:
    return Model(served_task(tiny), IMAGE.open(tiny))


@pytest.fixture(scope="module")
def detector(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    return tiny_detector(tmp_path_factory.mktemp("detector"))


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """A snapshot of 12 drawn pages and one empty one."""
    folder = tmp_path_factory.mktemp("pages")
    labels = sheets.write_pages(folder / "labels", 12)
    (labels / "images/empty.png").write_bytes(encoded(Image.new("L", (256, 192), 255)))
    with (labels / "train.txt").open("a") as file:
        file.write("images/empty.png\t[]\n")
    records = formats.read("paddle-det", UPath(labels))
    options = Options("sheets", SplitPolicy(golden=0.0), crop_regions=False)
    return import_records(records, UPath(folder / "snapshot"), options).snapshot


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


@dataclass(frozen=True)
class Meeting:
    """A predictor of boxes whose threads wait for one another before they answer."""

    barrier: threading.Barrier
    version: str = "0"

    @property
    def threads(self) -> int:
        return self.barrier.parties

    def warm_up(self) -> None:
        """It is."""

    def predict(self, inputs: Iterable[object]) -> list[Boxes]:
        given = list(inputs)
        self.barrier.wait(20)
        return [Boxes((), ())] * len(given)


def test_a_few_pages_are_shared_by_all_threads(pages: Snapshot) -> None:
    task = task_of(any_family("detection"))
    items = task.items(pages.samples())[:12]
    done: list[int] = []
    met = Model(task, Meeting(threading.Barrier(3)))
    answers = answer_items(met, items, pages, name="pages", progress=lambda at, _: done.append(at))
    assert len(answers.answers) == 12
    assert done == list(range(1, 13))  # so soon is a stop heard


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
    done = run("predict", tiny.folder, made.folder, "--split", "val", "--out", out)
    assert done.returncode == 0, done.stderr
    count = made.description.counts["val"]
    assert f"{count} lines answered by model {tiny.version}" in done.stderr
    assert "note" not in done.stderr
    evaluated = run("evaluate", out, "--images", made.folder, "--json")
    assert json.loads(evaluated.stdout)["items"] == count


def test_the_command_answers_images_and_names_what_it_cannot(tiny: Artifact, tmp_path: Path) -> None:
    (tmp_path / "good.png").write_bytes(png(64))
    (tmp_path / "bad.png").write_bytes(b"no image")
    out = tmp_path / "predictions.jsonl"
    done = run("predict", tiny.folder, tmp_path / "good.png", tmp_path / "bad.png", "--out", out)
    assert done.returncode == 1
    assert "bad.png: not an image" in done.stderr
    (line,) = [json.loads(line) for line in out.read_text().splitlines()]
    assert line.keys() == {"id", "prediction", "confidence", "characters"}
    out.unlink()
    done = run("predict", tiny.folder, tmp_path / "bad.png", "--out", out)
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


# --- pages


def test_the_command_answers_a_snapshot_of_pages_and_evaluate_takes_them(
    detector: Artifact, pages: Snapshot, tmp_path: Path
) -> None:
    out, report = tmp_path / "boxes.jsonl", tmp_path / "report.html"
    done = run("predict", detector.folder, pages.folder, "--out", out)
    assert done.returncode == 0, done.stderr
    assert f"13 pages answered by model {detector.version}" in done.stderr
    read = read_answers(UPath(out), task_of(any_family("detection")))
    assert sum(len(one.regions) for one in read.items) == sum(
        one.polygon is not None for one in pages.samples()
    )
    assert {len(one.regions) for one in read.items} >= {0}
    assert sum(len(one.polygons) for one in read.answers) > 12
    asked = ("--family", "pid-det", "--images", pages.folder, "--report", report, "--json")
    evaluated = run("evaluate", out, *asked)
    assert evaluated.returncode in (0, 1), evaluated.stderr
    found = json.loads(evaluated.stdout)
    assert (found["task"], found["headline"], found["items"]) == ("detection", "hmean", 13)
    assert 0.0 < found["error"] <= 1.0
    assert {one["name"] for one in found["figures"]} >= {"hmean", "hmean_75", "precision", "recall"}
    assert report.exists()
    shown = run("evaluate", out, "--family", "pid-det", "--against", out)
    assert "13 pages of 13 groups" in shown.stdout
    assert "hmean (IoU 0.5)" in shown.stdout


def test_the_command_answers_images_of_pages(detector: Artifact, pages: Snapshot, tmp_path: Path) -> None:
    out = tmp_path / "boxes.jsonl"
    images = {one.image for one in pages.samples()}
    predict(str(detector.folder), [str(pages.folder / "images")], str(out))
    read = [json.loads(line) for line in out.read_text().splitlines()]
    assert {one["id"] for one in read} == {str(pages.folder / str(image)) for image in images}
    assert all(one.keys() == {"id", "answer"} for one in read)
    assert sum(len(one["answer"]["polygons"]) for one in read) > 12
    # nobody said what is on them: that is no page without texts
    with pytest.raises(GlyphlineError, match=r"boxes\.jsonl:1: an answer about an image without labels"):
        read_answers(UPath(out), task_of(any_family("detection")))


def test_a_record_of_another_task_is_refused_with_its_line(
    model: Lines, pages: Snapshot, tmp_path: Path
) -> None:
    task = task_of(any_family("detection"))
    items = task.items(pages.samples())[:2]
    boxes = Boxes((((1.0, 2.0), (9.0, 2.0), (9.0, 5.0)),), (0.5,))
    mixed = tmp_path / "mixed.jsonl"
    whole = encode(task, Answers("pages", tuple(items), (boxes, boxes)))
    line = b'{"id":"a","reference":"x","prediction":"y"}\n'
    assert read_answers(UPath(_written(mixed, whole)), task).answers == (boxes, boxes)
    with pytest.raises(GlyphlineError, match=r"mixed\.jsonl:3: a record that is none of detection"):
        read_answers(UPath(_written(mixed, whole + line)), task)
    with pytest.raises(GlyphlineError, match=r"mixed\.jsonl:2: "):
        read_answers(UPath(_written(mixed, line + whole)), model.task)
    with pytest.raises(GlyphlineError, match=r"mixed\.csv: the ending '\.csv'; expected \.jsonl or \.ndjson"):
        read_answers(UPath(_written(tmp_path / "mixed.csv", b"id,reference,prediction\na,x,y\n")), task)


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path
