"""Every kind of model through the whole house: data in, a version registered, answers out.

A new task joins by one line in `kinds/__init__.py`. The image is a stub: what is tested is the house.
"""

from __future__ import annotations

import base64
import json
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from house import FIRST, MORE, Run, every_kind_known, run, write_data, write_family
from kinds import EXAMPLES
from kinds.example import Example
from PIL import Image
from starlette.testclient import TestClient
from stub.image import IMAGE
from stub.seeing import drawn

from config.errors import InputError
from config.family import Family
from config.images import IMAGES
from config.protocol import DECISION_KEYS, REGISTERED_KEYS
from config.tasks import TASKS
from containers.common.artifact import Artifact, open_artifact
from containers.common.dispatch import image_of
from containers.common.predictions import Model, answer_items
from containers.common.shipped import served_task
from containers.runtime.serving.application import application
from containers.runtime.serving.limits import limits_from
from containers.runtime.serving.service import Service
from corpus.items import samples_of
from corpus.paths import as_path
from corpus.sample import Sample
from corpus.snapshot import Snapshot, open_snapshot
from evaluation.document import decode
from evaluation.slices import member_of
from registry.comparison import compare
from registry.mlflow import local_registry
from registry.versions import NewVersion, Version
from tasks.answers import lines
from tasks.base import Allowance, Raw
from tasks.reading import read_answers

pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")  # MLflow on SQLAlchemy 2.1

_BAD, _GOOD = 0.4, 0.05


@dataclass(frozen=True)
class Life:
    """What one kind of model left behind: two runs, the second on data that grew, against the first."""

    example: Example
    family: Family
    config: Path
    data: Snapshot
    first: Run
    second: Run
    artifact: Artifact

    def heldout(self) -> Snapshot:
        return open_snapshot(str(self.second.prepared / "heldout"))


@pytest.fixture(scope="module", autouse=True)
def known() -> Iterator[None]:
    with every_kind_known():
        yield


@pytest.fixture(scope="module", params=EXAMPLES)
def life(request: pytest.FixtureRequest, known: None, tmp_path_factory: pytest.TempPathFactory) -> Life:
    folder, example = tmp_path_factory.mktemp(request.param), EXAMPLES[request.param]
    family = write_family(folder / "config", request.param)
    data = write_data(folder / "data", example, range(FIRST))
    first = run(folder / "first", data, folder / "config", None, _BAD)
    data = write_data(folder / "data", example, range(FIRST, FIRST + MORE))
    second = run(folder / "second", data, folder / "config", first.model, _GOOD)
    artifact = open_artifact(second.model, folder / "opened")
    return Life(example, family, folder / "config", data, first, second, artifact)


def test_no_item_is_torn_lost_or_doubled(life: Life) -> None:
    task = served_task(life.artifact)
    out = life.second.prepared
    parts = [
        samples
        for one in ("train", "replay", "heldout")
        if (out / one / "snapshot.json").exists()
        and (samples := list(open_snapshot(str(out / one)).samples()))
    ]
    counts = Counter(sample.id for samples in parts for sample in samples)
    assert max(counts.values()) == 1
    assert counts.keys() == {one.id for one in life.data.samples()}  # replay_share 1: nothing is left out
    whole = {one.id: {sample.id for sample in one.samples} for one in task.items(life.data.samples())}
    for samples in parts:
        for item in task.items(samples):
            assert {sample.id for sample in item.samples} == whole[item.id]


def test_a_better_model_passes_the_gate_beside_the_champion(life: Life) -> None:
    first, second = life.first.decision, life.second.decision
    assert (first["failures"], second["failures"]) == (0, 0), (first["summary"], second["summary"])
    assert first["error"] > second["error"] > 0
    assert second["headline"] == life.family.headline
    assert set(second) == set(DECISION_KEYS)
    assert second["limits"]["max_error"] == 0.6
    assert second["parent"] == first["version"]
    assert second["snapshot"] == life.data.description.hash
    assert life.family.headline in second["figures"]
    document = life.second.evaluation / "evaluation.json"
    result = decode(document.read_bytes(), str(document))
    assert result.comparison is not None
    asked = {one.name for one in result.comparison.slices}
    assert {*life.family.gate.guarded_slices, life.family.gate.new_slice} <= asked
    page = (life.second.evaluation / "report.html").read_text()
    assert "The gate passed" in page


def test_a_worse_model_is_refused(life: Life, tmp_path: Path) -> None:
    worse = run(tmp_path, life.data, life.config, None, 0.95)
    assert worse.decision["failures"] >= 1
    assert "at most 60.00 %" in worse.decision["summary"]


def test_answers_are_kept_without_loss(life: Life) -> None:
    task = served_task(life.artifact)
    heldout = life.heldout()
    items = task.items(task.select(heldout, Path("unused"), lambda *_: None).samples)
    model = Model(task, IMAGE.open(life.artifact))
    answers = answer_items(model, items, heldout, name="again")
    kept = read_answers(as_path(life.second.evaluation / "candidate.jsonl"), task)
    assert [one.id for one in kept.items] == [one.id for one in items]
    assert list(kept.answers) == list(answers.answers)
    pairs = zip(kept.items, kept.answers, strict=True)
    assert b"".join(lines(task, pairs)) == (life.second.evaluation / "candidate.jsonl").read_bytes()


def test_figures_of_no_items_are_undefined_and_say_no_word(life: Life) -> None:
    task = served_task(life.artifact)
    kept = read_answers(as_path(life.second.evaluation / "candidate.jsonl"), task)
    nobody = member_of("split=nowhere", task.dimensions(kept.items), len(kept.items))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for figure in task.figures(kept.items, kept.answers):
            assert np.isnan(figure.value(figure.sums.total(nobody)))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One registry for all kinds: its database takes seconds to make."""
    return tmp_path_factory.mktemp("home")


def test_versions_are_registered_and_compared(
    life: Life, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GLYPHLINE_HOME", str(home))
    registry = local_registry(lambda _: None)
    versions: list[Version] = []
    for number, one in enumerate((life.first, life.second)):
        facts = {key: str(one.decision[key]) for key in REGISTERED_KEYS}
        new = NewVersion(
            life.family.family,
            (one.model / "model.tar.gz").as_uri(),
            "glyphline-stub:local",
            (one.evaluation / "evaluation.json").as_uri(),
            {**facts, "run": f"run-{number}", "report": "none"},
            one.decision["model_card"],
        )
        versions.append(registry.register(new))
    compared = compare(*versions)
    assert compared is not None
    assert compared.evaluation.kind.headline == life.family.headline
    assert compared.evaluation.error == pytest.approx(life.second.decision["error"])
    approved = registry.decide(versions[1].reference, "Approved", who="somebody", reason="better")
    assert registry.champion(life.family.family) == approved


def test_a_server_answers_and_refuses_in_sentences(life: Life) -> None:
    task = served_task(life.artifact)
    accepts = task.family.accepts
    service = Service(task, IMAGE.open(life.artifact), limits_from({}, accepts=accepts))
    failures: list[BaseException] = []
    truths = [life.example.truth(n) for n in (1, 2)]
    with TestClient(application(service, limits_from({}, accepts=accepts), failures.append)) as client:
        while client.get("/ping").status_code != 200:
            assert not failures
        good = [_request(life.example, truth, seed) for seed, truth in enumerate(truths)]
        body = b"\n".join((orjson.dumps(good[0]), b'{"sound": "x"}', orjson.dumps(good[1])))
        headers = {"content-type": "application/jsonlines"}
        answered = client.post("/invocations", content=body, headers=headers)
        assert answered.status_code == 200, answered.text
        first, refused, second = (json.loads(line) for line in answered.text.splitlines())
        model = IMAGE.open(life.artifact)
        for truth, seed, said in ((truths[0], 0, first), (truths[1], 1, second)):
            raw = Raw(drawn(truth, seed) if life.example.with_image else None, life.example.asked(truth))
            (answer,) = model.predict([task.opened(raw, Allowance(10**9, 10**9)).input])
            expected = json.loads(orjson.dumps({**task.as_json(answer), "model_version": model.version}))
            assert said == expected
        assert "unknown key 'sound'" in refused["error"]
        nothing = client.post("/invocations", json={})
        assert nothing.status_code == 400
        assert nothing.json()["error"]


def _request(example: Example, truth: Any, seed: int) -> dict[str, Any]:
    image = {"image": base64.b64encode(drawn(truth, seed)).decode()} if example.with_image else {}
    return {**image, **example.asked(truth)}


def test_a_record_of_another_task_is_refused_with_its_line(life: Life, tmp_path: Path) -> None:
    task = served_task(life.artifact)
    path = tmp_path / "other.jsonl"
    good = (life.second.evaluation / "candidate.jsonl").read_bytes().splitlines(keepends=True)[0]
    path.write_bytes(good + b'{"id": "x", "samples": ["{}"], "answer": {"nobody": 1}}\n')
    with pytest.raises(InputError, match=r"other\.jsonl:2: "):
        read_answers(as_path(path), task)


def test_a_sample_without_its_image_is_named(life: Life) -> None:
    if not life.example.with_image:
        return
    task = served_task(life.artifact)
    lost = Sample(
        id="lost", image="images/none.png", group="g", source="s", split="test", text="a", label="a"
    )
    with pytest.raises(InputError, match=r"none\.png"):
        task.raw(task.items([lost])[0], life.data)
    with pytest.raises(InputError):
        task.opened(Raw(b"no image"), Allowance(10**9, 10**9))


def test_the_champions_samples_are_whole_items(life: Life) -> None:
    task = served_task(life.artifact)
    items = task.items(life.data.samples())
    assert sorted(one.id for one in samples_of(items)) == sorted(one.id for one in life.data.samples())
    assert all(list(task.strata(one)) is not None for one in items)


# --- the tables


def test_every_image_offers_the_tasks_that_families_may_ask_of_it() -> None:
    for name in IMAGES:
        asked = {task for task, family in TASKS.items() if name in family.images}
        assert image_of(name).tasks == asked, name


def test_a_third_task_is_one_small_folder() -> None:
    own = (Path(__file__).parent / "kinds" / "classification").glob("*.py")
    assert sum(len(path.read_text().splitlines()) for path in own) <= 200


def test_the_stub_draws_what_it_sees() -> None:
    picture = Image.open(__import__("io").BytesIO(drawn({"id": 1}, 1)))
    assert picture.size == (64, 80)
