"""What a model that continues is trained on and measured on, of a snapshot that grew since it learnt."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from corpus.items import Item

OLD, NEW = "old", "new"
AGE = "age"
"""The key in `meta` of a held-out item that says whether the champion could have learnt from it."""
LEAST_EXAMPLES = 5
"""Of each stratum of the old training items: how many are replayed at least, as far as there are."""

Strata = Callable[[Item], Iterable[str]]
"""What replay must keep examples of, in an item: the characters of a line, the classes on a page."""


@dataclass(frozen=True, slots=True)
class Increment:
    """Disjoint parts of a snapshot, item by item. No sample changes its split.

    `train`: new items of train and val. `replay`: old items of train, as many as were asked for, and
    all old ones of val. `heldout`: all of test and golden, each with its age in `meta`, also in that of
    its samples. `left`: the old items of train that are not replayed, and with nothing to replay those of
    val. `corpus.items.samples_of` gives the samples of any of them.
    """

    train: tuple[Item, ...]
    replay: tuple[Item, ...]
    heldout: tuple[Item, ...]
    left: tuple[Item, ...]


def part(items: Iterable[Item], old: Collection[str], share: float, strata: Strata) -> Increment:
    """Part `items`: those whose samples are all in `old`, by id, have been learnt from; the others are new.

    A page with one new region is new as a whole: no item is torn. `share` (0 to 1) of the old training items
    is replayed, chosen by the hash of their ids, so that a larger share holds every smaller one; each of
    their `strata` keeps `LEAST_EXAMPLES` items. 0: nothing at all is replayed.
    """
    train: list[Item] = []
    learnt: list[Item] = []
    heldout: list[Item] = []
    for item in items:
        age = OLD if all(one.id in old for one in item.samples) else NEW
        if item.split in ("test", "golden"):
            heldout.append(_aged(item, age))
        else:
            (learnt if age == OLD else train).append(item)
    chosen = _replayed([one for one in learnt if one.split == "train"], share, strata)
    replay = [one for one in learnt if chosen and (one.split == "val" or one.id in chosen)]
    kept = {one.id for one in replay}
    left = [one for one in learnt if one.id not in kept]
    return Increment(tuple(train), tuple(replay), tuple(heldout), tuple(left))


def _aged(item: Item, age: str) -> Item:
    samples = tuple(replace(one, meta={**one.meta, AGE: age}) for one in item.samples)
    return replace(item, samples=samples, meta={**item.meta, AGE: age})


def _replayed(items: Sequence[Item], share: float, strata: Strata) -> frozenset[str]:
    """Return the ids of the items to replay."""
    if not share:
        return frozenset()
    places = {one.id: _place(one.id) for one in items}
    chosen = {id_ for id_, place in places.items() if place < share}
    examples: dict[str, int] = defaultdict(int)
    for item in sorted(items, key=lambda one: (places[one.id], one.id)):
        inside = set(strata(item))
        if any(examples[one] < LEAST_EXAMPLES for one in inside):
            chosen.add(item.id)
        for one in inside:
            examples[one] += 1
    return frozenset(chosen)


def _place(id_: str) -> float:
    """Return where an item stands between 0 and 1 (less than 1): the same on every machine."""
    digest = hashlib.blake2b(id_.encode(), digest_size=6).digest()
    return int.from_bytes(digest) / 2**48
