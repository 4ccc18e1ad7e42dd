"""The end of every training: export, prove, describe; only what passed all of it is a model."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from config.family import Family
from config.protocol import ARTIFACT_FILE, FAMILY_FILE
from containers.common.artifact import Artifact, complete, open_folder
from containers.common.champion import WEIGHTS
from containers.common.delivery import delivered
from containers.common.description import Description, Parity
from containers.common.entry import Stop
from containers.common.progress import say
from containers.common.shipped import shipped

HISTORY = "history.json"
"""The file of an artifact that holds the figures of each epoch, or of some steps."""


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training made, before it is exported. `weights`: parameters by name, to continue from."""

    family: Family
    description: Description
    history: Sequence[Mapping[str, float]]
    weights: Mapping[str, NDArray[Any]]


def hand_over(
    trained: Trained,
    out: Path,
    stop: Stop,
    *,
    write: Callable[[Path], None],
    proofs: Mapping[str, Callable[[Artifact], Parity]],
) -> Artifact:
    """Export, prove and describe a model; nothing appears in the folder `out` before all of it went well.

    `write` exports the model into a folder; `proofs` hold each engine's answers, as exported, against it.

    Raises:
        TrainingError: an exported model is not the one that was trained.
        StoppedError: it was told to stop; nothing was delivered.
    """
    with delivered(out, last=ARTIFACT_FILE) as staging:
        write(staging)
        (staging / FAMILY_FILE).write_bytes(shipped(trained.family))
        (staging / HISTORY).write_text(json.dumps(list(trained.history), indent=1) + "\n")
        np.savez(staging / WEIGHTS, allow_pickle=False, **trained.weights)
        exported = complete(staging, trained.description)
        parity: dict[str, Parity] = {}
        for engine, prove in proofs.items():
            stop.check()
            parity[engine] = prove(exported)
            same, images = parity[engine].images - parity[engine].mismatches, parity[engine].images
            say(f"{engine}: answers {same:,} of {images:,} validation images as the trained network does")
        complete(staging, trained.description.model_copy(update={"parity": parity}))
    return open_folder(out)
