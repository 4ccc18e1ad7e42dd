"""Prepare and Examine on small data: what they deliver, and what they refuse before money is spent."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path

import digits
import growing
import pytest
import sheets
from homes import Home, make_home, model_of, process, run, write_unsplit_pages
from upath import UPath

from config.family import Family
from config.gate import GatePolicy
from config.tasks import any_family
from containers.common.artifact import Artifact
from containers.common.entry import FAILURE_BYTES, Stop, StoppedError
from containers.common.errors import JobError
from containers.common.jobs import prepare
from containers.common.jobs.prepare import doubts
from corpus import formats
from corpus.increment import Increment, part
from corpus.ingest import Options, import_records
from corpus.items import items_of
from corpus.sample import Sample
from corpus.snapshot import open_snapshot
from corpus.splits import SplitPolicy
from tasks import task_of


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, tiny: Artifact) -> Home:
    return make_home(tmp_path_factory.mktemp("jobs"), tiny)


def _splits(folder: Path) -> Counter[str]:
    return Counter(sample.split for sample in open_snapshot(str(folder)).samples())


# --- prepare


def test_what_is_new_is_learnt_and_what_is_old_replayed(home: Home, tmp_path: Path) -> None:
    job = growing.processing(tmp_path, home.inputs(champion=home.champion))
    ended = process(tmp_path, "prepare", "--snapshot", home.second.description.hash, "--replay-share", "0.4")
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
    assert run(monkeypatch, tmp_path, "prepare", "--snapshot", home.first.description.hash) == (0, "")
    assert _splits(job.processing_output("train")) == {"train": 150, "val": 30}
    assert growing.files(job.processing_output("replay")) == ["nothing.json"]
    heldout = open_snapshot(str(job.processing_output("heldout"))).samples()
    assert {one.meta["age"] for one in heldout} == {"new"}


def test_pages_are_cut_into_lines(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    labels = write_unsplit_pages(tmp_path / "labels", 24)
    options = Options("sheets", SplitPolicy(val=0.2, test=0.2, golden=0.1), crop_regions=False)
    records = formats.read("paddle-det", UPath(labels))
    pages = import_records(records, UPath(tmp_path / "pages"), options).snapshot
    inputs = {"data": tmp_path / "pages", "champion": None, "config": home.folder / "config"}
    job = growing.processing(tmp_path / "ml", inputs)
    assert run(monkeypatch, job.root, "prepare", "--snapshot", pages.description.hash) == (0, "")
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
    return {"champion": model_of(tiny, folder / "m", home.first.description.hash, "letters")}


def _no_artifact(_home: Home, _tiny: Artifact, folder: Path) -> dict[str, Path | None]:
    (folder / "m").mkdir()
    (folder / "m/notes.txt").write_text("no model")
    return {"champion": folder / "m"}


def _of_another_dataset(_home: Home, tiny: Artifact, folder: Path) -> dict[str, Path | None]:
    return {"champion": model_of(tiny, folder / "m", None)}


def _of_the_same_snapshot(home: Home, tiny: Artifact, folder: Path) -> dict[str, Path | None]:
    return {"champion": model_of(tiny, folder / "m", home.second.description.hash)}


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
    "family of detectors": (
        _detectors,
        [],
        "a model of the family 'digits', made by the image 'paddle'; expected one of 'sheets'",
    ),
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
    code, message = run(monkeypatch, job.root, *whole)
    assert code == 2
    assert said in message
    assert "\n" not in message
    assert not any(growing.files(job.processing_output(one)) for one in ("train", "replay", "heldout"))


def test_a_snapshot_that_vanished_is_named(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    growing.processing(tmp_path, home.inputs(champion=None))
    for word in ("prepare", "examine"):
        code, message = run(monkeypatch, tmp_path, word, "--snapshot", "d" * 64)
        assert code == 2
        assert f"0 snapshots whose hash begins with {'d' * 64}" in message


def test_a_stop_leaves_nothing(home: Home, tmp_path: Path) -> None:
    job, stop = growing.processing(tmp_path, home.inputs(champion=None)), Stop()
    stop.tell()
    with pytest.raises(StoppedError):
        prepare.main(job, stop, ["--snapshot", home.first.description.hash])
    assert not any(growing.files(job.processing_output(one)) for one in ("train", "replay", "heldout"))


LINES = any_family("recognition")


def _parted(samples: Sequence[Sample], old: Collection[str], family: Family = LINES) -> Increment:
    return part(items_of(samples, family.unit), old, 1.0, task_of(family).strata)


def test_what_no_training_could_use_is_refused(home: Home) -> None:
    samples = list(home.second.samples())
    old = {one.id for one in home.first.samples()}
    prepare.refuse_useless(_parted(samples, old), LINES, "data")
    val = _parted([one for one in samples if one.split != "val"], old)
    with pytest.raises(JobError, match="data: no line to validate on"):
        prepare.refuse_useless(val, LINES, "data")
    with pytest.raises(JobError, match="no new line to train on"):
        prepare.refuse_useless(_parted(samples, {one.id for one in samples}), LINES, "data")
    unmeasured = _parted([one for one in samples if one.split in ("train", "val")], old)
    with pytest.raises(JobError, match="no line to measure on"):
        prepare.refuse_useless(unmeasured, LINES, "data")


def test_slices_too_small_for_the_gate_are_warned_of(home: Home) -> None:
    samples = list(home.second.samples())
    old = {one.id for one in home.first.samples()}
    few = [one for one in samples if one.split != "golden" and (one.id in old or one.split != "test")]
    slices = ("split=golden", "age=old", "source=*")
    family = LINES.model_copy(update={"gate": GatePolicy(guarded_slices=slices)})
    assert list(doubts(_parted(samples, old), family, first=False)) == []
    golden, new = doubts(_parted(few, old), family, first=False)
    assert "0 held-out lines of 0 groups in split=golden: the gate cannot" in golden
    assert "by fewer than 20 lines of 5 groups" in golden
    assert "0 held-out lines of 0 groups in age=new" in new
    (golden,) = doubts(_parted(few, ()), family, first=True)
    assert "the gate of the next version" in golden


def test_pages_count_by_their_texts_and_by_their_groups() -> None:
    family = any_family("detection")
    corner = ((0.0, 0.0), (9.0, 0.0), (9.0, 9.0))

    def told(pages: int, texts: int) -> list[str]:
        samples = [
            Sample(
                id=f"{n}/{k}",
                image=f"{n}.png",
                text="a",
                polygon=corner,
                group=f"{n}",
                source="",
                split="test",
            )
            for n in range(pages)
            for k in range(texts)
        ]
        return list(doubts(_parted(samples, {one.id for one in samples}, family), family, first=False))

    assert [one for one in told(5, 4) if "age=old" in one] == []
    (few,) = (one for one in told(4, 50) if "age=old" in one)
    assert "200 held-out texts of 4 groups in age=old: the gate cannot judge by fewer than 20 texts" in few
    (few,) = (one for one in told(5, 3) if "age=old" in one)
    assert "15 held-out texts of 5 groups" in few


# --- examine


def test_data_that_can_be_learnt_passes(home: Home, tmp_path: Path) -> None:
    job = growing.processing(tmp_path, home.inputs())
    ended = process(tmp_path, "examine", "--snapshot", home.first.description.hash)
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
    code, message = run(monkeypatch, job.root, "examine", "--snapshot", data.description.hash)
    assert code == 1
    assert "data/manifest.jsonl:57: bad/images/71.png: 10 code points in '0123401234'" in message
    assert "Raise max_text_length in the family" in message
    assert "at best 70.0 % exact match (56 of 80 samples)" in message
    assert len(message.encode()) <= FAILURE_BYTES
    assert growing.files(job.processing_output("report")) == ["examination.json", "report.html"]
