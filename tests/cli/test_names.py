"""What a model, a run, a snapshot and data are called, the same in every command."""

from __future__ import annotations

import json
import shutil
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from drawing import png
from tiny_artifact import tiny_artifact
from typer.testing import CliRunner, Result

from cli import names
from cli.main import app
from config.errors import GlyphlineError, InputError
from config.home import HOME_VARIABLE, in_store
from config.protocol import NONE
from containers.common.artifact import Artifact
from corpus import formats
from corpus.ingest import Options, import_records
from corpus.paths import as_path
from corpus.splits import SplitPolicy
from pipelines import account
from registry.database import ensure
from registry.errors import UnknownVersionError
from registry.mlflow import MlflowRegistry, local_registry
from registry.versions import NewVersion

pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")

FAMILY = "pid-rec"


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database without versions: made once, since that takes seconds."""
    database = tmp_path_factory.mktemp("blank") / "mlflow.db"
    ensure(database, lambda _: None)
    return database


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    return tiny_artifact(tmp_path_factory.mktemp("artifact"))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with a home of its own."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "home").mkdir()
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


@pytest.fixture
def registry(here: Path, blank: Path, tiny: Artifact) -> MlflowRegistry:
    """The registry of this machine with two versions: the first is approved, the second has its model."""
    shutil.copy(blank, here.parent / "home" / "mlflow.db")
    registry = local_registry()
    for number in (1, 2):
        registry.register(_new(f"r{number}"))
    packed = in_store("s3://glyphline-local/runs/r2/model.tar.gz")
    packed.parent.mkdir(parents=True)
    with tarfile.open(packed, "w:gz") as archive:
        for path in tiny.folder.iterdir():
            archive.add(path, path.name)
    registry.decide(f"{FAMILY}/1", "Approved", who="ada", reason="the first")
    return registry


def _new(run: str) -> NewVersion:
    uri = f"s3://glyphline-local/runs/{run}"
    metadata = {"family": FAMILY, "version": f"model-{run}", "snapshot": "5af0", "parent": NONE, "run": run}
    return NewVersion(FAMILY, f"{uri}/model.tar.gz", "glyphline-paddle:1", f"{uri}/evaluation.json", metadata)


def says(*words: object, code: int = 0) -> Result:
    result = CliRunner().invoke(app, [str(word) for word in words])
    refused = isinstance(result.exception, GlyphlineError)
    assert (2 if refused else result.exit_code) == code, f"{result.output}{result.exception}"
    return result


# --- models


@pytest.mark.usefixtures("registry")
@pytest.mark.parametrize(
    ("said", "number"), [(FAMILY, 1), (f"{FAMILY}/champion", 1), (f"{FAMILY}/latest", 2), (f"{FAMILY}/2", 2)]
)
def test_a_version_is_named_by_its_family(said: str, number: int) -> None:
    found = names.model(said)
    assert found.version is not None
    assert found.version.number == number
    assert found.place == in_store(f"s3://glyphline-local/runs/r{number}/model.tar.gz")
    assert json.loads(says("registry", "show", said, "--json").stdout)["number"] == number


@pytest.mark.usefixtures("registry")
def test_a_family_may_be_named_by_its_file(here: Path) -> None:
    file = here / "mine.yaml"
    file.write_text((Path(__file__).parents[2] / "config/families/pid-rec.yaml").read_text())
    found = names.model(str(file))
    assert found.version is not None
    assert found.version.group == FAMILY


def test_a_folder_an_archive_and_their_uris_are_models(here: Path, tiny: Artifact) -> None:
    shutil.copytree(tiny.folder, here / "my model")
    assert names.model("my model").place == Path("my model")
    assert names.model((here / "my model").as_uri()).place == here / "my model"
    assert names.model("my model").uri == (here / "my model").as_uri()
    assert names.model("s3://bucket/model.tar.gz").uri == "s3://bucket/model.tar.gz"
    (here / "model.tar.gz").write_bytes(b"packed")
    assert names.model("model.tar.gz").place == Path("model.tar.gz")


@pytest.mark.usefixtures("registry")
def test_a_folder_without_a_model_does_not_hide_a_version(here: Path, tiny: Artifact) -> None:
    (here / FAMILY).mkdir()
    found = names.model(FAMILY).version
    assert found is not None
    assert found.number == 1
    shutil.copytree(tiny.folder, here / FAMILY / "2")
    assert names.model(f"{FAMILY}/2").version is None  # what is here comes first


@pytest.mark.usefixtures("registry")
def test_of_a_folder_that_is_no_model_whoever_opens_it_says_what_is_missing(here: Path) -> None:
    (here / "scans").mkdir()
    (here / "a.png").write_bytes(png(3, (64, 32)))
    assert names.model("scans").place == Path("scans")
    assert "scans: no model artifact here" in str(_refusal("predict", "scans", "a.png"))


@pytest.mark.usefixtures("registry")
def test_an_unknown_model_says_where_it_was_looked_for_and_what_is_near() -> None:
    with pytest.raises(InputError) as told:
        names.model("pid-red/2")
    for part in ("no file or folder 'pid-red/2'", "no model 'pid-red' in the registry of", "'pid-rec'"):
        assert part in str(told.value)
    with pytest.raises(UnknownVersionError, match="pid-rec has no 7"):
        names.model(f"{FAMILY}/7")
    with pytest.raises(InputError, match=r"no file or folder './pid-rec/2'"):
        names.model("./pid-rec/2")


def test_where_nothing_is_registered_the_way_to_begin_is_told(here: Path) -> None:
    with pytest.raises(InputError, match=rf"registry of this machine \({here.parent / 'home'}\).*run a pipe"):
        names.model(FAMILY)


@pytest.mark.usefixtures("registry")
def test_a_version_answers_an_image_on_standard_output(here: Path) -> None:
    (here / "a.png").write_bytes(png(3, (64, 32)))
    told = says("predict", f"{FAMILY}/2", "a.png")
    answer = json.loads(told.stdout)
    assert answer["id"] == "a.png"
    assert isinstance(answer["prediction"], str)
    assert "1 line answered by model" in told.stderr
    assert "--out predictions.jsonl" in str(_refusal("predict", f"{FAMILY}/2", "a.png", "a.png"))
    assert "--out" not in str(_refusal("predict", f"{FAMILY}/2", "b.png"))


@pytest.mark.usefixtures("store")
def test_a_model_in_s3_answers_too(here: Path, tiny: Artifact) -> None:
    folder = as_path("s3://models/released")
    folder.fs.mkdir("models")
    for path in tiny.folder.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    (here / "a.png").write_bytes(png(3, (64, 32)))
    from_s3 = json.loads(says("predict", "s3://models/released", "a.png").stdout)
    assert from_s3 == json.loads(says("predict", tiny.folder, "a.png").stdout)
    (folder / "charset.txt").write_bytes(b"changed")
    assert "s3://models/released (charset.txt): another content" in str(
        _refusal("predict", "s3://models/released", "a.png")
    )
    assert "s3://models/gone: nothing here" in str(_refusal("predict", "s3://models/gone", "a.png"))


def test_what_exists_is_not_written_over(here: Path, tiny: Artifact) -> None:
    (here / "a.png").write_bytes(png(3, (64, 32)))
    (here / "out").write_text("precious")
    assert "exists already" in str(_refusal("predict", tiny.folder, "a.png", "--out", "out"))
    assert (here / "out").read_text() == "precious"


def _refusal(*words: object) -> GlyphlineError:
    error = CliRunner().invoke(app, [str(word) for word in words]).exception
    assert isinstance(error, GlyphlineError), error
    return error


def test_in_an_account_a_family_is_named_without_the_prefix_of_its_group() -> None:
    groups = ("glyphline-dev-pid-rec", "other")
    assert names.group(FAMILY, groups, "dev") == "glyphline-dev-pid-rec"
    assert names.group("glyphline-dev-pid-rec", groups, "dev") == "glyphline-dev-pid-rec"
    assert names.group("other", groups, "dev") == "other"
    assert names.group(FAMILY, groups) == FAMILY, "this machine's groups have no prefix"


@pytest.mark.usefixtures("registry")
@pytest.mark.parametrize(
    ("words", "following"),
    [
        (["list"], f"registry show {FAMILY}/2"),
        (["show", FAMILY], None),
        (["show", f"{FAMILY}/latest"], f"registry approve {FAMILY}/2 --reason '…'"),
        (["approve", f"{FAMILY}/2", "--reason", "better"], f"serve {FAMILY}"),
        (["reject", FAMILY, "--reason", "slow"], f"registry list {FAMILY}"),
    ],
)
def test_the_registry_says_what_is_next(words: list[str], following: str | None, here: Path) -> None:
    told = says("registry", *words).stderr.splitlines()
    home = f"{HOME_VARIABLE}={here.parent / 'home'}"
    assert told[-1:] == ([] if following is None else [f"next: {home} glyphline {following}"])


# --- runs


@dataclass(frozen=True)
class _Account:
    """What the account answers about its runs."""

    arn: str = "arn:aws:sagemaker:eu-central-1:123456789012:pipeline/glyphline-dev-pid-rec/execution/new"

    def runs(self, _client: object, pipeline: str) -> Iterator[account.Run]:
        if pipeline == "glyphline-dev-pid-rec":
            yield account.Run(self.arn, "Executing", None)


def test_with_an_environment_a_family_is_its_latest_run_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.account.account_of", lambda _: "123456789012")
    monkeypatch.setattr("cli.account.client", lambda *_: None)
    monkeypatch.setattr(account, "runs", _Account().runs)
    assert names.run(FAMILY, "dev") == _Account.arn
    with pytest.raises(InputError, match="no run of glyphline-dev-thai-rec in the account of dev"):
        names.run("thai-rec", "dev")


def test_a_run_is_named_by_its_family_too(here: Path) -> None:
    for run_id, family, started in (
        ("pid-rec-1", FAMILY, "2026-01-02"),
        ("pid-rec-0", FAMILY, "2026-01-03"),
        ("thai-rec-1", "thai-rec", "2026-01-04"),
    ):
        folder = here.parent / "home" / "runs" / run_id
        folder.mkdir(parents=True)
        about = {"pipeline": family, "parameters": {}, "status": "Failed", "started": f"{started}T00:00:00Z"}
        (folder / "run.json").write_text(json.dumps(about))
    assert names.run("pid-rec-1") == "pid-rec-1"
    assert names.run(FAMILY) == "pid-rec-0"
    with pytest.raises(InputError, match=r"no run 'pid-rek' on this machine .*Did you mean 'pid-rec'"):
        names.run("pid-rek")
    assert "pid-rec-0" in says("pipeline", "show", FAMILY).stdout


def test_an_arn_is_held_to_its_form() -> None:
    arn = "arn:aws:sagemaker:eu-central-1:123456789012:pipeline/p/execution/abc"
    assert names.run(arn) == arn
    with pytest.raises(InputError, match="execution/ID"):
        names.run("arn:aws:sagemaker:eu-central-1:123456789012:pipeline/p")
    assert "a run of this machine" in str(_refusal("pipeline", "resume", arn))


# --- snapshots and data


def _labels(folder: Path, lines: dict[str, str]) -> Path:
    folder.mkdir(parents=True)
    for number, name in enumerate(lines):
        (folder / name).write_bytes(png(number * 9, (64, 32)))
    rows = "".join(f"{name}\t{text}\n" for name, text in lines.items())
    (folder / "rec_gt_train.txt").write_text(rows, encoding="utf-8")
    return folder


@pytest.fixture
def made(here: Path) -> Path:
    """A snapshot called tags."""
    source = _labels(here.parent / "source", {"0.png": "PT-101", "1.png": "TT-204"})
    options = Options("tags", SplitPolicy())
    import_records(formats.read("paddle-rec", as_path(source)), as_path(here / "tags"), options)
    return here / "tags"


_OPENERS: list[Callable[[str], tuple[str, ...]]] = [
    lambda place: ("corpus", "show", place),
    lambda place: ("corpus", "cut", place, "--out", "x"),
    lambda place: ("corpus", "export", place, "--format", "csv", "--out", "x"),
    lambda place: ("corpus", "examine", place, "--family", FAMILY),
    lambda place: ("corpus", "add", "tags", place),
    lambda place: ("pipeline", "run", "--family", FAMILY, "--data", place),
    lambda place: ("train", "--family", FAMILY, "--data", place, "--out", "x"),
]


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize("words", _OPENERS, ids=lambda words: " ".join(words("")[:2]))
def test_an_unknown_snapshot_names_the_nearest(here: Path, words: Callable[[str], tuple[str, ...]]) -> None:
    assert "no snapshot here" in str(told := _refusal(*words("tag")))
    assert "Did you mean 'tags'?" in str(told)
    assert not (here / "x").exists()


def test_a_snapshot_is_named_by_hash_and_uri(made: Path) -> None:
    whole = names.snapshot("tags").description
    assert names.snapshot(f"tags@{whole.hash[:8]}").description == whole
    assert names.snapshot(made.as_uri()).description == whole


def test_a_format_is_guessed_where_one_fits_and_that_is_said(here: Path, made: Path) -> None:
    source = here.parent / "source"
    assert names.format_of(str(source), None) == "paddle-rec"
    assert names.format_of(str(made), None) is None
    told = says("corpus", "import", source, "--out", "guessed", "--json")
    assert json.loads(told.stdout)["samples"] == 2
    assert "has the format paddle-rec" in told.stderr
    says("corpus", "export", made, "--format", "csv", "--out", "as-csv")
    assert names.format_of("as-csv", None) == "csv", "its folders of images are no classes"
    (here / "empty").mkdir()
    with pytest.raises(InputError, match="neither a snapshot nor data of a known format"):
        names.format_of("empty", None)


def test_data_in_a_format_stand_where_a_snapshot_does(here: Path, tiny: Artifact) -> None:
    source = _labels(here / "lines", {f"{number}.png": f"PT-{number}" for number in range(3)})
    for out in ("a.jsonl", "b.jsonl"):
        told = says("predict", tiny.folder, source, "--format", "paddle-rec", "--out", out)
        assert "3 lines answered" in told.stderr
    rows = [json.loads(line) for line in (here / "a.jsonl").read_text().splitlines()]
    assert sorted(row["reference"] for row in rows) == ["PT-0", "PT-1", "PT-2"]
    (kept,) = (here.parent / "home" / "imported").iterdir()  # twice the same, once there
    assert f"--images {kept}" in told.stderr
    begun = _refusal("pipeline", "run", "--family", FAMILY, "--data", source, "-p", "MaxEror=1")
    assert "Did you mean 'MaxError'" in str(begun)
    refused = _refusal("train", "--family", FAMILY, "--data", source, "--format", "csv", "--out", "x")
    assert "no file *.csv in the folder" in str(refused)


def test_where_several_formats_fit_they_are_named(here: Path) -> None:
    source = _labels(here / "both", {"0.png": "PT-101"})
    (source / "labels.csv").write_text("image_file,text\n0.png,PT-101\n")
    with pytest.raises(InputError, match=r"data that fit csv and paddle-rec.*--format"):
        names.format_of(str(source), None)
    assert names.format_of(str(source), "csv") == "csv"
