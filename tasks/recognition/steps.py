"""CTC time steps: how many the network gives for an image, and how many a text needs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from config.tasks.recognition import Recognition, RecognitionFamily
from corpus.examine.dataset import Dataset, Integers, Mask, once


def settings_of(data: Dataset) -> Recognition:
    """Return how the family that is examined turns an image into time steps.

    Raises:
        TypeError: it is no family that reads lines.
    """
    family = data.family
    if not isinstance(family, RecognitionFamily):
        raise TypeError(f"{family.family} is a family for {family.task}, not for recognition")
    return family.recognition


@once
def needed_steps(data: Dataset) -> Integers:
    """Return the least CTC steps for each text: its length, and a blank between equal neighbours.

    Graves et al. 2006, *Connectionist Temporal Classification*, section 3.1.
    """
    codes, owners = data.code_points, data.owners
    repeats = owners[1:][(codes[1:] == codes[:-1]) & (owners[1:] == owners[:-1])]
    needed: Integers = data.lengths + np.bincount(repeats, minlength=len(data.texts))
    return needed


@once
def given_steps(data: Dataset) -> Integers:
    """Return the CTC steps that the network gives for the image of each row."""
    recognition = settings_of(data)
    sizes, of_row = np.unique(data.widths << 32 | data.heights, return_inverse=True)
    steps = [recognition.time_steps(size >> 32, size & 0xFFFFFFFF) for size in sizes.tolist()]
    return np.array(steps, np.int64)[of_row]


def measures(data: Dataset) -> Mapping[str, tuple[Integers, Mask]]:
    """Return how many steps more than its text needs each readable line has."""
    return {"spare CTC steps": (given_steps(data) - needed_steps(data), data.readable & data.has_text)}
