"""The rule of the ceiling: whether the best that any training could reach is enough."""

from __future__ import annotations

from collections.abc import Iterator

from corpus.examine.dataset import Dataset
from corpus.examine.rules.base import Hit, rule
from corpus.text import percent


@rule(
    "ceiling.too-low",
    "error",
    "No training can get enough of this data right, however long it runs.",
    "Mend what is named below, most frequent first; min_ceiling in the family says what is enough.",
)
def too_low(data: Dataset) -> Iterator[Hit]:
    """Compare the ceiling of each split with the least that is wanted."""
    least = data.thresholds.min_ceiling
    for ceiling in data.ceilings:
        if ceiling.share < least:
            of = "all splits together" if ceiling.split == "all" else ceiling.split
            found = f"{of}: at best {ceiling.percent} {ceiling.figure}"
            counts = f"{ceiling.reachable:,} of {ceiling.samples:,} {ceiling.counted}"
            yield Hit(f"{found} ({counts}); at least {percent(least)} wanted")
