"""Begin from weights that somebody published, all of them accounted for.

PaddleX publishes its networks as safetensors (PP-OCRv5_mobile_rec, for ``svtr-lcnet``); nothing in them can
run code, as it can in a ``.pdparams`` file, which is a pickle.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from config.errors import ConfigError, Problem
from containers.common.errors import ArtifactError
from containers.paddle.networks import HEAD

Arrays = Mapping[str, NDArray[Any]]

_PREFIXES = {"model.": "model.", "head.encoder.": "encoder.", "head.head.": "head."}
"""PaddleX's names of the parts of the network, and ours."""
_ENDINGS = {"running_mean": "_mean", "running_var": "_variance"}
"""Hugging Face's names of a normalisation's buffers, and Paddle's."""
_SUPPORTED = "svtr-lcnet"


def begun_from(own: Arrays, published: Arrays, network: str, uri: str) -> dict[str, NDArray[Any]]:
    """Return the weights to begin with: `published`, and the head of `own`, for its charset is another one.

    Raises:
        ConfigError: weights of this `network` are published in no form that is known here.
        ArtifactError: a weight has no counterpart of its name and shape, on either side.
    """
    if network != _SUPPORTED:
        found = f"pretrained weights for the network {network!r}"
        remedy = "Train from the beginning, or continue from an artifact (channel model, --champion)."
        raise ConfigError(Problem("pretrained.network", found, f"{_SUPPORTED!r}", remedy))
    named = dict(_renamed(name, array) for name, array in published.items())
    wanted = {name: array.shape for name, array in own.items() if name not in HEAD}
    given = {name: array.shape for name, array in named.items() if name not in HEAD}
    if wanted != given:
        differing = sorted(name for name in wanted | given if wanted.get(name) != given.get(name))
        found = f"{len(differing)} weights that do not fit, first {differing[0]}"
        remedy = "Use the weights of PP-OCRv5_mobile_rec, and the recipe's own options."
        expected = "every weight but the head's to have its counterpart"
        raise ArtifactError(Problem("pretrained.weights", found, expected, remedy, uri))
    return {name: own[name] if name in HEAD else named[name] for name in own}


def _renamed(name: str, array: NDArray[Any]) -> tuple[str, NDArray[Any]]:
    for theirs, ours in _PREFIXES.items():
        if name.startswith(theirs):
            name = ours + name.removeprefix(theirs)
            break
    for theirs, ours in _ENDINGS.items():
        if name.endswith(theirs):
            name = name.removesuffix(theirs) + ours
    # a linear layer's weight is transposed there
    return name, np.ascontiguousarray(array.T) if array.ndim == 2 else array
