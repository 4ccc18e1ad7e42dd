"""How a grown snapshot is parted, over many of them: what must hold whatever the samples are."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from corpus.increment import LEAST_EXAMPLES, Increment, part
from corpus.sample import SPLITS, Sample

_DRAWN = st.tuples(st.sampled_from(SPLITS), st.text("abcdef", max_size=4), st.booleans())
SNAPSHOTS = st.lists(_DRAWN, max_size=60)
SHARES = st.sampled_from((0.0, 0.1, 0.5, 0.9, 1.0)) | st.floats(0.0, 1.0)


def _samples(drawn: list[tuple[str, str, bool]]) -> tuple[list[Sample], set[str]]:
    """Return samples, and the ids of the old ones."""
    samples = [
        Sample(f"s/{n}", f"images/{n}.png", f"{n:064x}", 9, 9, text, f"g{n}", "s", split)  # type: ignore[arg-type]
        for n, (split, text, _) in enumerate(drawn)
    ]
    return samples, {sample.id for sample, (_, _, is_old) in zip(samples, drawn, strict=True) if is_old}


def _all(parts: Increment) -> list[Sample]:
    return [*parts.train, *parts.replay, *parts.heldout, *parts.left]


@given(SNAPSHOTS, SHARES)
def test_the_parts_are_disjoint_and_complete_and_change_nothing_else(
    drawn: list[tuple[str, str, bool]], share: float
) -> None:
    samples, old = _samples(drawn)
    parts = part(samples, old, share)
    there = {sample.id: sample for sample in _all(parts)}
    assert len(there) == len(_all(parts)) == len(samples)
    for sample in samples:
        age = {"age": "old" if sample.id in old else "new"} if sample.split in ("test", "golden") else {}
        assert there[sample.id] == replace(sample, meta=age)
    assert not {one.id for one in parts.train} & old
    assert {one.id for one in (*parts.replay, *parts.left)} <= old
    assert {one.split for one in parts.heldout} <= {"test", "golden"}


@given(SNAPSHOTS, SHARES)
def test_each_old_character_keeps_examples(drawn: list[tuple[str, str, bool]], share: float) -> None:
    samples, old = _samples(drawn)
    parts = part(samples, old, share)
    learnt = [one for one in samples if one.id in old and one.split == "train"]
    there = Counter(c for one in learnt for c in set(one.text or ""))
    kept = Counter(c for one in parts.replay if one.split == "train" for c in set(one.text or ""))
    if not share:
        assert parts.replay == ()
        return
    assert all(kept[c] >= min(count, LEAST_EXAMPLES) for c, count in there.items())
    if parts.replay:
        assert not any(one.split == "val" for one in parts.left)


@given(SNAPSHOTS, SHARES, SHARES)
def test_a_larger_share_holds_the_smaller_one(
    drawn: list[tuple[str, str, bool]], one: float, other: float
) -> None:
    samples, old = _samples(drawn)
    less, more = (part(samples, old, share).replay for share in sorted((one, other)))
    assert set(map(id, less)) <= set(map(id, more))


@given(SNAPSHOTS, SHARES, st.randoms(use_true_random=False))
def test_the_choice_depends_on_ids_alone(
    drawn: list[tuple[str, str, bool]], share: float, random: object
) -> None:
    samples, old = _samples(drawn)
    shuffled = samples[:]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    once, again = part(samples, old, share), part(shuffled, old, share)
    assert {one.id for one in once.replay} == {one.id for one in again.replay}


def test_a_share_is_about_that_share() -> None:
    samples = _samples([("train", "ab", True)] * 4000)[0]
    parts = part(samples, {one.id for one in samples}, 0.25)
    assert 900 < len(parts.replay) < 1100
    assert len(part(samples, {one.id for one in samples}, 1.0).replay) == 4000


def test_the_least_share_keeps_five_examples_the_same_on_every_machine() -> None:
    samples = _samples([("train", "a", True)] * 20)[0]
    parts = part(samples, {one.id for one in samples}, 1e-9)
    assert [one.id for one in parts.replay] == ["s/2", "s/3", "s/8", "s/10", "s/12"]
