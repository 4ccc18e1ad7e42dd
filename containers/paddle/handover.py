"""Hand over what a training of this image made: exported for Paddle and ONNX Runtime, both proved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import paddle

from config.tasks.detection import DetectionFamily
from config.tasks.recognition import RecognitionFamily
from config.yaml_source import Settings
from containers.common.artifact import Artifact
from containers.common.description import Description, Network, Parity
from containers.common.entry import Stop
from containers.common.handover import Trained, hand_over
from containers.paddle.engines import ENGINES, EngineName, open_engine
from containers.paddle.image import IMAGE
from containers.paddle.setup import Told
from containers.paddle.trainer import Outcome, weights_of
from containers.runtime.engine import Engine


def described(
    material: Told,
    outcome: Outcome,
    contract: Settings,
    figures: Mapping[str, float],
    vocabulary_hash: str | None = None,
) -> Description:
    """Return what the artifact of a training says of itself; `figures` are those of its best epoch."""
    paddlepaddle = paddle.version.full_version
    return Description(
        family=material.family.family,
        task=material.family.task,
        image=IMAGE.name,
        network=Network(name=material.recipe.network, options=material.recipe.options),
        contract=contract,
        provenance=material.provenance(
            figures, epochs=outcome.epochs, steps=outcome.steps, paddlepaddle=paddlepaddle
        ),
        vocabulary_hash=vocabulary_hash,
    )


def deliver(
    network: paddle.nn.Layer,
    family: RecognitionFamily | DetectionFamily,
    description: Description,
    outcome: Outcome,
    out: Path,
    stop: Stop,
    *,
    write: Callable[[Path], None],
    prove: Callable[[Engine], Parity],
) -> Artifact:
    """Export and prove `network`; see `containers.common.handover.hand_over`.

    `prove` holds an exported model's answers against the network's.
    """
    network.eval()
    trained = Trained(family, description, outcome.history, weights_of(network))

    def proof(name: EngineName, exported: Artifact) -> Parity:
        return prove(open_engine(exported, name))

    proofs: Mapping[str, Callable[[Artifact], Parity]] = {name: partial(proof, name) for name in ENGINES}
    return hand_over(trained, out, stop, write=write, proofs=proofs)
