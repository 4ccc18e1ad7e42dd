"""Figures as functions of sums: each against the plain formula, on parts, groups and undefined items."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.sample import Polygon
from evaluation.classes import class_figures, classify
from evaluation.comparison import Draws, compare
from evaluation.figures import Figure, Floats, Sums, number, rate_figure
from evaluation.ranking import auc_figure
from evaluation.regions import UNREADABLE, Page, Region, region_figures, spot
from evaluation.retrieval import Ranking, average_precision, retrieval_figures
from evaluation.slices import single, worst_slices


def value(figure: Figure, member: np.ndarray | None = None) -> float | None:
    return number(figure.value(figure.sums.total(member)))


LABELS = st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("abce")), min_size=1, max_size=40)


@given(LABELS)
def test_macro_f1_and_accuracy_are_the_classifiers(pairs: list[tuple[str, str]]) -> None:
    references, predictions = zip(*pairs, strict=True)
    plain = classify(references, predictions)
    figures = {(one.name, one.part): one for one in class_figures(references, predictions)}
    assert value(figures["macro_f1", ""]) == pytest.approx(plain.macro_f1)
    assert value(figures["accuracy", ""]) == pytest.approx(plain.accuracy)
    for one in plain.classes:
        if one.samples:
            part = figures["f1", f"class={one.label}"]
            assert value(part) == pytest.approx(one.f1)
            assert part.supports().sum() == one.samples


@given(LABELS, st.integers(1, 5))
def test_sums_by_group_add_up_to_the_whole(pairs: list[tuple[str, str]], count: int) -> None:
    for figure in class_figures(*zip(*pairs, strict=True)):
        items = np.arange(len(pairs))
        table = figure.sums.by_label(items, items % count, count)
        dense = table if isinstance(table, np.ndarray) else table.toarray()
        assert np.array_equal(dense.sum(axis=0), figure.sums.total())
        first = figure.sums.total(items % count == 0)
        assert np.array_equal(dense[0], first)


@settings(max_examples=50)
@given(st.lists(st.tuples(st.floats(0, 1, width=32), st.booleans()), min_size=2, max_size=200))
def test_auc_counts_the_pairs_that_are_in_order(pairs: list[tuple[float, bool]]) -> None:
    scores, positive = (np.array(one) for one in zip(*pairs, strict=True))
    figure = auc_figure(scores.astype(float), positive)
    hits, others = scores[positive], scores[~positive]
    if not len(hits) or not len(others):
        assert value(figure) is None
        return
    order = np.sign(hits[:, None] - others[None, :])
    assert value(figure) == pytest.approx(((order + 1) / 2).mean(), abs=0.5 / min(len(scores), 256) + 1e-9)
    squeezed = auc_figure(scores.astype(float) ** 9 * 1e-6, positive)
    if len(np.unique(scores.astype(float) ** 9 * 1e-6)) == len(np.unique(scores)):
        assert value(squeezed) == value(figure)  # ranks alone count


def test_auc_of_many_items_is_exact_to_four_digits() -> None:
    random = np.random.default_rng(1)
    positive = random.random(20_000) < 0.2
    scores = random.normal(size=20_000) + positive
    ranks = np.argsort(np.argsort(scores)) + 1
    hits, others = int(positive.sum()), int((~positive).sum())
    exact = (ranks[positive].sum() - hits * (hits + 1) / 2) / (hits * others)
    assert value(auc_figure(scores, positive)) == pytest.approx(exact, abs=1e-4)


def test_retrieval_is_within_the_whole_gallery() -> None:
    random = np.random.default_rng(2)
    vectors = random.normal(size=(60, 8))
    labels, groups = np.arange(60) % 6, np.arange(60) // 2
    found, first, fifth = retrieval_figures(vectors, labels, groups)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    expected = []
    for k in range(60):
        order = [int(n) for n in np.argsort(-(unit @ unit[k]), kind="stable") if groups[n] != groups[k]]
        relevant = frozenset(str(n) for n in order if labels[n] == labels[k])
        expected.append(average_precision(Ranking(str(k), tuple(map(str, order)), relevant)))
    assert value(found) == pytest.approx(np.mean(expected))
    some = np.arange(60) < 10
    assert value(found, some) == pytest.approx(np.mean(expected[:10]))  # ten ask, sixty answer
    assert value(first) <= value(fifth)  # type: ignore[operator]


def box(left: float, top: float, side: float) -> Polygon:
    return ((left, top), (left + side, top), (left + side, top + side), (left, top + side))


PLACES = st.lists(st.tuples(st.integers(0, 90), st.integers(0, 90), st.sampled_from((8, 20, 40))), max_size=6)


@given(st.lists(st.tuples(PLACES, PLACES, st.integers(0, 5)), min_size=1, max_size=4))
def test_pages_add_up_as_spotting_does(drawn: list[tuple[list, list, int]]) -> None:  # type: ignore[type-arg]
    pages = []
    for number_, (true, found, unreadable) in enumerate(drawn):
        regions = [Region(box(*one), UNREADABLE if k == unreadable else "x") for k, one in enumerate(true)]
        guesses = tuple(Region(box(*one), "") for one in found)
        pages.append(Page(str(number_), tuple(regions), guesses))
    figures = {(one.name, one.part): one for one in region_figures(pages)}
    for name, iou in (("hmean", 0.5), ("hmean_75", 0.75)):
        assert value(figures[name, ""]) == pytest.approx(spot(pages, iou).detection.hmean)
    plain = spot(pages).detection
    assert value(figures["precision", ""]) == pytest.approx(plain.precision)
    assert value(figures["recall", ""]) == pytest.approx(plain.recall)
    sizes = [one for (name, part), one in figures.items() if part]
    if sizes:
        total = sum(one.sums.total() for one in sizes)
        assert np.array_equal(total, figures["hmean", ""].sums.total())  # the sizes are the whole


def every_kind() -> list[Figure]:
    random = np.random.default_rng(3)
    labels = random.choice(list("abc"), 40).tolist()
    vectors = random.normal(size=(40, 4))
    return [
        *class_figures(labels, random.permutation(labels).tolist()),
        auc_figure(random.random(40), random.random(40) < 0.5),
        *retrieval_figures(vectors, random.integers(0, 4, 40), np.arange(40)),
        *region_figures([Page(str(k), (Region(box(0, 0, 20), "x"),), ()) for k in range(40)]),
    ]


@pytest.mark.parametrize("figure", every_kind(), ids=lambda one: f"{one.name} {one.part}")
def test_undefined_is_nan_and_no_warning(figure: Figure) -> None:
    nothing = np.zeros(len(figure.cost), np.bool_)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan(figure.value(figure.sums.total(nothing)))
        assert np.isnan(figure.error(figure.sums.total(nothing)))


def test_models_that_differ_in_their_classes_are_compared_where_both_have_them() -> None:
    true = ["a"] * 30 + ["b"] * 30
    ours = class_figures(true, ["a"] * 30 + ["b"] * 20 + ["new"] * 10)
    theirs = class_figures(true, ["a"] * 60)
    head = next(one for one in ours if one.name == "macro_f1")
    slices = worst_slices(head, [one for one in ours if one.part], [])
    result = compare(
        [str(k) for k in range(60)],
        ours,
        theirs,
        np.arange(60),
        headline="macro_f1",
        champion_name="old",
        slices=slices,
        how=Draws(replicates=200),
    )
    macro = next(one for one in result.figures if one.name == "macro_f1")
    assert macro.candidate == pytest.approx((1.0 + 0.8 + 0.0) / 3)
    assert macro.champion == pytest.approx((2 / 3 + 0.0) / 2)
    assert macro.low is not None
    assert {one.name for one in result.slices} == {"class=a", "class=b"}
    assert result.only_one == ()
    alone = compare(
        ["0"] * 60, ours[:-1], theirs, np.arange(60), headline="macro_f1", champion_name="old", slices=slices
    )
    assert alone.only_one == ("f1 class=b",)
    assert {one.name for one in alone.slices} == {"class=a"}


def test_many_classes_take_no_dense_table() -> None:
    random = np.random.default_rng(4)
    true = [str(n) for n in random.integers(0, 400, 4000)]
    ours = class_figures(true, [one if random.random() < 0.8 else "0" for one in true])[:2]
    theirs = class_figures(true, [one if random.random() < 0.5 else "1" for one in true])[:2]
    groups = np.arange(4000) // 4
    result = compare(
        [str(k) for k in range(4000)],
        ours,
        theirs,
        groups,
        headline="macro_f1",
        champion_name="old",
        how=Draws(replicates=100),
    )
    macro = next(one for one in result.figures if one.name == "macro_f1")
    assert not isinstance(ours[1].sums.table, np.ndarray)
    assert macro.low is not None
    assert macro.low < (macro.difference or 0) < (macro.high or 0)


def test_a_slice_is_small_by_what_is_judged_not_by_pages() -> None:
    def column(*values: float) -> Floats:
        return np.array(values)

    many = rate_figure("hmean", "higher", column(1, 1), column(2, 2), column(1, 1), support=column(30, 30))
    few = rate_figure("hmean", "higher", column(1, 1), column(2, 2), column(1, 1), support=column(3, 3))
    cut = single("kind", ["p", "q"])
    assert [one.samples for one in worst_slices(many, [], [cut])] == [30, 30]
    assert worst_slices(few, [], [cut]) == ()
    assert isinstance(many.sums, Sums)
