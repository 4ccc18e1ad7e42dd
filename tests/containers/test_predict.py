"""Reading whole datasets: what comes out is what `glyphline evaluate` takes."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from servers import GLYPHLINE, png
from upath import UPath

from cli.predict import predict
from config.errors import GlyphlineError, Problem
from containers.common.artifact import DESCRIPTION, Artifact, Network, complete
from containers.common.errors import ArtifactError
from containers.common.predictions import encode, images_in, predict_images, predict_snapshot
from containers.common.recogniser import Recogniser
from containers.paddle.predict import open_trained
from corpus.errors import CorpusError, ImageError
from corpus.ingest import Options, import_records
from corpus.records import Record
from corpus.snapshot import Snapshot
from corpus.splits import SplitPolicy
from evaluation.reading import read_predictions


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [GLYPHLINE, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def recogniser(tiny: Artifact, tmp_path_factory: pytest.TempPathFactory) -> Recogniser:
    return open_trained(tiny.folder, tmp_path_factory.mktemp("scratch")).load()


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


def test_evaluate_takes_what_was_read_of_a_snapshot(recogniser: Recogniser, tmp_path: Path) -> None:
    made = snapshot(tmp_path / "lines", 40)
    samples = list(made.samples())
    lines = list(predict_snapshot(recogniser, made))
    written = tmp_path / "predictions.jsonl"
    written.write_bytes(encode(lines))
    read = read_predictions(written).lines
    assert [(one.id, one.reference, one.group, one.image) for one in read] == [
        (one.id, one.text, one.group, one.image) for one in samples
    ]
    assert [one.meta for one in read] == [
        {"writer": one.meta["writer"], "split": one.split, "source": "noise"} for one in samples
    ]
    assert len({one.prediction for one in read}) > 35
    assert {one.split for one in samples} > {"train", "val"}
    val = predict_snapshot(recogniser, made, splits=("val",))
    assert list(val) == [one for one in lines if one.meta["split"] == "val"]


def test_the_order_and_the_readings_do_not_depend_on_threads(recogniser: Recogniser, tmp_path: Path) -> None:
    made = snapshot(tmp_path / "lines", 300)
    done: list[tuple[int, int | None]] = []
    one = list(predict_snapshot(recogniser, made, progress=lambda *at: done.append(at)))
    three = list(predict_snapshot(recogniser, made, threads=3))
    assert [line.prediction for line in three] == [line.prediction for line in one]
    assert done == [(128, 300), (256, 300), (300, 300)]


def test_an_archive_is_opened_and_both_engines_read_the_same(
    tiny: Artifact, recogniser: Recogniser, tmp_path: Path
) -> None:
    shutil.make_archive(str(tmp_path / "model"), "gztar", tiny.folder)
    trained = open_trained(tmp_path / "model.tar.gz", tmp_path / "scratch", "paddle")
    assert (trained.artifact.version, trained.threads) == (tiny.version, 1)
    paths = [UPath(tmp_path / f"{number}.png") for number in range(12)]
    for number, path in enumerate(paths):
        path.write_bytes(png(64, number))
    onnx, paddle = (list(predict_images(one, paths)) for one in (recogniser, trained.load()))
    assert [one.prediction for one in paddle] == [one.prediction for one in onnx]  # type: ignore[union-attr]


def test_what_is_no_line_of_text_is_refused(recogniser: Recogniser, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="glyphline corpus cut"):
        list(predict_snapshot(recogniser, snapshot(tmp_path / "pages", 3, regions=True)))
    with pytest.raises(CorpusError, match="no sample with a text"):
        list(predict_snapshot(recogniser, snapshot(tmp_path / "symbols", 3, labelled=False)))
    with pytest.raises(CorpusError, match="no image here"):
        images_in(UPath(tmp_path / "nowhere"))


def test_a_snapshot_that_lost_an_image_is_not_read_in_part(recogniser: Recogniser, tmp_path: Path) -> None:
    made = snapshot(tmp_path / "lines", 3)
    lost = made.image_path(list(made.samples())[1])
    lost.unlink()
    with pytest.raises(ImageError, match=lost.name):
        list(predict_snapshot(recogniser, made))


def test_an_image_that_cannot_be_read_is_named_and_spoils_no_other(
    recogniser: Recogniser, tmp_path: Path
) -> None:
    for name, data in (
        ("a.png", png(64, 1)),
        ("b/b.PNG", png(90)[:-40]),
        ("c.jpg", png(64, 1)),
        ("d.txt", b""),
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    first, bad, last = predict_images(recogniser, images_in(UPath(tmp_path)))
    assert isinstance(bad, Problem)
    assert (bad.rule, bad.file) == ("image.truncated", str(tmp_path / "b" / "b.PNG"))
    assert not isinstance(first, Problem)
    assert not isinstance(last, Problem)
    assert (first.id, first.prediction) == (str(tmp_path / "a.png"), last.prediction)


def test_the_command_reads_a_snapshot(tiny: Artifact, tmp_path: Path) -> None:
    made = snapshot(tmp_path / "lines", 40)
    out = tmp_path / "predictions.jsonl"
    done = run("predict", tiny.folder, made.folder, "--split", "val", "--out", out)
    assert done.returncode == 0, done.stderr
    count = made.description.counts["val"]
    assert f"{count} images read with model {tiny.version}" in done.stderr
    evaluated = run("evaluate", out, "--images", made.folder, "--json")
    assert json.loads(evaluated.stdout)["samples"] == count


def test_the_command_reads_images_and_names_what_it_cannot(tiny: Artifact, tmp_path: Path) -> None:
    (tmp_path / "good.png").write_bytes(png(64))
    (tmp_path / "bad.png").write_bytes(b"no image")
    out = tmp_path / "predictions.jsonl"
    done = run("predict", tiny.folder, tmp_path / "good.png", tmp_path / "bad.png", "--out", out)
    assert done.returncode == 1
    assert "bad.png: not an image" in done.stderr
    (line,) = [json.loads(line) for line in out.read_text().splitlines()]
    assert line.keys() == {"id", "prediction", "confidence"}
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
            predict(artifact, [str(data)], str(target), split)
    assert not out.exists()


def test_another_images_model_is_refused(tiny: Artifact, tmp_path: Path) -> None:
    shutil.copytree(tiny.folder, tmp_path / "other")
    (tmp_path / "other" / DESCRIPTION).unlink()
    complete(
        tmp_path / "other", tiny.description.model_copy(update={"image": "vlm", "network": Network(name="x")})
    )
    with pytest.raises(ArtifactError, match="made by the image 'vlm'"):
        open_trained(tmp_path / "other", tmp_path / "scratch")
