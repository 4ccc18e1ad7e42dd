"""Export a trained recogniser, and prove the export equal to what was trained.

The exported network answers with probabilities, its logits divided by the temperature that makes them honest.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import paddle
from numpy.typing import NDArray

from containers.common.description import Parity
from containers.common.entry import Stop
from containers.common.errors import TrainingError
from containers.paddle.exporting import write_model
from containers.paddle.recognition.lines import Lines
from containers.paddle.recognition.objective import logits_of
from containers.runtime.ctc import decode, fit_temperature, softmax
from containers.runtime.engine import Engine
from containers.runtime.preprocessing import to_input
from tasks.recognition.contract import LinePreprocessing

TOLERANCE = 1e-2
"""Between logarithms of probabilities: a hundredth is a factor of 1.01, far below what changes a reading."""
_LEAST = 1e-4
"""Probabilities below it are noise to any reading; their logarithms are not compared."""
_BATCH = 64
_CALIBRATION_LINES = 2000


class _Exported(paddle.nn.Layer):
    def __init__(self, network: paddle.nn.Layer, temperature: float) -> None:
        super().__init__()
        self.network = network
        self.temperature = temperature

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return paddle.nn.functional.softmax(self.network(x) / self.temperature, axis=2)


def calibrate(network: paddle.nn.Layer, val: Lines, alphabet: Sequence[str]) -> float:
    """Return the temperature with which confidence tells best what is right, on at most 2,000 of `val`."""
    rows = np.random.default_rng(0).permutation(len(val))[:_CALIBRATION_LINES]
    texts = val.texts()
    logits: list[NDArray[np.float32]] = []
    correct: list[bool] = []
    for batch in val.batches(rows, _BATCH):
        answers = logits_of(network, val, batch)
        readings = decode(softmax(answers), alphabet)
        logits += [*answers]
        correct += [one.text == texts[row] for row, one in zip(batch, readings, strict=True)]
    return fit_temperature(logits, np.array(correct))


def export(network: paddle.nn.Layer, how: LinePreprocessing, temperature: float, folder: Path) -> None:
    """Write the network as a Paddle inference model and as ONNX into `folder`."""
    width = None if how.dynamic else how.width_px
    write_model(_Exported(network, temperature), [None, 3, how.height_px, width], folder)


def prove(
    network: paddle.nn.Layer,
    temperature: float,
    engine: Engine,
    val: Lines,
    alphabet: Sequence[str],
    stop: Stop,
) -> Parity:
    """Hold `engine` against the trained `network` on every line of `val`.

    A line that is read otherwise although no probability is off was a tie, which rounding decides; it counts
    as a mismatch.

    Raises:
        TrainingError: a probability is off by more than the tolerance; the message names the first image.
    """
    worst, ties = 0.0, 0
    differing: list[str] = []
    for rows in val.batches(np.arange(len(val)), _BATCH):
        stop.check()
        trained = softmax(logits_of(network, val, rows), temperature)
        exported = engine(to_input(val.take(rows)))
        difference = _difference(trained, exported)
        worst = max(worst, float(difference.max()))
        pairs = zip(rows, decode(trained, alphabet), decode(exported, alphabet), difference, strict=True)
        for row, one, other, far in pairs:
            ties += one.text != other.text and far <= TOLERANCE
            if far > TOLERANCE:
                sample = val.samples[row]
                differing.append(
                    f"{sample.image} ({sample.id}): trained reads {one.text!r}, exported {other.text!r}, "
                    f"log-probabilities differ by {far:.2g}"
                )
    if differing:
        raise TrainingError(
            f"the exported model is not the trained network on {len(differing):,} of {len(val):,} validation "
            f"images, first {differing[0]} (tolerance {TOLERANCE}). Do not deploy it; report this with the "
            "recipe and the versions of paddlepaddle and paddle2onnx."
        )
    return Parity(images=len(val), mismatches=ties, largest_difference=worst, tolerance=TOLERANCE)


def _difference(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return for each line the largest difference between logarithms of probabilities that matter."""
    logs = [np.log(np.maximum(each, _LEAST)) for each in (one, other)]
    result: NDArray[np.float32] = np.abs(logs[0] - logs[1]).max(axis=(1, 2))
    return result
