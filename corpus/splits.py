"""Which split a sample belongs to: decided by its group alone, so that new data never moves old data."""

from __future__ import annotations

import hashlib

from pydantic import model_validator

from config.family import Share
from config.yaml_source import Settings
from corpus.sample import Split


class SplitPolicy(Settings):
    """The share of groups in each split (the rest is train). `salt` draws another split of the same data."""

    val: Share = 0.1
    test: Share = 0.1
    golden: Share = 0.05
    salt: str = ""

    @model_validator(mode="after")
    def _leaves_train(self) -> SplitPolicy:
        if self.val + self.test + self.golden >= 1.0:
            raise ValueError("val + test + golden to be below 1, so that something is left to train on")
        return self


def split_of(group: str, policy: SplitPolicy, *, golden_is_frozen: bool = False) -> Split:
    """Return the split of `group`, the same on every machine and whatever else the snapshot holds.

    Golden is a frozen test slice: once a snapshot exists, a group that would fall there goes to test.
    """
    digest = hashlib.blake2b(f"{policy.salt}\0{group}".encode(), digest_size=8).digest()
    position = int.from_bytes(digest) / 2**64
    if position < policy.golden:
        return "test" if golden_is_frozen else "golden"
    if position < policy.golden + policy.test:
        return "test"
    if position < policy.golden + policy.test + policy.val:
        return "val"
    return "train"
