"""The champion that a training continues from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from containers.common.artifact import Artifact, given_as, open_artifact

WEIGHTS = "weights.npz"
"""The file of an artifact that holds the trained parameters by name."""


def open_champion(place: Path | None, family: str, image: str, scratch: Path) -> Artifact | None:
    """Return the artifact to continue from, if there is one; an archive is unpacked below `scratch`.

    Raises:
        ArtifactError: it is not whole, or another family's or another image's.
    """
    if place is None:
        return None
    with given_as(str(place)):
        champion = open_artifact(place, scratch)
        champion.require(family=family, image=image)
    return champion


def weights_in(artifact: Artifact) -> dict[str, NDArray[Any]]:
    """Return the trained parameters of `artifact` by name.

    Raises:
        ArtifactError: it has none.
    """
    with np.load(artifact.file(WEIGHTS), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}
