"""What the tests of the images share."""

from __future__ import annotations

import pytest
from tiny_artifact import tiny_artifact

from containers.common.artifact import Artifact


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    """A small exported recogniser with ONNX beside Paddle; do not change its files."""
    return tiny_artifact(tmp_path_factory.mktemp("artifact"))
