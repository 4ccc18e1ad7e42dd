"""Where this machine keeps its own runs, artifacts and registry."""

from __future__ import annotations

import os
from pathlib import Path

from config.errors import InputError, Problem

HOME_VARIABLE = "GLYPHLINE_HOME"
"""Environment variable: the folder to use instead of `.glyphline` in the current one."""


def home() -> Path:
    """Return the folder of all local state, absolute; it need not exist yet."""
    return Path(os.environ.get(HOME_VARIABLE, ".glyphline")).absolute()


def in_store(uri: str) -> Path:
    """Return the path below `home()` that stands for ``s3://BUCKET/KEY`` in local runs.

    InputError: `uri` is not an S3 URI with a bucket, or would leave the store.
        InputError: `uri` is no S3 URI with a bucket, or would leave the store.
    """
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    parts = [bucket, *(part for part in key.split("/") if part)]
    if not uri.startswith("s3://") or not bucket or {".", ".."} & set(parts) or "\0" in uri:
        remedy = "Name a bucket and a key without '.' or '..'."
        raise InputError(Problem("store.uri", f"the URI {uri!r}", "s3://BUCKET/KEY", remedy))
    return home().joinpath("store", *parts)
