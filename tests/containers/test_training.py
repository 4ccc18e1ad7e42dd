"""A recogniser trained for real, in seconds: artifact, growth, interruption, bad input."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from functools import partial
from pathlib import Path

import digits
import numpy as np
import pytest
from upath import UPath

from config.errors import InputError
from config.protocol import ML_ROOT_VARIABLE
from config.tasks import load_family
from containers.common import entry
from containers.common.artifact import Artifact, charset_of, open_artifact
from containers.common.contract import Job
from containers.common.entry import Stop
from containers.common.errors import ArtifactError, TrainingError
from containers.common.jobs.train import main, run
from containers.common.model import Inputs
from containers.common.progress import nothing
from containers.paddle.engines import open_engine
from containers.paddle.hyperparameters import Hyperparameters
from containers.paddle.image import IMAGE
from containers.paddle.recognition import training
from containers.paddle.recognition.export import prove
from containers.paddle.recognition.lines import load_lines
from corpus.images import open_image
from corpus.snapshot import Snapshot, open_snapshot
from tasks.recognition.contract import Contract, preprocessing_of


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the family and two snapshots: 0 to 4, and then 5 to 9."""
    folder = tmp_path_factory.mktemp("training")
    digits.write_family(folder)
    digits.snapshot(folder / "old", "01234", 400)
    digits.snapshot(folder / "new", "56789", 250, seed=1)
    return folder


@pytest.fixture(scope="session")
def champion(home: Path) -> Artifact:
    inputs = Inputs(str(home / "old/snapshot"), home / "champion", home / "champion.checkpoints")
    artifact = _train(home, inputs)
    assert artifact is not None
    return artifact


def _train(home: Path, inputs: Inputs, **settings: object) -> Artifact | None:
    parameters = Hyperparameters.model_validate({"family": "digits", **settings})
    return run(IMAGE, load_family(home / "family.yaml"), parameters, inputs, Stop(), nothing)


def _exact_match(artifact: Artifact, snapshot: Snapshot) -> float:
    samples = [sample for sample in snapshot.samples() if sample.split == "val"]
    images = [open_image(snapshot.image_path(one).read_bytes(), one.id) for one in samples]
    readings = IMAGE.open(artifact, "onnx").predict(images)
    return float(np.mean([reading.text == one.text for reading, one in zip(readings, samples, strict=True)]))


def test_the_artifact_reads_what_it_was_taught(champion: Artifact, home: Path) -> None:
    about = champion.description
    assert _exact_match(champion, open_snapshot(str(home / "old/snapshot"))) > 0.9
    assert about.provenance.figures["exact_match"] > 0.9
    assert {name: one.mismatches for name, one in about.parity.items()} == {"paddle": 0, "onnx": 0}
    assert about.parity["onnx"].images == 80
    assert charset_of(champion).entries == tuple("01234")
    assert about.provenance.data == open_snapshot(str(home / "old/snapshot")).description.hash
    assert len(json.loads(champion.file("history.json").read_text())) == 5


def test_both_engines_say_the_same(champion: Artifact) -> None:
    batch = np.random.default_rng(0).uniform(-1, 1, (3, 3, 32, 48)).astype(np.float32)
    one, other = open_engine(champion, "onnx")(batch), open_engine(champion, "paddle")(batch)
    np.testing.assert_allclose(one, other, atol=1e-4)
    np.testing.assert_allclose(one.sum(axis=2), 1.0, atol=1e-4)


def test_the_charset_grows_and_nothing_is_forgotten(champion: Artifact, home: Path, tmp_path: Path) -> None:
    old, new = (open_snapshot(str(home / name / "snapshot")) for name in ("old", "new"))
    before = _exact_match(champion, old)
    inputs = Inputs(str(new.folder), tmp_path / "m", tmp_path / "c", champion.folder, str(old.folder))
    grown = _train(home, inputs, replay_ratio=2.0, distillation=0.1)
    assert grown is not None
    assert charset_of(grown).entries == tuple("0123456789")
    assert grown.description.provenance.parent == champion.version
    assert _exact_match(champion, new) == 0.0
    assert _exact_match(grown, new) > 0.8
    assert _exact_match(grown, old) > before - 0.05


def test_without_replay_it_is_forgotten(champion: Artifact, home: Path, tmp_path: Path) -> None:
    inputs = Inputs(str(home / "new/snapshot"), tmp_path / "m", tmp_path / "c", champion.folder)
    grown = _train(home, inputs)
    assert grown is not None
    assert _exact_match(grown, open_snapshot(str(home / "old/snapshot"))) < 0.5


def test_an_export_that_is_not_the_network_is_refused(champion: Artifact, home: Path, tmp_path: Path) -> None:
    import paddle

    from containers.paddle import networks
    from containers.paddle.trainer import load_weights

    family = load_family(home / "family.yaml")
    how = preprocessing_of(family.recognition, grayscale=True)
    val = load_lines([open_snapshot(str(home / "old/snapshot"))], "val", how, tmp_path)
    about = champion.description
    network = networks.build(about.network.name, about.network.options, 6)
    with np.load(champion.file("weights.npz")) as weights:
        load_weights(network, dict(weights))
    network.eval()
    engine, temperature = open_engine(champion, "onnx"), champion.contract_as(Contract).temperature
    assert prove(network, temperature, engine, val, "01234", Stop()).mismatches == 0
    with paddle.no_grad():
        network.head.bias.set_value(network.head.bias + paddle.to_tensor([0, 9.0, 0, 0, 0, 0]))
    with pytest.raises(
        TrainingError, match=r"of 80 validation images, first images/.*\.png .*trained reads '0"
    ):
        prove(network, temperature, engine, val, "01234", Stop())


def _start(root: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, ML_ROOT_VARIABLE: str(root), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "containers.paddle", "train"]
    return subprocess.Popen(
        command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def _wait_for_checkpoint(root: Path, job: subprocess.Popen[str], folder: str = "checkpoints") -> None:
    deadline = time.monotonic() + 60
    while not list((root / folder).rglob("step-*.npz")):
        assert job.poll() is None, job.communicate()[0]
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _history(artifact: Path) -> list[dict[str, float]]:
    history: list[dict[str, float]] = json.loads((artifact / "history.json").read_text())
    return history


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_stopped_job_goes_on_as_if_nothing_had_been(
    champion: Artifact, home: Path, tmp_path: Path, number: signal.Signals
) -> None:
    often = {"checkpoint_interval_s": "0.001"}
    root = digits.write_job(tmp_path / "ml", home / "family.yaml", often, data=home / "old/snapshot")
    job = _start(root)
    _wait_for_checkpoint(root, job)
    time.sleep(0.3)
    began = time.monotonic()
    job.send_signal(number)
    said, _ = job.communicate(timeout=10)
    assert time.monotonic() - began < 10
    assert job.returncode == (0 if number == signal.SIGTERM else -number), said
    assert not list((root / "model").glob("*"))
    assert not (root / "output/failure").exists()
    job = _start(root)
    said, _ = job.communicate(timeout=60)
    assert job.returncode == 0, said
    assert "resuming at epoch" in said
    for one, other in zip(_history(champion.folder), _history(root / "model"), strict=True):
        assert one == pytest.approx(other, rel=1e-4)
    open_artifact(root / "model", tmp_path)


def _command_line(home: Path, out: Path, *more: str) -> subprocess.Popen[str]:
    command = [Path(sys.executable).parent / "glyphline", "train", "--family", home / "family.yaml"]
    return subprocess.Popen(
        [*command, "--data", home / "old/snapshot", "--out", out, *more],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def test_two_processes_train_one_model(home: Path, tmp_path: Path) -> None:
    often = ("-s", "processes=2", "-s", "checkpoint_interval_s=0.001")
    job = _command_line(home, tmp_path / "m", *often)
    _wait_for_checkpoint(tmp_path, job, "m.checkpoints")
    job.send_signal(signal.SIGINT)
    said, _ = job.communicate(timeout=10)
    assert job.returncode == 130, said
    assert said.count("the same command goes on") >= 1
    job = _command_line(home, tmp_path / "m", *often)
    said, _ = job.communicate(timeout=90)
    assert job.returncode == 0, said
    assert said.count("resuming at epoch") == 1  # one speaks for both
    assert "exact match on val" in said
    assert open_artifact(tmp_path / "m", tmp_path).description.provenance.steps == 5 * 40
    assert not (tmp_path / "m.checkpoints").exists()
    job = _command_line(home, tmp_path / "m")
    said, _ = job.communicate(timeout=30)
    assert job.returncode == 2
    assert "already holds a model" in said


def test_processes_that_fail_at_once_fail_as_one() -> None:
    """They end while the first failure is handled: none may be missed, or waited for in vain."""
    program = (
        "from containers.common.launch import launch; raise SystemExit(launch(['false'], 4, lambda *_: {}))"
    )
    for _ in range(5):
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
        assert (done.returncode, "Errno" in done.stderr) == (1, False), done.stderr


def test_several_processes_fail_as_one(home: Path, tmp_path: Path) -> None:
    few_rows = ("-s", "processes=3", "-s", "batch_size=319", "-s", "epochs=1", "-s", "learning_rate=1e-7")
    job = _command_line(home, tmp_path / "m", *few_rows)
    said, _ = job.communicate(timeout=120)
    assert job.returncode == 1, said
    assert said.count("reads not one validation line right") == 1
    (tmp_path / "file").touch()
    job = _command_line(home, tmp_path / "file")
    said, _ = job.communicate(timeout=30)
    assert job.returncode == 2
    assert "is not a folder" in said


def test_a_diverging_training_leaves_with_1(home: Path, tmp_path: Path) -> None:
    job = _command_line(home, tmp_path / "m", "-s", "learning_rate=1e30")
    said, _ = job.communicate(timeout=60)
    assert job.returncode == 1, said
    assert "Lower learning_rate" in said
    assert not (tmp_path / "m").exists()


def _packed(folder: Path, target: Path) -> Path:
    target.mkdir()
    with tarfile.open(target / "model.tar.gz", "w:gz") as tar:
        tar.add(folder, arcname=".")
    return target


def test_a_packed_champion_opens(champion: Artifact, tmp_path: Path) -> None:
    packed = _packed(champion.folder, tmp_path / "channel")
    opened = open_artifact(packed, tmp_path)
    assert opened.version == champion.version
    with pytest.raises(ArtifactError, match="family 'digits'"):
        opened.require(family="thai-rec", image="paddle")


def _broken_labels(folder: Path, _champion: Artifact) -> dict[str, Path]:
    texts = digits.texts_of("01234", 100)
    digits.write_labels(folder / "data", [*texts[:-30], *["0123401234"] * 30])
    return {"data": folder / "data"}


def _corrupt_champion(folder: Path, champion: Artifact) -> dict[str, Path]:
    shutil.copytree(champion.folder, folder / "model")
    (folder / "model/weights.npz").write_bytes(b"other")
    return {"model": folder / "model"}


def _champion_of_another_family(folder: Path, champion: Artifact) -> dict[str, Path]:
    shutil.copytree(champion.folder, folder / "model")
    path = folder / "model/artifact.json"
    path.write_text(path.read_text().replace('"digits"', '"letters"'))
    return {"model": folder / "model"}


def _climbing_archive(folder: Path, _champion: Artifact) -> dict[str, Path]:
    (folder / "model").mkdir()
    with tarfile.open(folder / "model/model.tar.gz", "w:gz") as tar:
        tar.add(__file__, arcname="../outside")
    return {"model": folder / "model"}


def _empty_channel(folder: Path, _champion: Artifact) -> dict[str, Path]:
    (folder / "data").mkdir()
    return {"data": folder / "data"}


BAD = {
    "labels that cannot be learnt": (_broken_labels, "at best 70.0 % exact match (56 of 80 samples)"),
    "corrupt champion": (_corrupt_champion, "weights.npz: another content than artifact.json says"),
    "champion of another family": (_champion_of_another_family, "a model of the family 'letters'"),
    "archive that climbs out": (_climbing_archive, "'../outside', which leads out of the folder"),
    "empty channel": (_empty_channel, "the input channel 'data' is empty"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_sentence_and_code_2(
    champion: Artifact, home: Path, tmp_path: Path, name: str
) -> None:
    make, said = BAD[name]
    channels = {"data": home / "old/snapshot", **make(tmp_path, champion)}
    job = Job(digits.write_job(tmp_path / "ml", home / "family.yaml", {}, **channels))
    assert entry.run(partial(main, image=IMAGE), job) == entry.CALLERS_MISTAKE
    assert said in job.failure.read_text()
    assert not job.model.exists()


def test_a_family_the_network_does_not_fit_is_refused(home: Path, tmp_path: Path) -> None:
    family = tmp_path / "family.yaml"
    family.write_text((home / "family.yaml").read_text().replace("step_px: 4", "step_px: 8"))
    job = Job(digits.write_job(tmp_path / "ml", family, {}, data=home / "old/snapshot"))
    assert entry.run(partial(main, image=IMAGE), job) == entry.CALLERS_MISTAKE
    assert "step_px 8; expected height_px 32, step_px 4" in job.failure.read_text()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"distillation": 0.5}, "distillation 0.5 without a champion"),
        ({"replay_ratio": 2.0}, "replay_ratio 2 without anything to replay"),
        ({"recipe": "svtr-lcnet"}, "height_px 48, step_px 8"),
        ({"recipe": "db-mobile"}, "which is for detection; expected one for recognition"),
        ({"recipe": "crnn-light"}, "Did you mean 'crnn-lite'"),
    ],
)
def test_what_would_have_no_effect_is_refused(
    home: Path, tmp_path: Path, settings: dict[str, object], said: str
) -> None:
    inputs = Inputs(str(home / "old/snapshot"), tmp_path / "m", tmp_path / "c")
    with pytest.raises(InputError, match=said):
        _train(home, inputs, **settings)


def test_a_network_that_reads_nothing_is_no_model(home: Path, tmp_path: Path) -> None:
    inputs = Inputs(str(home / "old/snapshot"), tmp_path / "m", tmp_path / "c")
    with pytest.raises(TrainingError, match="after 1 epochs the network reads not one validation line right"):
        _train(home, inputs, epochs=1, learning_rate=1e-7)
    assert not list(tmp_path.rglob("*.*"))


def test_what_is_learnt_from_validates_nothing(home: Path, tmp_path: Path) -> None:
    swapped = tmp_path / "swapped"
    shutil.copytree(home / "old/labels", swapped)
    (swapped / "rec_gt_train.txt").rename(swapped / "other")
    (swapped / "rec_gt_val.txt").rename(swapped / "rec_gt_train.txt")
    (swapped / "other").rename(swapped / "rec_gt_val.txt")
    strict = (home / "family.yaml").read_text().replace("duplicate_share: 1.0", "duplicate_share: 0.99")
    (tmp_path / "family.yaml").write_text(strict)
    inputs = Inputs(str(home / "old/labels"), tmp_path / "m", tmp_path / "c", replay=str(swapped))
    with pytest.raises(InputError, match="400 of 400 validation images are also learnt from"):
        _train(tmp_path, inputs)


@pytest.mark.parametrize("moment", ["calibrate", "export"])
def test_a_stop_after_the_last_epoch_delivers_nothing(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    stop = Stop()
    original = getattr(training, moment)

    def stopping(*given: object) -> object:
        stop.tell()
        return original(*given)

    monkeypatch.setattr(training, moment, stopping)
    inputs = Inputs(str(home / "old/snapshot"), tmp_path / "m", tmp_path / "c")
    parameters = Hyperparameters(family="digits", epochs=2)
    assert run(IMAGE, load_family(home / "family.yaml"), parameters, inputs, stop, nothing) is None
    assert list((tmp_path / "c").glob("step-*.npz"))
    assert not list(tmp_path.glob("m/*"))


def test_a_charset_that_was_exchanged_is_noticed(champion: Artifact, tmp_path: Path) -> None:
    shutil.copytree(champion.folder, tmp_path / "m")
    about = json.loads((tmp_path / "m/artifact.json").read_text())
    data = "".join(f"{one}\n" for one in "43210").encode()
    (tmp_path / "m/charset.txt").write_bytes(data)
    about["files"]["charset.txt"]["sha256"] = hashlib.sha256(data).hexdigest()
    (tmp_path / "m/artifact.json").write_text(json.dumps(about))
    with pytest.raises(ArtifactError, match="another charset"):
        charset_of(open_artifact(tmp_path / "m", tmp_path))


def test_label_files_are_as_good_as_a_snapshot(home: Path, tmp_path: Path) -> None:
    inputs = Inputs(str(home / "old/labels"), tmp_path / "m", tmp_path / "c")
    artifact = _train(home, inputs, epochs=3)
    assert artifact is not None
    assert charset_of(artifact).entries == tuple("01234")
    assert UPath(home / "old/labels").is_dir()
