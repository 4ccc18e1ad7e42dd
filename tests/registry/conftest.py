"""A registry of each kind: MLflow on a real SQLite file, SageMaker's on moto."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from registry.database import ensure
from registry.mlflow import MlflowRegistry
from registry.protocol import Registry
from registry.sagemaker import SagemakerRegistry


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database without versions: made once, since that takes seconds."""
    database = tmp_path_factory.mktemp("blank") / "mlflow.db"
    ensure(database, lambda _: None)
    return database


@pytest.fixture
def local(blank: Path, tmp_path: Path) -> MlflowRegistry:
    return MlflowRegistry(Path(shutil.copy(blank, tmp_path / "mlflow.db")))


@pytest.fixture(scope="session")
def sagemaker() -> Any:
    """Made once: boto3 takes a second to read what SageMaker can do."""
    return boto3.client(
        "sagemaker", "eu-central-1", aws_access_key_id="testing", aws_secret_access_key="testing"
    )


@pytest.fixture
def account(sagemaker: Any) -> Iterator[SagemakerRegistry]:
    with mock_aws():
        yield SagemakerRegistry(sagemaker)


@pytest.fixture(params=["local", "account"])
def registry(request: pytest.FixtureRequest) -> Registry:
    chosen: Registry = request.getfixturevalue(request.param)
    return chosen
