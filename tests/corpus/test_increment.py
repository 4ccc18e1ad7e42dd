"""How a grown snapshot is parted, over many of them: what must hold whatever the samples are."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.family import Unit
from corpus.increment import LEAST_EXAMPLES, Increment, part
from corpus.items import Item, items_of, samples_of
from corpus.sample import SPLITS, Polygon, Sample, Split

BOX: Polygon = ((0.0, 0.0), (9.0, 0.0), (9.0, 5.0), (0.0, 5.0))
SHARES = st.sampled_from((0.0, 0.1, 0.5, 0.9, 1.0)) | st.floats(0.0, 1.0)
UNITS = st.sampled_from(("sample", "image"))

_DRAWN = st.tuples(st.sampled_from(SPLITS), st.text("abcdef", max_size=4), st.booleans(), st.integers(0, 20))
SNAPSHOTS = st.lists(_DRAWN, max_size=60)
Drawn = list[tuple[Split, str, bool, int]]


def _samples(drawn: Drawn) -> tuple[list[Sample], set[str]]:
    """Return samples, and the ids of the old ones; samples with one page are regions of it, in one split."""
    splits = {page: split for split, _, _, page in reversed(drawn)}
    samples = [_sample(n, text, page, splits[page]) for n, (_, text, _, page) in enumerate(drawn)]
    return samples, {sample.id for sample, (*_, is_old, _) in zip(samples, drawn, strict=True) if is_old}


def _sample(number: int, text: str, page: int, split: Split) -> Sample:
    return Sample(
        id=f"s/{number}",
        image=f"images/{page}.png",
        sha256=f"{page:064x}",
        width=9,
        height=9,
        text=text,
        polygon=BOX,
        group=f"g{page}",
        source="s",
        split=split,
    )


def _lines(count: int, text: str) -> list[Sample]:
    return [_sample(n, text, n, "train") for n in range(count)]


def characters(item: Item) -> Iterable[str]:
    return "".join(one.text or "" for one in item.samples)


def parted(samples: Iterable[Sample], old: set[str], share: float, unit: Unit) -> Increment:
    return part(items_of(samples, unit), old, share, characters)


def _all(parts: Increment) -> list[Item]:
    return [*parts.train, *parts.replay, *parts.heldout, *parts.left]


@given(SNAPSHOTS, SHARES, UNITS)
def test_the_parts_are_the_items_and_change_nothing_else(drawn: Drawn, share: float, unit: Unit) -> None:
    samples, old = _samples(drawn)
    parts = parted(samples, old, share, unit)
    items = {item.id: item for item in items_of(samples, unit)}
    there = {item.id: item for item in _all(parts)}
    assert len(there) == len(_all(parts)) == len(items)
    for item in items.values():
        is_old = {one.id for one in item.samples} <= old
        age = {"age": "old" if is_old else "new"} if item.split in ("test", "golden") else {}
        aged = tuple(replace(one, meta=age) for one in item.samples)
        assert there[item.id] == replace(item, samples=aged, meta={**item.meta, **age})
    ids = Counter(one.id for one in samples_of(_all(parts)))
    assert ids == Counter(one.id for one in samples), "no sample twice, none lost"
    assert {one.id for one in samples_of((*parts.replay, *parts.left))} <= old
    assert not any({one.id for one in item.samples} <= old for item in parts.train)
    assert {one.split for one in parts.heldout} <= {"test", "golden"}


@given(SNAPSHOTS, SHARES, UNITS)
def test_each_old_character_keeps_examples(drawn: Drawn, share: float, unit: Unit) -> None:
    samples, old = _samples(drawn)
    parts = parted(samples, old, share, unit)
    learnt = [one for one in (*parts.replay, *parts.left) if one.split == "train"]
    there = Counter(c for one in learnt for c in set(characters(one)))
    kept = Counter(c for one in parts.replay if one.split == "train" for c in set(characters(one)))
    if not share:
        assert parts.replay == ()
        return
    assert all(kept[c] >= min(count, LEAST_EXAMPLES) for c, count in there.items())
    if parts.replay:
        assert not any(one.split == "val" for one in parts.left)


@given(SNAPSHOTS, SHARES, SHARES, UNITS)
def test_a_larger_share_holds_the_smaller_one(drawn: Drawn, one: float, other: float, unit: Unit) -> None:
    samples, old = _samples(drawn)
    less, more = (parted(samples, old, share, unit).replay for share in sorted((one, other)))
    assert {item.id for item in less} <= {item.id for item in more}


@given(SNAPSHOTS, SHARES, st.randoms(use_true_random=False))
def test_the_choice_depends_on_ids_alone(drawn: Drawn, share: float, chance: random.Random) -> None:
    samples, old = _samples(drawn)
    shuffled = samples[:]
    chance.shuffle(shuffled)
    once, again = (parted(some, old, share, "sample") for some in (samples, shuffled))
    assert {one.id for one in once.replay} == {one.id for one in again.replay}


def test_a_page_that_grew_is_new_as_a_whole() -> None:
    samples = [_sample(n, "a", n // 9, ("train", "test")[n // 9 % 2]) for n in range(36)]
    grown = [_sample(100 + n, "b", page, ("train", "test")[page % 2]) for n, page in enumerate((0, 0, 1))]
    parts = parted([*samples, *grown], {one.id for one in samples}, 0.5, "image")
    assert [(item.id, len(item.samples)) for item in parts.train] == [("images/0.png", 11)]
    assert [(item.id, len(item.samples), item.meta["age"]) for item in parts.heldout] == [
        ("images/1.png", 10, "new"),
        ("images/3.png", 9, "old"),
    ]
    assert {one.meta["age"] for one in parts.heldout[0].samples} == {"new"}
    assert [(item.id, len(item.samples)) for item in (*parts.replay, *parts.left)] == [("images/2.png", 9)]


def test_an_empty_page_is_an_item_too() -> None:
    page = replace(_sample(1, "", 1, "train"), text=None, polygon=None)
    later = _sample(2, "a", 1, "train")
    (alone,) = items_of([page], "image")
    assert (alone.samples, alone.regions) == ((page,), ())
    (grown,) = items_of([page, later], "image")
    assert (grown.samples, grown.regions) == ((page, later), (later,))
    parts = part([grown], {page.id}, 1.0, lambda _: "")
    assert parts.train == (grown,)


def test_a_share_is_about_that_share() -> None:
    samples = _lines(4000, "ab")
    old = {one.id for one in samples}
    assert 900 < len(parted(samples, old, 0.25, "sample").replay) < 1100
    assert len(parted(samples, old, 1.0, "sample").replay) == 4000


@pytest.mark.parametrize("stratum", ["character", "class"])
def test_the_least_share_keeps_five_examples_the_same_on_every_machine(stratum: str) -> None:
    samples = _lines(20, "a")
    strata = characters if stratum == "character" else lambda _: ["valve"]
    parts = part(items_of(samples, "sample"), {one.id for one in samples}, 1e-9, strata)
    assert [one.id for one in parts.replay] == ["s/2", "s/3", "s/8", "s/10", "s/12"]
    assert part(items_of(samples, "sample"), {one.id for one in samples}, 1e-9, lambda _: []).replay == ()
