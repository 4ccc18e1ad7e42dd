"""Continue from a champion: every weight is accounted for, and the charset may grow.

The head's columns of characters that stay are copied; a new character begins as the mean of the old ones,
so the logits of the old characters do not change by a bit before the first step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from config.errors import Problem
from containers.common.errors import ArtifactError

Arrays = Mapping[str, NDArray[Any]]

Head = Mapping[str, int]
"""The weights of a network's last layer by name, and along which axis of each its classes lie; class 0 is the
blank."""


@dataclass(frozen=True, slots=True)
class Account:
    """What became of the weights: how many were copied as they were, and which grew with the charset."""

    copied: int
    grown: tuple[str, ...]
    new_characters: tuple[str, ...]

    def __str__(self) -> str:
        grown = (
            f", {' and '.join(self.grown)} grown by {len(self.new_characters)} characters"
            if self.grown
            else ""
        )
        return f"{self.copied} weights copied{grown}, none dropped, none left at random"


def grown_alphabet(old: Sequence[str], texts_have: Sequence[str]) -> tuple[str, ...]:
    """Return the old characters in their order, then the new ones: a class never changes its number."""
    return (*old, *sorted(set(texts_have) - set(old)))


def carried_over(
    own: Arrays,
    champion: Arrays,
    place: str,
    *,
    head: Head | None = None,
    old: Sequence[str] = (),
    alphabet: Sequence[str] = (),
) -> tuple[dict[str, NDArray[Any]], Account]:
    """Return the weights to begin with: `champion`'s, with a head that has grown from `old` to `alphabet`.

    `own` are the weights of the network as it was built, `place` is what the champion is called in messages.
    Without a `head` nothing grows.

    Raises:
        ArtifactError: a weight has no counterpart of its name and shape, on either side.
    """
    classes = len(old) + 1
    result: dict[str, NDArray[Any]] = {}
    grown: list[str] = []
    misfits = [f"{name} is missing in the champion" for name in own if name not in champion]
    misfits += [f"{name} has no place in the network" for name in champion if name not in own]
    for name in own.keys() & champion.keys():
        array = champion[name]
        axis = (head or {}).get(name)
        if axis is not None and array.shape[axis] == classes and len(alphabet) > len(old):
            array = _with_new_classes(array, axis, len(alphabet) - len(old))
            grown.append(name)
        if array.shape != own[name].shape:
            misfits.append(f"{name} is {champion[name].shape} in the champion, {own[name].shape} here")
        result[name] = array
    if misfits:
        more = f" and {len(misfits) - 3} more" if len(misfits) > 3 else ""
        found = f"{'; '.join(sorted(misfits)[:3])}{more}"
        expected = "every weight to fit: training would silently begin from random ones"
        remedy = "Use the recipe that the champion was trained with, or train from the beginning."
        raise ArtifactError(Problem("artifact.weights", found, expected, remedy, place))
    return result, Account(len(result) - len(grown), tuple(sorted(grown)), tuple(alphabet[len(old) :]))


def _with_new_classes(array: NDArray[Any], axis: int, count: int) -> NDArray[Any]:
    """Append `count` classes, each the mean of the characters (the blank is none)."""
    mean = np.expand_dims(np.moveaxis(array, axis, -1)[..., 1:].mean(axis=-1), axis)
    grown: NDArray[Any] = np.concatenate([array, np.repeat(mean, count, axis=axis)], axis=axis)
    return grown.astype(array.dtype)
