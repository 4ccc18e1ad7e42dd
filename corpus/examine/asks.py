"""What an examination asks of a kind of model: a task of any kind is one, whatever else it can do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from config.family import Family
from corpus.examine.dataset import Dataset, Integers, Mask
from corpus.examine.examination import Ceiling
from corpus.examine.rules.base import Rule


class Asks(Protocol):
    """A kind of model, as far as its data is concerned."""

    @property
    def family(self) -> Family:
        """Whose thresholds, unit, normal form, charset and gate hold."""

    def rules(self) -> Sequence[Rule]:
        """Return what is asked beside the shared rules."""

    def ceilings(self, data: Dataset) -> Sequence[Ceiling]:
        """Return the best that any training could reach: of each split that has samples, then of all."""

    def measures(self, data: Dataset) -> Mapping[str, tuple[Integers, Mask]]:
        """Return what is spread out by split beside lengths and sizes: a number for each row, where known."""
