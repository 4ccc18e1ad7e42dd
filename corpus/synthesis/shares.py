"""Give each split exactly its share of the images, whole groups at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from corpus.sample import Split
from corpus.splits import SplitPolicy


def exact_splits(groups: Sequence[str], policy: SplitPolicy) -> dict[str, Split]:
    """Return the split of each group, `groups` naming the group of every image.

    Each split but train gets ``round(share * images)`` images: groups come in the order of their hash,
    and one that is larger than what is left is passed over. (`corpus.splits.split_of` decides each group
    alone, so its shares hold only on average.)
    """
    sizes: dict[str, int] = {}
    for group in groups:
        sizes[group] = sizes.get(group, 0) + 1
    waiting = sorted(sizes, key=lambda group: _rank(group, policy.salt))
    splits: dict[str, Split] = {}
    quotas: tuple[tuple[Split, float], ...] = (
        ("golden", policy.golden),
        ("test", policy.test),
        ("val", policy.val),
    )
    for split, share in quotas:
        left = round(share * len(groups))
        passed_over = []
        for group in waiting:
            if sizes[group] <= left:
                splits[group] = split
                left -= sizes[group]
            else:
                passed_over.append(group)
        waiting = passed_over
    return splits | dict.fromkeys(waiting, "train")


def _rank(group: str, salt: str) -> bytes:
    return hashlib.blake2b(f"{salt}\0{group}".encode(), digest_size=16).digest()
