"""Prepare, train and evaluate for real, in seconds: the gate refuses what forgot, and takes what replayed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import digits
import growing
import pytest

from config.protocol import TRACKING_VARIABLE
from containers.common import entry
from containers.common.artifact import charset_of, open_folder
from containers.common.contract import Job
from containers.common.entry import Stop
from containers.common.errors import JobError
from containers.common.jobs import evaluate, prepare, train
from containers.common.tracking import TrackedRun
from containers.paddle.hyperparameters import Hyperparameters
from containers.paddle.image import IMAGE
from corpus.snapshot import Snapshot


@dataclass(frozen=True)
class Champion:
    """The first version, the folder of its data and family, and the decision on it."""

    home: Path
    model: Path
    decision: Mapping[str, object]


def _run(
    home: Path, name: str, data: Snapshot, champion: Path | None, share: str, **settings: object
) -> tuple[Path, Mapping[str, object]]:
    """Return the model that prepare, train and evaluate make of `data`, and the decision on it."""
    hash_ = data.description.hash
    both = {"champion": champion, "config": home / "config"}
    prepared = growing.processing(home / name / "prepare", {"data": home / "data", **both})
    _succeed(partial(prepare.main, words=["--snapshot", hash_, "--replay-share", share]), prepared)
    train_, replay, heldout = (prepared.processing_output(one) for one in ("train", "replay", "heldout"))
    channels = {"data": train_, "replay": replay, "model": champion, "config": home / "config"}
    trained = growing.training(home / name / "train", channels, snapshot=hash_, examine=False, **settings)
    _succeed(partial(train.main, image=IMAGE), trained)
    evaluated = growing.processing(
        home / name / "evaluate", {"model": trained.model, "heldout": heldout, **both}
    )
    _succeed(partial(evaluate.main, words=[], image=IMAGE), evaluated)
    decision = json.loads((evaluated.processing_output("evaluation") / "decision.json").read_text())
    return trained.model, decision


def _succeed(main: entry.Main, job: Job) -> None:
    assert entry.run(main, job) == entry.DONE, job.failure.read_text()


@pytest.fixture(scope="module")
def champion(tmp_path_factory: pytest.TempPathFactory) -> Champion:
    home = tmp_path_factory.mktemp("forgetting")
    (home / "config").mkdir()
    digits.write_family(home / "config")
    first = growing.write_first(home, "0123", 480)
    model, decision = _run(home, "first", first, None, "1.0", replay_ratio=1.0, distillation=0.1)
    return Champion(home, model, decision)


@pytest.fixture(scope="module")
def grown(champion: Champion) -> Snapshot:
    return growing.write_more(champion.home, "0456", 240)


def test_the_first_version_passes(champion: Champion) -> None:
    assert champion.decision["failures"] == 0
    assert champion.decision["parent"] == "none"
    provenance = open_folder(champion.model).description.provenance
    assert champion.decision["snapshot"] == provenance.snapshot != provenance.data


def test_what_was_forgotten_fails_the_gate(champion: Champion, grown: Snapshot) -> None:
    careless = {"epochs": 4, "learning_rate": 0.02}
    _, decision = _run(champion.home, "careless", grown, champion.model, "0", **careless)
    assert int(str(decision["failures"])) > 0
    assert "CER on split=golden" in str(decision["summary"])
    assert "CER on age=old" in str(decision["summary"])
    assert decision["parent"] == champion.decision["version"]


def test_what_was_replayed_passes(
    champion: Champion, grown: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged: list[tuple[TrackedRun, str]] = []
    # tests/registry logs to real servers, whose database takes ten seconds to make
    monkeypatch.setattr(evaluate, "log_run", lambda *given: logged.append(given))
    monkeypatch.setenv(TRACKING_VARIABLE, "sqlite:///nowhere.db")
    monkeypatch.setenv("GLYPHLINE_RUN", "run-7")
    model, decision = _run(champion.home, "careful", grown, champion.model, "1.0")
    assert decision["failures"] == 0, decision["summary"]
    assert charset_of(open_folder(model)).entries == tuple("0123456")
    ((run, uri),) = logged
    assert uri == "sqlite:///nowhere.db"
    assert run.run == run.tags["run"] == "run-7"
    assert run.tags["snapshot"] == grown.description.hash
    assert run.metrics["cer"] == decision["error"] == decision["figures"]["cer"]
    assert run.metrics["gate_failures"] == 0
    assert [one["epoch"] for one in run.curves] == list(range(1, len(run.curves) + 1))


def test_only_a_channel_that_says_nothing_excuses_idle_settings(tmp_path: Path) -> None:
    settings = Hyperparameters(family="digits", replay_ratio=2.0, distillation=0.1)
    (tmp_path / "config").mkdir()
    digits.write_family(tmp_path / "config")
    channels = {"data": None, "config": tmp_path / "config"}
    absent = growing.training(tmp_path / "absent", channels)
    assert train.fitting(settings, absent) == settings
    silent = growing.training(tmp_path / "silent", {**channels, "replay": None, "model": None})
    assert train.fitting(settings, silent) == Hyperparameters(family="digits")
    with pytest.raises(JobError, match="input channel 'data' that says there is none"):
        train.main(silent, Stop(), IMAGE)
