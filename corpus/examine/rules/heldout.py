"""Rules about what is held out: whether a gate will be able to tell two models apart by it.

A gate resamples whole groups; of fewer than `MIN_GROUPS` it gets no interval, and so no answer.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from config.gate import MIN_GROUPS
from corpus.examine.dataset import Dataset
from corpus.examine.rules.base import Hit, rule
from corpus.examine.statistics import groups, items
from corpus.sample import Split
from corpus.text import percent

HELD_OUT: tuple[Split, ...] = ("test", "golden")
"""The splits on which models are compared."""
_DIMENSION = "split="


@rule(
    "split.few-groups",
    "error-if-pages",
    "So few groups (drawings, pages, writers) are held out that no gate can tell two models apart.",
    "Add about as many as said, or import with larger shares for what is held out (--test, --golden).",
)
def few_groups(data: Dataset) -> Iterator[Hit]:
    """Count the groups of test and golden together."""
    of = groups(data)
    held = set().union(*(of[split] for split in HELD_OUT))
    if not data.samples or len(held) >= MIN_GROUPS:
        return
    each = ", ".join(f"{split} {len(of[split])}" for split in HELD_OUT)
    found = f"{_counted(len(held))} held out ({each}); at least {MIN_GROUPS}"
    yield Hit(found + _way_out(data, len(held)))


@rule(
    "split.guarded-slice",
    "warning",
    "The gate guards a slice that has too few groups to tell two models apart: gate.on_doubt will decide.",
    "Import with a larger share for that split (--golden, --test), or change gate.guarded_slices.",
)
def guarded_slice(data: Dataset) -> Iterator[Hit]:
    """Count the groups of each split that the gate asks about; what is old or new is not known here."""
    gate = data.family.gate
    asked = [*gate.guarded_slices, *([gate.new_slice] if gate.min_improvement is not None else [])]
    for pattern in dict.fromkeys(one for one in asked if one.startswith(_DIMENSION) and data.samples):
        value = pattern.removeprefix(_DIMENSION)
        for split in HELD_OUT if value == "*" else (value,):
            count = len(groups(data)[split]) if split in HELD_OUT else 0
            if count < MIN_GROUPS:
                frozen = "; it is frozen: what is added goes to test" if split == "golden" else ""
                yield Hit(f"{_DIMENSION}{split} has {_counted(count)}; at least {MIN_GROUPS}{frozen}")


def _way_out(data: Dataset, held: int) -> str:
    """Say how many more items it takes, and which share of what is there would be enough."""
    every = len(set().union(*groups(data).values()))
    noun, shares = data.family.noun, data.source.shares
    said = ""
    if shares is not None and (share := shares.test + shares.golden):
        more = math.ceil((MIN_GROUPS - held) / share * sum(items(data).values()) / every)
        of = f"test {percent(shares.test)}, golden {percent(shares.golden)}"
        said = f": about {more:,} more {noun}s at the shares of this snapshot ({of})"
    if every > MIN_GROUPS:
        of = f"the {every:,} groups that there are"
        said += f"; {MIN_GROUPS} of {of} is a share of {percent(MIN_GROUPS / every)}"
    return said


def _counted(groups: int) -> str:
    return f"{groups} group" if groups == 1 else f"{groups} groups"
