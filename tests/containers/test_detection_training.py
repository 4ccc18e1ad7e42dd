"""A detector trained for real, in seconds: artifact, boxes, continuation, interruption, bad input."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import paddle
import pytest
import sheets
from PIL import Image
from upath import UPath

from config.errors import ConfigError
from config.tasks import load_family, load_recipe
from config.tasks.detection import DetectionFamily, DetectionRecipe
from containers.common.artifact import Artifact
from containers.common.data import open_data
from containers.common.entry import Stop
from containers.common.errors import ArtifactError, JobError, TrainingError
from containers.common.model import Inputs
from containers.common.progress import nothing
from containers.paddle.detection.objective import DetectionObjective, engine_of
from containers.paddle.detection.pages import Page, load_pages
from containers.paddle.detection.parity import prove
from containers.paddle.detection.training import train_detector
from containers.paddle.engines import EngineName
from containers.paddle.hyperparameters import Hyperparameters
from containers.paddle.image import IMAGE
from containers.paddle.networks import build_detector
from containers.paddle.trainer import load_weights
from corpus import formats
from corpus.ingest import Options, import_records
from corpus.snapshot import Snapshot, write_snapshot
from evaluation.regions import UNREADABLE, Region, spot
from evaluation.regions import Page as Judged
from tasks.detection.contract import Contract, PagePreprocessing


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("detection")
    sheets.write_family(folder)
    sheets.write_pages(folder / "labels", 24)
    return folder


@pytest.fixture(scope="module")
def champion(home: Path) -> Artifact:
    artifact = _train(home, Inputs(str(home / "labels"), home / "champion", home / "champion.checkpoints"))
    assert artifact is not None
    return artifact


@pytest.fixture(scope="module")
def val(champion: Artifact, home: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Page, ...]:
    folder = tmp_path_factory.mktemp("val")
    return load_pages([_data(home / "labels", folder)], "val", _how(champion), folder)


def _how(artifact: Artifact) -> PagePreprocessing:
    return artifact.contract_as(Contract).pages


def _train(home: Path, inputs: Inputs, stop: Stop | None = None, **settings: object) -> Artifact | None:
    family = load_family(home / "family.yaml")
    recipe = load_recipe(family)
    assert isinstance(family, DetectionFamily)
    assert isinstance(recipe, DetectionRecipe)
    parameters = Hyperparameters.model_validate({"family": "sheets", **settings})
    return train_detector(family, recipe, parameters, inputs, stop or Stop(), nothing)


def _data(place: Path, scratch: Path) -> Snapshot:
    return open_data(str(place), load_family("pid-det"), scratch, examined=True)


def _inputs(home: Path, folder: Path, **others: Path) -> Inputs:
    return Inputs(str(home / "labels"), folder / "model", folder / "checkpoints", **others)


def _network(artifact: Artifact) -> paddle.nn.Layer:
    network = build_detector(artifact.description.network.name, artifact.description.network.options)
    with np.load(artifact.file("weights.npz")) as archive:
        load_weights(network, dict(archive))
    network.eval()
    return network


def test_it_learns_and_says_how_well(champion: Artifact) -> None:
    about = champion.description
    history = json.loads(champion.file("history.json").read_text())
    assert history[-1]["train_loss"] < 0.6 * history[0]["train_loss"]
    assert about.provenance.figures["hmean"] == max(one["val_hmean"] for one in history) > 0.7
    assert {name: (one.images, one.mismatches) for name, one in about.parity.items()} == {
        "paddle": (4, 0),
        "onnx": (4, 0),
    }
    assert about.task == "detection"


@pytest.mark.parametrize("engine", ["paddle", "onnx"])
def test_the_artifact_finds_the_texts_of_a_page(
    champion: Artifact, home: Path, val: tuple[Page, ...], engine: EngineName
) -> None:
    detector = IMAGE.open(champion, engine)
    assert detector.version == champion.version
    source = home / "labels/images"
    # every sixth sheet is for val
    found = [one.polygons for one in detector.predict(Image.open(source / f"{6 * n}.png") for n in range(4))]
    regions = [tuple(Region(one, "") for one in on_page) for on_page in found]
    judged = [Judged(page.image, page.regions, each) for page, each in zip(val, regions, strict=True)]
    expected = champion.description.provenance.figures["hmean"]
    assert spot(judged).detection.hmean == pytest.approx(expected)
    # two sheets side by side: the tiles lie otherwise, the texts are the same
    wide = Image.new("L", (2 * sheets.WIDTH_PX, sheets.HEIGHT_PX), 255)
    for place in (0, sheets.WIDTH_PX):
        wide.paste(Image.open(source / "0.png"), (place, 0))
    (both,) = detector.predict([wide])
    assert len(both.polygons) == pytest.approx(2 * len(found[0]), abs=1)
    assert len(both.scores) == len(both.polygons)


def test_an_export_that_is_not_the_network_is_refused(champion: Artifact, val: tuple[Page, ...]) -> None:
    network = _network(champion)
    exported = engine_of(_network(champion))
    assert prove(engine_of(network), exported, val, _how(champion)).largest_difference == 0.0
    bias = network.probability.conv_final.bias
    bias.set_value(bias + 0.01)
    with pytest.raises(
        TrainingError, match=r"on 4 of 4 validation pages, first images/.*\.png: trained finds"
    ):
        prove(engine_of(network), exported, val, _how(champion))


def test_training_continues_from_a_champion(champion: Artifact, home: Path, tmp_path: Path) -> None:
    inputs = _inputs(home, tmp_path, model=champion.folder)
    artifact = _train(home, inputs, epochs=1, learning_rate=1e-6)
    assert artifact is not None
    assert artifact.description.provenance.parent == champion.version
    assert artifact.description.provenance.figures["hmean"] == pytest.approx(
        champion.description.provenance.figures["hmean"], abs=0.1
    )


def test_a_champion_of_another_shape_is_refused(champion: Artifact, home: Path, tmp_path: Path) -> None:
    sheets.write_family(tmp_path, recipe=sheets.RECIPE.replace("neck_channels: 32", "neck_channels: 16"))
    with pytest.raises(ArtifactError, match="every weight to fit"):
        _train(tmp_path, _inputs(home, tmp_path, model=champion.folder))


def test_told_to_stop_it_leaves_a_checkpoint_and_no_model(home: Path, tmp_path: Path) -> None:
    stop = Stop()
    stop.tell()
    assert _train(home, _inputs(home, tmp_path), stop) is None
    assert list((tmp_path / "checkpoints").glob("step-*.npz"))
    assert not (tmp_path / "model").exists()


def test_a_network_that_finds_nothing_is_no_model(home: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="finds not one text of the validation pages"):
        _train(home, _inputs(home, tmp_path), epochs=1, learning_rate=1e-7)
    assert not (tmp_path / "model").exists()


def test_a_step_sees_crops_of_its_own_and_the_same_when_repeated(
    champion: Artifact, val: tuple[Page, ...]
) -> None:
    objective = DetectionObjective(val, val, (), 1.0, _how(champion), batch_size=4, seed=1)
    network = _network(champion)
    rows = objective.order.batches(0)[0]
    losses = [float(objective.loss(network.train() or network, rows, 0, step)) for step in (5, 5, 6)]
    assert losses[0] == losses[1] != losses[2]


def test_old_pages_are_replayed_by_their_ratio(champion: Artifact, val: tuple[Page, ...]) -> None:
    objective = DetectionObjective(val[:2], val, val[2:], 0.5, _how(champion), batch_size=4, seed=1)
    rows = np.concatenate(objective.order.batches(3))
    crops = 2 * 3  # of two pages, each as large as three tiles
    assert sorted(rows[rows < crops]) == list(range(crops))
    assert (rows >= crops).sum() == crops // 2


def test_what_nobody_could_read_is_unreadable(champion: Artifact, home: Path, tmp_path: Path) -> None:
    labels = sheets.write_pages(tmp_path / "labels", 6)
    file = labels / "train.txt"
    content = [line.split("\t") for line in file.read_text().splitlines()]
    regions = [json.loads(line[1]) for line in content]
    regions[0][0]["transcription"] = UNREADABLE
    file.write_text(
        "".join(f"{line[0]}\t{json.dumps(one)}\n" for line, one in zip(content, regions, strict=True))
    )
    pages = load_pages([_data(labels, tmp_path / "s")], "train", _how(champion), tmp_path)
    assert [(len(page.texts), len(page.unreadable)) for page in pages] == [
        (len(one) - (number == 0), int(number == 0)) for number, one in enumerate(regions)
    ]
    assert sum(region.text == UNREADABLE for region in pages[0].regions) == 1


def test_data_that_cannot_work_is_refused(home: Path, champion: Artifact, tmp_path: Path) -> None:
    records = formats.read("paddle-det", UPath(home / "labels"))
    cut = import_records(records, UPath(tmp_path / "cut"), Options("cut", crop_regions=True)).snapshot
    with pytest.raises(JobError, match=r"an image of one text.*corpus import --regions"):
        load_pages([cut], "train", _how(champion), tmp_path)
    flat = [replace(one, polygon=((0.0, 0.0), (5.0, 5.0), (9.0, 9.0))) for one in cut.samples()]
    policy, form = cut.description.splits, cut.description.unicode_form
    drawn = write_snapshot(UPath(tmp_path / "flat"), flat, [], policy=policy, form=form)
    with pytest.raises(JobError, match=r"a text without area, .*three corners"):
        load_pages([drawn], "train", _how(champion), tmp_path)
    labels = sheets.write_pages(tmp_path / "labels", 6)
    (labels / "val.txt").unlink()
    with pytest.raises(JobError, match="no readable text in the split 'val'"):
        load_pages([_data(labels, tmp_path / "s")], "val", _how(champion), tmp_path)


@pytest.mark.parametrize(
    ("recipe", "settings", "told"),
    [
        (sheets.RECIPE + "augmentation: {}\n", {}, "unknown key 'augmentation'"),
        (sheets.RECIPE.replace("task: detection", "task: recognition"), {}, "task is 'recognition'"),
        (sheets.RECIPE.replace("network: db-mobile", "network: db-mobil"), {}, "Did you mean 'db-mobile'"),
        (sheets.RECIPE.replace("branches: 1", "branch: 1"), {}, "options that it has"),
        (sheets.RECIPE, {"distillation": 1.0}, "a distillation"),
    ],
)
def test_a_recipe_that_is_none_for_detectors(
    home: Path, tmp_path: Path, recipe: str, settings: dict[str, object], told: str
) -> None:
    sheets.write_family(tmp_path, recipe=recipe)
    with pytest.raises(ConfigError, match=told):
        _train(tmp_path, _inputs(home, tmp_path), **settings)
