"""The application synthesised once for all tests: the templates of each environment as plain JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from approving import World
    from families import Families

ACCOUNT = "123456789012"


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The templates of the environment prod, which has every stack, by the stack's name."""
    import aws_cdk as cdk

    from config.environment import load_environment
    from infra.application import compose
    from pipelines.place import Place

    os.environ["CDK_VALIDATION"] = "false"  # once validated, by the CLI, in test_synth
    context = json.loads(Path("cdk.json").read_text())["context"]  # only the CLI reads it by itself
    out = tmp_path_factory.mktemp("cdk.out")
    app = cdk.App(outdir=str(out), context=context)
    compose(app, Place(load_environment("prod"), ACCOUNT))
    app.synth()
    return {path.name.split(".")[0]: json.loads(path.read_bytes()) for path in out.glob("*.template.json")}


@pytest.fixture
def families(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Families:
    """Families that a test may let say more."""
    from families import Families

    return Families.copied(tmp_path / "families", monkeypatch)


@pytest.fixture(scope="module")
def clients() -> list[Any]:
    from approving import clients_of_approvals

    return clients_of_approvals()


@pytest.fixture
def world(clients: list[Any]) -> Iterator[World]:
    """An account in memory in which versions are approved."""
    from approving import open_world

    with open_world(clients) as made:
        yield made
