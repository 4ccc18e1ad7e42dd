"""Evaluate on small data: what it measures, what it delivers, and when it leaves."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import growing
import pytest
from homes import Home, make_home, model_of, process, run
from pydantic import Field
from tiny_artifact import tiny_detector
from upath import UPath

from config.gate import GatePolicy
from config.protocol import TRACKING_VARIABLE
from config.tasks import any_family
from config.tasks.detection import DetectionGate
from config.tasks.recognition import RecognitionGate
from containers.common.artifact import Artifact
from containers.common.entry import Stop, StoppedError
from containers.common.errors import JobError
from containers.common.jobs import evaluate
from containers.common.predictions import Model
from containers.paddle.image import IMAGE
from corpus.items import Item
from corpus.sample import Sample
from tasks import task_of
from tasks.base import Opened
from tasks.reading import read_answers

CARD = """
import json, sys
from sagemaker.core.shapes.model_card_shapes import ModelCardContent
text = sys.stdin.read()
known = ModelCardContent.model_validate_json(text).model_dump_json(exclude_unset=True)
sys.exit(json.loads(known) != json.loads(text))
"""
"""Fails where the SDK knows a key or a value not at all, or otherwise; its import is slow and warns."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, tiny: Artifact) -> Home:
    return make_home(tmp_path_factory.mktemp("jobs"), tiny)


def _heldout(home: Home, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    job = growing.processing(folder, home.inputs(champion=home.champion))
    assert run(monkeypatch, folder, "prepare", "--snapshot", home.second.description.hash)[0] == 0
    return job.processing_output("heldout")


def _decided(out: Path) -> Mapping[str, Any]:
    decision: Mapping[str, Any] = json.loads((out / "decision.json").read_text())
    assert decision["schema_version"] == 2
    texts = {key: value for key, value in decision.items() if key not in ("limits", "figures")}
    assert all(type(value) in (str, int, float) for value in texts.values())
    assert all(type(value) is float for value in decision["figures"].values())
    return decision


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_both_models_are_measured_on_the_same_lines(
    home: Home, tiny: Artifact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = model_of(tiny, tmp_path / "unpacked", home.second.description.hash)
    (tmp_path / "model").mkdir()
    with tarfile.open(tmp_path / "model/model.tar.gz", "w:gz") as tar:
        tar.add(model, arcname=".")
    heldout = _heldout(home, tmp_path / "prepare", monkeypatch)
    inputs = {"model": tmp_path / "model", "champion": home.champion, "heldout": heldout}
    job = growing.processing(tmp_path / "ml", {**inputs, "config": home.folder / "config"})
    ended = process(job.root, "evaluate", "--max-error", "1", "--max-regression", "0.01")
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
    assert (decision["family"], decision["task"], decision["headline"]) == ("digits", "recognition", "cer")
    assert decision["error"] == decision["figures"]["cer"]
    assert decision["vocabulary_hash"] == tiny.description.vocabulary_hash
    assert decision["confidence"] == "best-path"
    assert decision["archive_sha256"] == _sha256(tmp_path / "model/model.tar.gz")
    assert decision["report_sha256"] == _sha256(out / "report.html")
    assert (decision["limits"]["max_error"], decision["limits"]["max_regression"]) == (1.0, 0.01)
    assert decision["limits"]["max_new_loops"] == 0
    evaluation = json.loads((out / "evaluation.json").read_text())
    checks = {one["name"]: one for one in evaluation["gate"]["checks"]}
    assert checks["CER"]["limit"] == 1.0
    assert checks["no regression on age=old"]["limit"] == 0.01
    assert {one["name"] for one in evaluation["slices"]} >= {"split=golden", "age=old", "age=new"}
    assert evaluation["exported"]["latency_p95_ms"] > 0
    assert evaluation["exported"]["size_mb"] > 0
    assert (evaluation["schema_version"], evaluation["headline"], evaluation["items"]) == (2, "cer", 80)
    for name in ("candidate", "champion"):
        items = read_answers(UPath(out / f"{name}.jsonl"), task_of(any_family("recognition"))).items
        assert {one.meta["age"] for one in items} == {"old", "new"}
        assert len(items) == 80
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
    assert run(monkeypatch, job.root, "evaluate") == (0, "")
    decision = _decided(job.processing_output("evaluation"))
    assert decision["failures"] == 1
    assert decision["limits"]["max_error"] == 0.1
    assert decision["archive_sha256"] == "none"  # a folder
    assert "at most 10.00 % is allowed" in str(decision["summary"])


MOMENTS = ("answer_items", "latency_p95_ms", "with_quality", "judge", "write_report")


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
        monkeypatch.setattr(evaluate, name, watched(name, getattr(evaluate, name)))
    monkeypatch.setenv(TRACKING_VARIABLE, f"sqlite:///{tmp_path}/mlflow.db")
    heldout = _heldout(home, tmp_path / "prepare", monkeypatch)
    inputs = {"model": home.champion, "champion": home.champion, "heldout": heldout}
    job = growing.processing(tmp_path / "ml", {**inputs, "config": home.folder / "config"})
    with pytest.raises(StoppedError):
        evaluate.main(job, stop, [], IMAGE)
    assert begun[-1] == moment
    assert growing.files(job.processing_output("evaluation")) == []


def test_a_champion_of_another_family_is_refused(
    home: Home, tiny: Artifact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = model_of(tiny, tmp_path / "other", None, "letters")
    inputs = {"model": home.champion, "champion": other, "heldout": home.folder / "data"}
    job = growing.processing(tmp_path / "ml", {**inputs, "config": home.folder / "config"})
    code, message = run(monkeypatch, job.root, "evaluate")
    assert code == 2
    assert message.startswith("the input 'champion' (artifact.json): a model of the family 'letters'")
    assert growing.files(job.processing_output("evaluation")) == []


def test_a_model_of_another_task_is_refused(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    detector = model_of(tiny_detector(tmp_path / "detector"), tmp_path / "renamed", None)
    for given, told in (
        ({"model": detector, "champion": None}, "the input 'model' (artifact.json)"),
        ({"model": home.champion, "champion": detector}, "the input 'champion' (artifact.json)"),
    ):
        root = tmp_path / str(len(told))
        inputs = {**given, "heldout": home.folder / "data", "config": home.folder / "config"}
        growing.processing(root, inputs)
        code, message = run(monkeypatch, root, "evaluate")
        assert code == 2
        assert f"{told}: a model of detection where one of recognition is asked for" in message


# --- what it is told


def test_limits_take_the_place_of_the_familys() -> None:
    told = evaluate.Arguments(max_error=0.5)
    gate = RecognitionGate(max_error=0.01, max_regression=0.02, max_new_loops=3)
    assert told.policy(gate) == RecognitionGate(max_error=0.5, max_regression=0.02, max_new_loops=3)
    assert type(told.policy(DetectionGate())) is DetectionGate
    assert evaluate.Arguments().policy(gate) == gate


class Strict(GatePolicy):
    """A gate of a kind of model that no caller may relax."""

    max_error: Annotated[float, Field(ge=0.0, le=0.2)] = 0.1


def test_a_limit_that_the_gate_does_not_take_is_refused() -> None:
    with pytest.raises(JobError, match=r"'--max-error' is 0\.5; expected less than or equal to 0\.2"):
        evaluate.Arguments(max_error=0.5).policy(Strict())


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--max-cer", "0.5"], "unknown argument '--max-cer'; expected --max-error, --max-regression"),
        (["--max-eror", "0.5"], "Did you mean '--max-error'?"),
        (["--max-error", "5"], "'--max-error' is '5'; expected less than or equal to 1"),
        (["--max-regression", "none"], "'--max-regression' is 'none'; expected a valid number"),
    ],
)
def test_an_argument_that_is_wrong_is_named(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], told: str
) -> None:
    inputs = {"model": home.champion, "champion": None, "heldout": home.folder / "data"}
    growing.processing(tmp_path, {**inputs, "config": home.folder / "config"})
    code, message = run(monkeypatch, tmp_path, "evaluate", *words)
    assert (code, told in message) == (2, True), message


# --- how long it takes


@dataclass
class Slow:
    """A predictor that remembers what it is asked; `clock` goes on by `item_s` for each item."""

    item_s: float
    clock: float = 0.0
    asked: list[Any] = field(default_factory=list)
    version: str = "0"
    threads: int = 1

    def warm_up(self) -> None:
        """It is."""

    def predict(self, inputs: Iterable[Any]) -> list[None]:
        given = list(inputs)
        self.asked += given
        self.clock += self.item_s * len(given)
        return [None] * len(given)


@dataclass
class Numbers:
    """A task whose inputs are the items themselves."""

    def raw(self, item: Item, _snapshot: object) -> Item:
        return item

    def opened(self, raw: Item, _allowance: object) -> Opened[Item]:
        return Opened(raw)


@pytest.mark.parametrize(
    ("item_s", "count", "asked"), [(0.001, 5, 5), (0.001, 3000, 200), (1.0, 3000, 31), (60.0, 3000, 10)]
)
def test_latency_is_measured_on_some_of_many(
    monkeypatch: pytest.MonkeyPatch, item_s: float, count: int, asked: int
) -> None:
    slow = Slow(item_s)
    monkeypatch.setattr(evaluate.time, "monotonic", lambda: slow.clock)
    monkeypatch.setattr(evaluate.time, "perf_counter", lambda: slow.clock)
    items = [
        Item(str(n), (Sample(id=str(n), table={}, group="", source="", split="test"),)) for n in range(count)
    ]
    model: Any = Model(Numbers(), slow)
    snapshot: Any = None
    assert evaluate.latency_p95_ms(model, items, snapshot, Stop()) == pytest.approx(1000 * item_s)
    assert len(slow.asked) == asked
    if count > asked:  # not the first of the manifest alone
        assert max(int(one.id) for one in slow.asked) > count / 2
    stop = Stop()
    stop.tell()
    with pytest.raises(StoppedError):
        evaluate.latency_p95_ms(model, items, snapshot, stop)
