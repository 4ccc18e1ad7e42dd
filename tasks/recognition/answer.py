"""What a recogniser answers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reading:
    """What a recogniser read in one line.

    `confidence` (0 to 1) is the probability of the best path, which training calibrated against being right
    without any error; None where a file of predictions does not tell. `characters` has the best probability
    of each code point of `text`, or nothing where they are not known.
    """

    text: str
    confidence: float | None = None
    characters: tuple[float, ...] = ()
