"""Weights that somebody published: fetched by URI, held against a checksum, never a pickle."""

from __future__ import annotations

import hashlib
from typing import Any

from numpy.typing import NDArray

from config.errors import Problem
from containers.common.errors import ArtifactError
from corpus.paths import as_path


def fetched(uri: str, sha256: str) -> dict[str, NDArray[Any]]:
    """Return the tensors of the safetensors file at `uri` (a path, ``s3://…``, ``https://…``).

    Raises:
        ArtifactError: it is missing, has another checksum, or is no safetensors file.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    remedy = "Check pretrained and pretrained_sha256 against what its publisher says."
    try:
        data = as_path(uri).read_bytes()
    except OSError as error:
        found = f"it cannot be read ({error.strerror or error})"
        raise ArtifactError(Problem("pretrained.unreadable", found, "weights", remedy, uri)) from error
    actual = hashlib.sha256(data).hexdigest()
    if actual != sha256.lower():
        found = f"a file whose SHA-256 is {actual}"
        raise ArtifactError(Problem("pretrained.checksum", found, sha256, remedy, uri))
    try:
        tensors: dict[str, NDArray[Any]] = load(data)
    except SafetensorError as error:
        found = f"no safetensors file ({error})"
        raise ArtifactError(Problem("pretrained.format", found, "one", remedy, uri)) from error
    return tensors
