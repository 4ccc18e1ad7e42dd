"""A pipeline run in MLflow: whole, once, and to the server that is meant."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from containers.common.errors import JobError
from containers.common.tracking import RUN_TAG, TrackedRun, log_run

pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")

ARN = "arn:aws:sagemaker:eu-central-1:123456789012"
RUN = TrackedRun(
    family="pid-rec",
    run="pid-rec-20261121-1",
    parameters={f"parameter_{number}": str(number) for number in range(130)},
    curves=[{"epoch": float(epoch), "train_loss": 1.0 / epoch, "val_cer": 0.5} for epoch in range(1, 701)],
    metrics={"cer": 0.0123, "exact_match": 0.95},
    tags={"snapshot": "5af0", "parent": "none"},
)


@pytest.fixture(autouse=True)
def _own_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")  # as log_run sets it: put back after the test
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")


def test_a_run_logged_twice_stands_there_once_and_whole(blank: Path, tmp_path: Path) -> None:
    from mlflow import MlflowClient

    uri = f"sqlite:///{shutil.copy(blank, tmp_path / 'mlflow.db')}"
    report = tmp_path / "report.html"
    report.write_text("<p>first")
    first = log_run(replace(RUN, artifacts=[report], metrics={"cer": 0.5}), uri)
    report.write_text("<p>second")
    second = log_run(replace(RUN, artifacts=[report]), uri)
    assert log_run(replace(RUN, run="another"), uri) not in (first, second)

    client = MlflowClient(tracking_uri=uri)
    experiment = client.get_experiment_by_name("pid-rec")
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id], f"tags.`{RUN_TAG}` = '{RUN.run}'")
    assert [one.info.run_id for one in runs] == [second]
    logged = runs[0]
    assert (logged.info.run_name, logged.info.status) == (RUN.run, "FINISHED")
    assert logged.data.params == RUN.parameters
    assert logged.data.tags.items() >= RUN.tags.items()
    assert logged.data.metrics == {"cer": 0.0123, "exact_match": 0.95, "train_loss": 1 / 700, "val_cer": 0.5}
    curve = client.get_metric_history(second, "train_loss")
    assert sorted((one.step, one.value) for one in curve) == [(n, 1.0 / n) for n in range(1, 701)]
    kept = tmp_path / "mlartifacts" / "pid-rec" / second / "artifacts" / "report.html"
    assert kept.read_text() == "<p>second"


def test_no_call_is_larger_than_a_server_takes(
    blank: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow import MlflowClient

    sizes: list[tuple[int, int]] = []
    log_batch = MlflowClient.log_batch

    def counted(client: Any, run_id: str, metrics: Any = (), params: Any = (), **others: Any) -> Any:
        sizes.append((len(metrics), len(params)))
        return log_batch(client, run_id, metrics, params, **others)

    monkeypatch.setattr(MlflowClient, "log_batch", counted)
    log_run(RUN, f"sqlite:///{shutil.copy(blank, tmp_path / 'mlflow.db')}")
    assert sizes == [(1000, 0), (402, 0), (0, 100), (0, 30)]  # MLflow's SQLite would take more


@pytest.mark.parametrize(
    ("uri", "host"),
    [
        ("http://127.0.0.1:9", "http://127.0.0.1:9"),
        (f"{ARN}:mlflow-tracking-server/ocr", "https://eu-central-1.experiments.sagemaker.aws"),
        (f"{ARN}:mlflow-app/app-OCR", "https://mlflow.sagemaker.eu-central-1.app.aws"),
    ],
)
def test_the_server_that_is_meant_is_asked_and_named(
    uri: str, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")  # nothing leaves this machine
    with pytest.raises(JobError, match=host) as caught:
        log_run(RUN, uri)
    assert caught.value.problem.file == uri
