"""The processing jobs on small data: what they deliver, and what they refuse before money is spent."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import digits
import growing
import pytest
import sheets
from upath import UPath

from config.gate import GatePolicy
from containers.common.artifact import Artifact, complete
from containers.common.contract import ROOT_VARIABLE
from containers.common.entry import FAILURE_BYTES, Stop, StoppedError
from containers.common.errors import JobError
from containers.common.jobs import evaluate as evaluation
from containers.common.jobs import prepare
from containers.common.jobs.prepare import doubts
from containers.common.tracking import URI_VARIABLE
from containers.paddle import evaluate
from containers.paddle.__main__ import main
from corpus import formats
from corpus.increment import part
from corpus.ingest import Options, import_records
from corpus.snapshot import Snapshot, open_snapshot
from corpus.splits import SplitPolicy
from evaluation.reading import read_predictions

ROOT = Path(__file__).parents[2]
CARD = """
import json, sys
from sagemaker.core.shapes.model_card_shapes import ModelCardContent
text = sys.stdin.read()
known = ModelCardContent.model_validate_json(text).model_dump_json(exclude_unset=True)
sys.exit(json.loads(known) != json.loads(text))
"""
"""Fails where the SDK knows a key or a value not at all, or otherwise; its import is slow and warns."""


@dataclass(frozen=True)
class Home:
    """A dataset that grew, the family, and a champion that has learnt from its first snapshot."""

    folder: Path
    first: Snapshot
    second: Snapshot
    champion: Path

    def inputs(self, **others: Path | None) -> dict[str, Path | None]:
        return {"data": self.folder / "data", "config": self.folder / "config", **others}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, tiny: Artifact) -> Home:
    folder = tmp_path_factory.mktemp("jobs")
    (folder / "config").mkdir()
    digits.write_family(folder / "config")
    first = growing.write_first(folder, "0123", 240)
    second = growing.write_more(folder, "0456", 120)
    return Home(folder, first, second, _model(tiny, folder / "champion", first.description.hash))


def _model(tiny: Artifact, folder: Path, snapshot: str | None, family: str = "digits") -> Path:
    shutil.copytree(tiny.folder, folder)
    origin = tiny.description.provenance.model_copy(update={"snapshot": snapshot})
    complete(folder, tiny.description.model_copy(update={"family": family, "provenance": origin}))
    return folder


def _run(monkeypatch: pytest.MonkeyPatch, root: Path, *words: str) -> tuple[int, str]:
    """Return the exit code of a job and its message."""
    monkeypatch.setenv(ROOT_VARIABLE, str(root))
    code = main(words)
    message = root / "output/message"
    return code, message.read_text() if message.exists() else ""


def _process(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, ROOT_VARIABLE: str(root)}
    command = [sys.executable, "-m", "containers.paddle", *words]
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)


def _splits(folder: Path) -> Counter[str]:
    return Counter(sample.split for sample in open_snapshot(str(folder)).samples())


# --- prepare


def test_what_is_new_is_learnt_and_what_is_old_replayed(home: Home, tmp_path: Path) -> None:
    job = growing.processing(tmp_path, home.inputs(champion=home.champion))
    ended = _process(tmp_path, "prepare", "--snapshot", home.second.description.hash, "--replay-share", "0.4")
    assert ended.returncode == 0, ended.stderr
    out = job.processing_output("train").parent
    assert _splits(out / "train") == {"train": 80, "val": 20}
    replayed = _splits(out / "replay")
    assert replayed["val"] == 30
    assert 40 < replayed["train"] < 80
    heldout = list(open_snapshot(str(out / "heldout")).samples())
    assert Counter((one.split, one.meta["age"]) for one in heldout) == {
        ("test", "old"): 30,
        ("golden", "old"): 30,
        ("test", "new"): 20,
    }
    assert {one.source for one in open_snapshot(str(out / "train")).samples()} == {"more"}
    assert set(open_snapshot(str(out / "replay")).charset.entries) == set("0123")
    assert "held out: 60 old, 20 new" in ended.stdout
    assert "warning" not in ended.stdout
    assert growing.files(out / "train") == ["images", "manifest.jsonl", "problems.jsonl", "snapshot.json"]


def test_the_first_run_has_nothing_to_replay(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = growing.processing(tmp_path, home.inputs(champion=None))
    assert _run(monkeypatch, tmp_path, "prepare", "--snapshot", home.first.description.hash) == (0, "")
    assert _splits(job.processing_output("train")) == {"train": 150, "val": 30}
    assert growing.files(job.processing_output("replay")) == ["nothing.json"]
    heldout = open_snapshot(str(job.processing_output("heldout"))).samples()
    assert {one.meta["age"] for one in heldout} == {"new"}


def test_pages_are_cut_into_lines(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    labels = sheets.write_pages(tmp_path / "labels", 24)
    (labels / "label.txt").write_text((labels / "train.txt").read_text() + (labels / "val.txt").read_text())
    for split in ("train", "val"):
        (labels / f"{split}.txt").unlink()
    options = Options("sheets", SplitPolicy(val=0.2, test=0.2, golden=0.1), crop_regions=False)
    records = formats.read("paddle-det", UPath(labels))
    pages = import_records(records, UPath(tmp_path / "pages"), options).snapshot
    inputs = {"data": tmp_path / "pages", "champion": None, "config": home.folder / "config"}
    job = growing.processing(tmp_path / "ml", inputs)
    assert _run(monkeypatch, job.root, "prepare", "--snapshot", pages.description.hash) == (0, "")
    lines = [
        sample
        for name in ("train", "heldout")
        for sample in open_snapshot(str(job.processing_output(name))).samples()
    ]
    assert all(one.polygon is None and "crop" in one.meta and one.text for one in lines)
    texts = {one.id: one.split for one in pages.samples() if one.text}
    assert {one.id: one.split for one in lines} == texts


def _nobody(_home: Home, _tiny: Artifact, _folder: Path) -> dict[str, Path | None]:
    return {}


def _of_another_family(home: Home, tiny: Artifact, folder: Path) -> dict[str, Path | None]:
    return {"champion": _model(tiny, folder / "m", home.first.description.hash, "letters")}


def _no_artifact(_home: Home, _tiny: Artifact, folder: Path) -> dict[str, Path | None]:
    (folder / "m").mkdir()
    (folder / "m/notes.txt").write_text("no model")
    return {"champion": folder / "m"}


def _of_another_dataset(_home: Home, tiny: Artifact, folder: Path) -> dict[str, Path | None]:
    return {"champion": _model(tiny, folder / "m", None)}


def _of_the_same_snapshot(home: Home, tiny: Artifact, folder: Path) -> dict[str, Path | None]:
    return {"champion": _model(tiny, folder / "m", home.second.description.hash)}


def _detectors(_home: Home, _tiny: Artifact, folder: Path) -> dict[str, Path | None]:
    (folder / "c").mkdir()
    sheets.write_family(folder / "c")
    return {"config": folder / "c"}


def _no_family(_home: Home, _tiny: Artifact, folder: Path) -> dict[str, Path | None]:
    (folder / "c").mkdir()
    (folder / "c/pid-rec.yaml").touch()
    return {"config": folder / "c"}


BAD = {
    "champion of another family": (
        _of_another_family,
        [],
        "the input 'champion' (artifact.json): a model of the family 'letters'",
    ),
    "champion that is none": (_no_artifact, [], "the input 'champion': no model artifact here; expected"),
    "champion of another dataset": (
        _of_another_dataset,
        [],
        "learnt from snapshot 000000000000; expected one",
    ),
    "champion of this snapshot": (_of_the_same_snapshot, [], "nothing new: the champion"),
    "family of detectors": (_detectors, [], "pipelines of detection families are not supported yet"),
    "no family": (_no_family, [], "family.yaml: no such file"),
    "no data": (lambda *_: {"data": None}, [], "processing input 'data' that says there is none"),
    "share above 1": (_nobody, ["--replay-share", "1.5"], "'--replay-share' is '1.5'; expected less than or"),
    "misspelt argument": (_nobody, ["--replay", "1"], "Did you mean '--replay-share'?"),
    "argument without a value": (_nobody, ["--replay-share"], "'--replay-share' without a value"),
    "argument twice": (_nobody, ["--snapshot", "0"], "'--snapshot' twice"),
    "no argument": (_nobody, ["0.5", "1"], "the argument '0.5'; expected --NAME VALUE"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_prepared_is_one_sentence(
    home: Home, tiny: Artifact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    make, words, said = BAD[name]
    inputs = {**home.inputs(champion=home.champion), **make(home, tiny, tmp_path)}
    job = growing.processing(tmp_path / "ml", inputs)
    whole = ("prepare", "--snapshot", home.second.description.hash, *words)
    code, message = _run(monkeypatch, job.root, *whole)
    assert code == 2
    assert said in message
    assert "\n" not in message
    assert not any(growing.files(job.processing_output(one)) for one in ("train", "replay", "heldout"))


def test_a_snapshot_that_vanished_is_named(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    growing.processing(tmp_path, home.inputs(champion=None))
    for word in ("prepare", "examine"):
        code, message = _run(monkeypatch, tmp_path, word, "--snapshot", "d" * 64)
        assert code == 2
        assert f"0 snapshots whose hash begins with {'d' * 64}" in message


def test_a_stop_leaves_nothing(home: Home, tmp_path: Path) -> None:
    job, stop = growing.processing(tmp_path, home.inputs(champion=None)), Stop()
    stop.tell()
    with pytest.raises(StoppedError):
        prepare.main(job, stop, ["--snapshot", home.first.description.hash])
    assert not any(growing.files(job.processing_output(one)) for one in ("train", "replay", "heldout"))


def test_what_no_training_could_use_is_refused(home: Home) -> None:
    samples = list(home.second.samples())
    old = {one.id for one in home.first.samples()}
    whole = part(samples, old, 1.0)
    prepare.refuse_useless(whole, "data")
    val = part([one for one in samples if one.split != "val"], old, 1.0)
    with pytest.raises(JobError, match="no sample to validate on"):
        prepare.refuse_useless(val, "data")
    with pytest.raises(JobError, match="no new sample to train on"):
        prepare.refuse_useless(part(samples, {one.id for one in samples}, 1.0), "data")
    unmeasured = part([one for one in samples if one.split in ("train", "val")], old, 1.0)
    with pytest.raises(JobError, match="no sample to measure on"):
        prepare.refuse_useless(unmeasured, "data")


def test_slices_too_small_for_the_gate_are_warned_of(home: Home) -> None:
    samples = list(home.second.samples())
    old = {one.id for one in home.first.samples()}
    few = [one for one in samples if one.split != "golden" and (one.id in old or one.split != "test")]
    gate = GatePolicy(guarded_slices=("split=golden", "age=old", "source=*"))
    assert list(doubts(part(samples, old, 1.0), gate, first=False)) == []
    golden, new = doubts(part(few, old, 1.0), gate, first=False)
    assert "0 held-out lines in split=golden: the gate cannot" in golden
    assert "0 held-out lines in age=new" in new
    (golden,) = doubts(part(few, (), 1.0), gate, first=True)
    assert "the gate of the next version" in golden


# --- examine


def test_data_that_can_be_learnt_passes(home: Home, tmp_path: Path) -> None:
    job = growing.processing(tmp_path, home.inputs())
    ended = _process(tmp_path, "examine", "--snapshot", home.first.description.hash)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("PASSED")
    out = job.processing_output("report")
    assert growing.files(out) == ["examination.json", "report.html"]
    found = json.loads((out / "examination.json").read_text())
    assert found["snapshot"] == home.first.description.hash  # though the folder has grown since
    assert not (tmp_path / "output").exists()


def test_data_that_cannot_is_refused_with_its_report(
    tmp_path: Path, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = [*digits.texts_of("01234", 70), *["0123401234"] * 30]
    digits.write_labels(tmp_path / "labels", labels)
    records = formats.read("paddle-rec", UPath(tmp_path / "labels"))
    data = import_records(records, UPath(tmp_path / "data"), Options("bad")).snapshot
    job = growing.processing(tmp_path / "ml", {**home.inputs(), "data": tmp_path / "data"})
    code, message = _run(monkeypatch, job.root, "examine", "--snapshot", data.description.hash)
    assert code == 1
    assert "data/manifest.jsonl:57: bad/images/71.png: 10 code points in '0123401234'" in message
    assert "Raise max_text_length in the family" in message
    assert "at best 70.0 % exact match (56 of 80)" in message
    assert len(message.encode()) <= FAILURE_BYTES
    assert growing.files(job.processing_output("report")) == ["examination.json", "report.html"]


# --- evaluate


def _heldout(home: Home, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    job = growing.processing(folder, home.inputs(champion=home.champion))
    assert _run(monkeypatch, folder, "prepare", "--snapshot", home.second.description.hash)[0] == 0
    return job.processing_output("heldout")


def _decided(out: Path) -> Mapping[str, object]:
    decision: Mapping[str, object] = json.loads((out / "decision.json").read_text())
    assert all(type(value) in (str, int, float) for value in decision.values())
    return decision


def test_both_models_are_measured_on_the_same_lines(
    home: Home, tiny: Artifact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = _model(tiny, tmp_path / "unpacked", home.second.description.hash)
    (tmp_path / "model").mkdir()
    with tarfile.open(tmp_path / "model/model.tar.gz", "w:gz") as tar:
        tar.add(model, arcname=".")
    heldout = _heldout(home, tmp_path / "prepare", monkeypatch)
    inputs = {"model": tmp_path / "model", "champion": home.champion, "heldout": heldout}
    job = growing.processing(tmp_path / "ml", {**inputs, "config": home.folder / "config"})
    ended = _process(job.root, "evaluate", "--max-cer", "1", "--max-regression", "0.01")
    assert ended.returncode == 0, ended.stderr
    out = job.processing_output("evaluation")
    assert growing.files(out) == [
        "candidate.jsonl",
        "champion.jsonl",
        "decision.json",
        "evaluation.json",
        "report-plots",
        "report.html",
    ]
    decision = _decided(out)
    assert decision["snapshot"] == home.second.description.hash
    assert decision["parent"] == "none"
    evaluation = json.loads((out / "evaluation.json").read_text())
    checks = {one["name"]: one for one in evaluation["gate"]["checks"]}
    assert checks["CER"]["limit"] == 1.0
    assert checks["no regression on age=old"]["limit"] == 0.01
    assert {one["name"] for one in evaluation["slices"]} >= {"split=golden", "age=old", "age=new"}
    assert evaluation["artifact"]["latency_p95_ms"] > 0
    assert evaluation["artifact"]["size_mb"] > 0
    lines = read_predictions(out / "candidate.jsonl").lines
    assert {one.meta["age"] for one in lines} == {"old", "new"}
    assert len(lines) == 80
    card = str(decision["model_card"])
    assert len(card) <= 100_000
    assert "\n" not in card  # the field's pattern is .*
    subprocess.run([sys.executable, "-c", CARD], input=card, text=True, check=True)


def test_a_gate_that_fails_is_no_failure_of_the_job(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heldout = _heldout(home, tmp_path / "prepare", monkeypatch)
    inputs = {"model": home.champion, "champion": None, "heldout": heldout}
    job = growing.processing(tmp_path / "ml", {**inputs, "config": home.folder / "config"})
    assert _run(monkeypatch, job.root, "evaluate") == (0, "")
    decision = _decided(job.processing_output("evaluation"))
    assert decision["failures"] == 1
    assert "at most 10.00 % is allowed" in str(decision["summary"])


MOMENTS = ("collect", "latency_p95_ms", "with_quality", "write_report")


@pytest.mark.parametrize("moment", MOMENTS)
def test_an_evaluation_leaves_wherever_it_is(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    stop, begun = Stop(), []

    def watched(name: str, original: Any) -> Any:
        def call(*given: object, **more: object) -> object:
            begun.append(name)
            if name == moment:
                stop.tell()
            return original(*given, **more)

        return call

    for name in (*MOMENTS, "log_run"):
        monkeypatch.setattr(evaluation, name, watched(name, getattr(evaluation, name)))
    monkeypatch.setenv(URI_VARIABLE, f"sqlite:///{tmp_path}/mlflow.db")
    heldout = _heldout(home, tmp_path / "prepare", monkeypatch)
    inputs = {"model": home.champion, "champion": home.champion, "heldout": heldout}
    job = growing.processing(tmp_path / "ml", {**inputs, "config": home.folder / "config"})
    with pytest.raises(StoppedError):
        evaluate.main(job, stop, [])
    assert begun[-1] == moment
    assert growing.files(job.processing_output("evaluation")) == []


def test_a_champion_of_another_family_is_refused(
    home: Home, tiny: Artifact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = _model(tiny, tmp_path / "other", None, "letters")
    inputs = {"model": home.champion, "champion": other, "heldout": home.folder / "data"}
    job = growing.processing(tmp_path / "ml", {**inputs, "config": home.folder / "config"})
    code, message = _run(monkeypatch, job.root, "evaluate")
    assert code == 2
    assert message.startswith("the input 'champion' (artifact.json): a model of the family 'letters'")
    assert growing.files(job.processing_output("evaluation")) == []
