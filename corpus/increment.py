"""What a model that continues is trained on and measured on, of a snapshot that grew since it learnt."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from corpus.sample import Sample

OLD, NEW = "old", "new"
AGE = "age"
"""The key in `meta` of a held-out sample that says whether the champion could have learnt from its like."""
LEAST_EXAMPLES = 5
"""Of each character in the old training samples: how many are replayed at least, as far as there are."""


@dataclass(frozen=True, slots=True)
class Increment:
    """Disjoint parts of a snapshot. No sample changes its split.

    `train`: new samples of train and val. `replay`: old samples of train, as many as were asked for, and
    all old ones of val. `heldout`: all of test and golden, each with its age in `meta`. `left`: the old
    samples of train that are not replayed, and with nothing to replay those of val.
    """

    train: tuple[Sample, ...]
    replay: tuple[Sample, ...]
    heldout: tuple[Sample, ...]
    left: tuple[Sample, ...]


def part(samples: Iterable[Sample], old: Collection[str], share: float) -> Increment:
    """Part `samples`: those whose ids are in `old` have been learnt from, the others are new.

    `share` (0 to 1) of the old training samples is replayed, chosen by the hash of their ids, so that a
    larger share holds every smaller one; each of their characters keeps `LEAST_EXAMPLES` samples. 0: nothing
    at all is replayed.
    """
    train: list[Sample] = []
    learnt: list[Sample] = []
    heldout: list[Sample] = []
    for sample in samples:
        age = OLD if sample.id in old else NEW
        if sample.split in ("test", "golden"):
            heldout.append(replace(sample, meta={**sample.meta, AGE: age}))
        else:
            (learnt if age == OLD else train).append(sample)
    chosen = _replayed([one for one in learnt if one.split == "train"], share)
    replay = [one for one in learnt if chosen and (one.split == "val" or one.id in chosen)]
    kept = {one.id for one in replay}
    left = [one for one in learnt if one.id not in kept]
    return Increment(tuple(train), tuple(replay), tuple(heldout), tuple(left))


def _replayed(samples: Sequence[Sample], share: float) -> frozenset[str]:
    """Return the ids of the samples to replay."""
    if not share:
        return frozenset()
    places = {one.id: _place(one.id) for one in samples}
    chosen = {id_ for id_, place in places.items() if place < share}
    examples: dict[str, int] = defaultdict(int)
    for sample in sorted(samples, key=lambda one: (places[one.id], one.id)):
        characters = set(sample.text or "")
        if any(examples[one] < LEAST_EXAMPLES for one in characters):
            chosen.add(sample.id)
        for one in characters:
            examples[one] += 1
    return frozenset(chosen)


def _place(id_: str) -> float:
    """Return where a sample stands between 0 and 1 (less than 1): the same on every machine."""
    digest = hashlib.blake2b(id_.encode(), digest_size=6).digest()
    return int.from_bytes(digest) / 2**48
