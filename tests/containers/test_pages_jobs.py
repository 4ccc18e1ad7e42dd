"""Pages through Prepare and Evaluate: no page is torn, and a detector is judged by its own figure."""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import growing
import homes
import pytest
import sheets
from PIL import Image as Pictures
from upath import UPath

from config.protocol import RUN_VARIABLE, TRACKING_VARIABLE
from config.tasks import any_family
from containers.common.artifact import Artifact, complete, versions
from containers.common.contract import Job
from containers.common.description import Description, Network, Provenance
from containers.common.entry import Stop
from containers.common.handover import HISTORY
from containers.common.hyperparameters import TrainingSettings
from containers.common.jobs import evaluate
from containers.common.jobs.lineage import facts_of, history_of
from containers.common.tracking import TrackedRun
from corpus import formats
from corpus.images import open_image
from corpus.ingest import Options, add_records, import_records
from corpus.items import Item, items_of
from corpus.records import Record
from corpus.snapshot import Snapshot, open_snapshot
from corpus.splits import SplitPolicy
from tasks import task_of
from tasks.detection.answer import Boxes
from tasks.detection.contract import Contract, PagePreprocessing
from tasks.reading import read_answers

TASK = task_of(any_family("detection"))
PAGES = 40
PARTS = ("train", "replay", "heldout")


@dataclass(frozen=True)
class Seen:
    """A predictor that knows what is on each page, by its pixels; of every third page it finds nothing."""

    known: Mapping[bytes, Boxes]
    missed: int
    version: str
    threads: int = 2

    def warm_up(self) -> None:
        """It is."""

    def predict(self, inputs: Iterable[Pictures.Image]) -> list[Boxes]:
        return [self._answer(one.tobytes()) for one in inputs]

    def _answer(self, pixels: bytes) -> Boxes:
        lost = self.missed and hashlib.sha256(pixels).digest()[0] % self.missed == 0
        return Boxes((), ()) if lost else self.known[pixels]


@dataclass(frozen=True)
class Stub:
    """What the jobs need of an image; `missed` of an artifact: every so many pages it finds nothing."""

    known: Mapping[bytes, Boxes]
    name: str = "paddle"
    tasks: frozenset[str] = frozenset({"detection"})
    settings: type[TrainingSettings] = TrainingSettings

    def open(self, artifact: Artifact, engine: str | None = None) -> Seen:
        assert engine is None
        return Seen(self.known, artifact.description.network.options["missed"], artifact.version)


@dataclass(frozen=True)
class Pages:
    """A snapshot of pages, and the one with three more regions on one of them."""

    folder: Path
    first: Snapshot
    second: Snapshot
    changed: str
    """The image of the page that got them."""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    folder = tmp_path_factory.mktemp("pages")
    (folder / "config").mkdir()
    sheets.write_family(folder / "config")
    labels = homes.write_unsplit_pages(folder / "labels", PAGES)
    options = Options("sheets", SplitPolicy(val=0.2, test=0.3, golden=0.1), crop_regions=False)
    records = formats.read("paddle-det", UPath(labels))
    first = import_records(records, UPath(folder / "data"), options).snapshot
    page = next(one for one in items_of(first.samples(), "image") if one.split == "train").first
    more = [
        Record(
            key=f"more-{n}",
            image=first.image_path(page),
            image_name="again.png",
            text=f"M{n}",
            file="more.txt",
            polygon=((1.0, 4.0 + 9 * n), (9.0, 4.0 + 9 * n), (9.0, 9.0 + 9 * n), (1.0, 9.0 + 9 * n)),
        )
        for n in range(3)
    ]
    second = add_records(first, more, Options("more", crop_regions=False)).snapshot
    return Pages(folder, first, second, str(page.image))


def _detector(folder: Path, snapshot: Snapshot, missed: int, history: list[dict[str, float]]) -> Artifact:
    """Write an artifact of a training that had steps, but no epochs."""
    folder.mkdir(parents=True)
    (folder / HISTORY).write_text(json.dumps(history))
    return complete(
        folder,
        Description(
            family="sheets",
            task="detection",
            image="paddle",
            network=Network(name="seen", options={"missed": missed}),
            contract=Contract(pages=PagePreprocessing(tile_px=64, overlap_px=16, grayscale=True)),
            provenance=Provenance(
                recipe="tiny",
                data="0" * 64,
                snapshot=snapshot.description.hash,
                seed=1,
                steps=700,
                figures={"hmean": 0.5},
                versions=versions(),
            ),
        ),
    )


STEPS = [{"step": 350.0, "train_loss": 0.5}, {"step": 700.0, "train_loss": 0.25, "val_hmean": 0.5}]


def _items(folder: Path) -> list[Item]:
    return items_of(open_snapshot(str(folder)).samples(), "image")


@pytest.fixture(scope="module")
def prepared(pages: Pages, tmp_path_factory: pytest.TempPathFactory) -> Job:
    folder = tmp_path_factory.mktemp("prepared")
    champion = _detector(folder / "champion", pages.first, 4, STEPS).folder
    inputs = {"data": pages.folder / "data", "config": pages.folder / "config", "champion": champion}
    job = growing.processing(folder / "ml", inputs)
    with pytest.MonkeyPatch.context() as monkeypatch:
        code, message = homes.run(
            monkeypatch, job.root, "prepare", "--snapshot", pages.second.description.hash
        )
    assert code == 0, message
    return job


def test_a_page_with_new_regions_is_new_as_a_whole(pages: Pages, prepared: Job) -> None:
    parts = {name: _items(prepared.processing_output(name)) for name in PARTS}
    whole = {one.id: one for one in items_of(pages.second.samples(), "image")}
    assert pages.second.description.samples == pages.first.description.samples + 3
    (new,) = parts["train"]
    assert new.id == pages.changed
    assert {one.source for one in new.samples} == {"sheets", "more"}
    assert sum(one.source == "more" for one in new.samples) == 3
    seen = Counter(one.id for items in parts.values() for one in items)
    assert seen == Counter(whole.keys())  # each page once, in one part
    assert len(whole) == PAGES
    for one in (one for items in parts.values() for one in items):
        assert [each.id for each in one.samples] == [each.id for each in whole[one.id].samples]
        assert len({each.split for each in one.samples}) == 1
    assert {one.split for one in parts["replay"]} == {"train", "val"}
    assert {one.split for one in parts["heldout"]} == {"test", "golden"}
    assert {each.meta["age"] for one in parts["heldout"] for each in one.samples} == {"old"}


def test_the_log_counts_pages(pages: Pages, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    champion = _detector(tmp_path / "champion", pages.first, 4, STEPS).folder
    inputs = {"data": pages.folder / "data", "config": pages.folder / "config", "champion": champion}
    growing.processing(tmp_path / "ml", inputs)
    with pytest.MonkeyPatch.context() as monkeypatch:
        homes.run(monkeypatch, tmp_path / "ml", "prepare", "--snapshot", pages.second.description.hash)
    said = capfd.readouterr().out
    splits = Counter(one.split for one in items_of(pages.first.samples(), "image"))
    heldout = splits["test"] + splits["golden"]
    assert "new: 1 to train on, 0 to validate on" in said
    assert f"replayed: {splits['train'] - 1} to train on, {splits['val']} to validate on; 0 old left" in said
    assert f"held out: {heldout} old, 0 new" in said
    assert "0 held-out texts of 0 groups in age=new" in said


def _known(snapshot: Snapshot) -> dict[bytes, Boxes]:
    known = {}
    for one in items_of(snapshot.samples(), "image"):
        pixels = open_image(snapshot.image_path(one.first).read_bytes(), one.id).tobytes()
        found = tuple(each.polygon for each in one.regions if each.polygon is not None)
        known[pixels] = Boxes(found, tuple(0.9 for _ in found))
    return known


def test_a_detector_is_judged_by_hmean(
    pages: Pages, prepared: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    champion = _detector(tmp_path / "champion", pages.first, 2, STEPS).folder
    candidate = _detector(tmp_path / "candidate", pages.second, 0, STEPS)
    (tmp_path / "packed").mkdir()
    with tarfile.open(tmp_path / "packed/model.tar.gz", "w:gz") as tar:
        tar.add(candidate.folder, arcname=".")
    heldout = prepared.processing_output("heldout")
    inputs = {"model": tmp_path / "packed", "champion": champion, "heldout": heldout}
    job = growing.processing(tmp_path / "ml", {**inputs, "config": pages.folder / "config"})
    logged: list[tuple[TrackedRun, str]] = []
    monkeypatch.setattr(evaluate, "log_run", lambda *given: logged.append(given))
    monkeypatch.setenv(TRACKING_VARIABLE, "sqlite:///nowhere.db")
    monkeypatch.setenv(RUN_VARIABLE, "run-3")
    image: Any = Stub(_known(pages.second))
    evaluate.main(job, Stop(), ["--max-error", "0.25"], image)
    out = job.processing_output("evaluation")
    decision = json.loads((out / "decision.json").read_text())
    assert (decision["task"], decision["headline"], decision["error"]) == ("detection", "hmean", 0.0)
    assert decision["figures"]["hmean"] == 1.0
    assert (decision["vocabulary_hash"], decision["confidence"]) == ("none", "none")
    assert (decision["limits"]["max_error"], decision["limits"]["max_regression"]) == (0.25, 0.02)
    assert decision["archive_sha256"] == _sha256(tmp_path / "packed/model.tar.gz")
    assert decision["report_sha256"] == _sha256(out / "report.html")
    found = json.loads((out / "evaluation.json").read_text())
    checks = {one["name"]: one for one in found["gate"]["checks"]}
    assert checks["1 − hmean (IoU 0.5)"]["limit"] == 0.25
    assert found["comparison"]["figures"][0]["difference"] > 0.1
    for name, empty in (("candidate", False), ("champion", True)):
        answers = read_answers(UPath(out / f"{name}.jsonl"), TASK)
        assert [one.id for one in answers.items] == [one.id for one in _items(heldout)]
        assert answers.items == tuple(_items(heldout))
        assert any(one == Boxes((), ()) for one in answers.answers) == empty
    ((run, _),) = logged
    assert (run.run, run.metrics["hmean"]) == ("run-3", 1.0)
    assert run.parameters == {"recipe": "tiny", "seed": "1", "steps": "700", "network": "seen"}
    assert run.curves == STEPS
    card = json.loads(decision["model_card"])
    said = card["training_details"]["training_job_details"]
    assert {one["name"]: one["value"] for one in said["hyper_parameters"]} == {
        "recipe": "tiny",
        "seed": "1",
        "steps": "700",
    }
    assert said["training_metrics"] == [{"name": "val_hmean", "value": 0.5}]
    assert card["evaluation_details"][0]["name"] == "held-out pages"


def test_a_stub_that_loses_pages_fails_the_gate(pages: Pages, prepared: Job, tmp_path: Path) -> None:
    candidate = _detector(tmp_path / "candidate", pages.second, 1, STEPS)
    inputs = {"model": candidate.folder, "champion": None, "heldout": prepared.processing_output("heldout")}
    job = growing.processing(tmp_path / "ml", {**inputs, "config": pages.folder / "config"})
    image: Any = Stub(_known(pages.second))
    evaluate.main(job, Stop(), [], image)
    decision = json.loads((job.processing_output("evaluation") / "decision.json").read_text())
    assert (decision["error"], decision["failures"], decision["archive_sha256"]) == (1.0, 1, "none")
    assert "1 − hmean (IoU 0.5): 100.00 %; at most 30.00 % is allowed" in decision["summary"]


def test_a_history_is_told_by_epoch_by_step_or_by_its_own_order(pages: Pages, tmp_path: Path) -> None:
    for name, history, steps in (
        ("epochs", [{"epoch": 1.0, "step": 9.0, "val": 0.5}, {"epoch": 2.0, "val": 0.4}], [1, 2]),
        ("steps", STEPS, [350, 700]),
        ("neither", [{"train_loss": 0.5}, {"train_loss": 0.4}], [1, 2]),
        ("nothing", [], []),
    ):
        made = _detector(tmp_path / name, pages.first, 0, history)
        points = facts_of(made, 5.0, None).training
        assert [one.step for one in points] == steps, name
        assert [next(iter(one.values)) for one in points] == [
            next(key for key in one if key not in ("epoch", "step")) for one in history
        ]
        assert all("epoch" in one or "step" in one for one in history_of(made))
    made = _detector(tmp_path / "bare", pages.first, 0, STEPS)
    (made.folder / HISTORY).unlink()
    assert history_of(complete(made.folder, made.description)) == []


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
