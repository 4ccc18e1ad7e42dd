"""From CTC probabilities to text: greedy decoding, a confidence, and the temperature that makes it honest.

A. Graves et al., Connectionist Temporal Classification (2006): class 0 is the blank, a run is one character.
C. Guo et al., On Calibration of Modern Neural Networks (2017): https://arxiv.org/abs/1706.04599
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tasks.recognition.answer import Reading

BLANK = 0
_LEAST = 1e-30
"""Probabilities below it cannot be told from 0 in single precision."""
_TEMPERATURES = np.geomspace(0.25, 8.0, 61)


def decode(probabilities: NDArray[np.float32], alphabet: Sequence[str]) -> list[Reading]:
    """Return the best path's reading of each line. `alphabet[k]` is the character of class ``k + 1``.

    `probabilities` is ``[lines, steps, classes]``, each step summing to 1.
    """
    lines, steps = probabilities.shape[:2]
    best = probabilities.argmax(axis=2)
    scores = np.take_along_axis(probabilities, best[:, :, None], axis=2)[:, :, 0]
    confidences = np.exp(np.log(np.maximum(scores, _LEAST)).sum(axis=1, dtype=np.float64)).tolist()
    begins = np.ones((lines, steps), np.bool_)  # where a run of equal classes begins: each line begins one
    np.not_equal(best[:, 1:], best[:, :-1], out=begins[:, 1:])
    starts = np.flatnonzero(begins)
    peaks = np.maximum.reduceat(scores.ravel(), starts)
    classes = best.ravel()[starts]
    kept = np.flatnonzero(classes != BLANK)
    characters = [alphabet[one - 1] for one in classes[kept].tolist()]
    probable = peaks[kept].tolist()
    ends = np.searchsorted(starts[kept], np.arange(1, lines + 1) * steps).tolist()
    return [
        Reading("".join(characters[start:end]), confidence, tuple(probable[start:end]))
        for start, end, confidence in zip([0, *ends], ends, confidences, strict=False)
    ]


def softmax(logits: NDArray[np.float32], temperature: float = 1.0) -> NDArray[np.float32]:
    """Return the softmax of `logits / temperature` over the last axis."""
    scaled = logits / np.float32(temperature)
    scaled = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    result: NDArray[np.float32] = scaled / scaled.sum(axis=-1, keepdims=True)
    return result


def fit_temperature(logits: Sequence[NDArray[np.float32]], correct: NDArray[np.bool_]) -> float:
    """Return the temperature with which the confidence of a line tells best whether it is `correct`.

    `logits` has one ``[steps, classes]`` for each line. Of 61 temperatures from 0.25 to 8, the one with the
    least binary cross-entropy; where all lines are right, or all wrong, there is nothing to fit: 1.
    """
    if correct.all() or not correct.any():
        return 1.0
    losses = [_cross_entropy(logits, correct, temperature) for temperature in _TEMPERATURES]
    return float(_TEMPERATURES[int(np.argmin(losses))])


def _cross_entropy(
    logits: Sequence[NDArray[np.float32]], correct: NDArray[np.bool_], temperature: float
) -> float:
    # the log of a line's best path: at each step, minus log(sum(exp(x - max x)))
    logs = np.array(
        [
            -np.log(np.exp((one - one.max(axis=1, keepdims=True)) / temperature).sum(axis=1)).sum()
            for one in logits
        ]
    )
    wrong = np.log(np.maximum(-np.expm1(np.minimum(logs, -1e-7)), _LEAST))
    return float(-np.where(correct, logs, wrong).mean())
