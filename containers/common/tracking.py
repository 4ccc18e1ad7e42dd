"""Tell MLflow of a pipeline run: what it was given, how training went, what was measured, the report.

The tracking server is a SQLite file (``sqlite:////…/mlflow.db``), any MLflow server, or one of SageMaker's by
its ARN, which the plugin `sagemaker-mlflow` knows.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from config.errors import Problem
from config.protocol import TRACKING_VARIABLE
from containers.common.errors import JobError

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Metric

RUN_TAG = "glyphline.run"

_AXES = ("epoch", "step")
_SQLITE = "sqlite:///"
_METRICS_PER_CALL, _OTHERS_PER_CALL = 1000, 100  # the limits of MLflow's log-batch
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class TrackedRun:
    """What is worth keeping of one pipeline run.

    `curves` are the figures of each epoch or step, one of which is called ``epoch`` or ``step``. `metrics`
    are those of the evaluation; `tags` say where the model comes from (snapshot, parent, vocabulary hash,
    versions). `artifacts` are files.
    """

    family: str
    run: str
    parameters: Mapping[str, str]
    curves: Sequence[Mapping[str, float]]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    artifacts: Sequence[Path] = ()


def log_run(tracked: TrackedRun, uri: str) -> str:
    """Log `tracked` as one run of the experiment of its family; return MLflow's id of it.

    Logged again, it takes the place of what was logged before, so that a repeated job never doubles.

    Raises:
        JobError: the tracking server cannot be used.
    """
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
    from mlflow import MlflowClient, set_tracking_uri
    from mlflow.exceptions import MlflowException

    set_tracking_uri(uri)  # sagemaker-mlflow signs for this one, whatever the client was given
    try:
        client = MlflowClient()
        experiment = _experiment(client, tracked.family, uri)
        before = client.search_runs([experiment], f"tags.`{RUN_TAG}` = '{tracked.run}'")
        run_id = _log(client, experiment, tracked)
        for run in before:
            client.delete_run(run.info.run_id)
    except MlflowException as error:
        remedy = f"Check {TRACKING_VARIABLE}, and that the job's role may log there."
        found = f"a tracking server that says: {error.message}"
        raise JobError(Problem("tracking.server", found, "one that takes the run", remedy, uri)) from error
    return run_id


def _experiment(client: MlflowClient, family: str, uri: str) -> str:
    from mlflow.exceptions import MlflowException

    known = client.get_experiment_by_name(family)
    if known is None:
        beside = Path(uri.removeprefix(_SQLITE)).parent / "mlartifacts" / family
        try:
            return client.create_experiment(family, str(beside) if uri.startswith(_SQLITE) else None)
        except MlflowException:
            known = client.get_experiment_by_name(family)  # another run made it meanwhile
            if known is None:
                raise
    return str(known.experiment_id)


def _log(client: MlflowClient, experiment: str, tracked: TrackedRun) -> str:
    from mlflow.entities import Param

    tags = {**tracked.tags, RUN_TAG: tracked.run}
    run_id = str(client.create_run(experiment, run_name=tracked.run, tags=tags).info.run_id)
    for metrics in _parts(_metrics(tracked), _METRICS_PER_CALL):
        client.log_batch(run_id, metrics=metrics)
    parameters = [Param(name, value) for name, value in tracked.parameters.items()]
    for part in _parts(parameters, _OTHERS_PER_CALL):
        client.log_batch(run_id, params=part)
    for path in tracked.artifacts:
        client.log_artifact(run_id, str(path))
    client.set_terminated(run_id)
    return run_id


def _metrics(tracked: TrackedRun) -> list[Metric]:
    from mlflow.entities import Metric

    now_ms = int(time.time() * 1000)
    found = [Metric(name, value, now_ms, 0) for name, value in tracked.metrics.items()]
    for figures in tracked.curves:
        axis = next(name for name in _AXES if name in figures)
        step = int(figures[axis])
        found += [Metric(name, value, now_ms, step) for name, value in figures.items() if name != axis]
    return found


def _parts(items: Sequence[_T], size: int) -> Iterator[Sequence[_T]]:
    return (items[start : start + size] for start in range(0, len(items), size))
