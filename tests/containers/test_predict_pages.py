"""Asking about pages: they are shared out, answered whole, and judged by their own task."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest
import sheets
from homes import glyphline
from PIL import Image
from servers import encoded
from tiny_artifact import tiny_detector
from upath import UPath

from cli.predict import predict
from config.errors import GlyphlineError
from config.tasks import any_family
from containers.common.artifact import Artifact
from containers.common.predictions import Model, answer_items
from corpus import formats
from corpus.ingest import Options, import_records
from corpus.snapshot import Snapshot
from corpus.splits import SplitPolicy
from tasks import task_of
from tasks.answers import Answers, encode
from tasks.detection.answer import Boxes
from tasks.reading import read_answers


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


def test_the_command_answers_a_snapshot_of_pages_and_evaluate_takes_them(
    detector: Artifact, pages: Snapshot, tmp_path: Path
) -> None:
    out, report = tmp_path / "boxes.jsonl", tmp_path / "report.html"
    done = glyphline("predict", detector.folder, pages.folder, "--out", out)
    assert done.returncode == 0, done.stderr
    assert f"13 pages answered by model {detector.version}" in done.stderr
    read = read_answers(UPath(out), task_of(any_family("detection")))
    assert sum(len(one.regions) for one in read.items) == sum(
        one.polygon is not None for one in pages.samples()
    )
    assert {len(one.regions) for one in read.items} >= {0}
    assert sum(len(one.polygons) for one in read.answers) > 12
    asked = ("--family", "pid-det", "--images", pages.folder, "--report", report, "--json")
    evaluated = glyphline("evaluate", out, *asked)
    assert evaluated.returncode in (0, 1), evaluated.stderr
    found = json.loads(evaluated.stdout)
    assert (found["task"], found["headline"], found["items"]) == ("detection", "hmean", 13)
    assert 0.0 < found["error"] <= 1.0
    assert {one["name"] for one in found["figures"]} >= {"hmean", "hmean_75", "precision", "recall"}
    assert report.exists()
    shown = glyphline("evaluate", out, "--family", "pid-det", "--against", out)
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


def test_a_record_of_another_task_is_refused_with_its_line(pages: Snapshot, tmp_path: Path) -> None:
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
        read_answers(UPath(_written(mixed, line + whole)), task_of(any_family("recognition")))
    with pytest.raises(GlyphlineError, match=r"mixed\.csv: the ending '\.csv'; expected \.jsonl or \.ndjson"):
        read_answers(UPath(_written(tmp_path / "mixed.csv", b"id,reference,prediction\na,x,y\n")), task)


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path
