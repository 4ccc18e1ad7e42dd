"""Local state: what local runs call S3 is a folder, and nothing lies outside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.errors import InputError
from config.home import HOME_VARIABLE, home, in_store


def test_an_s3_uri_is_a_path_in_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    assert in_store("s3://bucket/runs/r1//model.tar.gz") == tmp_path / "store/bucket/runs/r1/model.tar.gz"
    assert in_store("s3://bucket") == in_store("s3://bucket/") == home() / "store" / "bucket"


@pytest.mark.parametrize(
    "uri", ["file:///x", "bucket/key", "s3://", "s3:///key", "s3://../key", "s3://b/../../x"]
)
def test_what_would_leave_the_store_is_refused(uri: str) -> None:
    with pytest.raises(InputError, match="s3://BUCKET/KEY"):
        in_store(uri)
