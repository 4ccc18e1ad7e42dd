"""The numbers of a real comparison, as they were before every kind of model shared one way to measure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from config.tasks import load_family
from corpus.paths import as_path
from evaluation.evaluate import Evaluation
from tasks import task_of
from tasks.judging import exhibits_of, judge
from tasks.reading import read_answers

GOLDEN = Path(__file__).parent / "golden"
"""Two recognisers of `make demo` on 570 held-out lines, and what version 0.1 said of them."""

_OF_FRACTIONS = ("mean_line_cer",)
"""Figures whose sums are rounded: their intervals depend, in the last digit, on the processor's order."""


@pytest.fixture(scope="module")
def before() -> dict[str, Any]:
    content: dict[str, Any] = json.loads((GOLDEN / "evaluation.v1.json").read_text(encoding="utf-8"))
    return content


@pytest.fixture(scope="module")
def after() -> tuple[Evaluation, dict[str, Any]]:
    family = load_family("pid-demo")
    task = task_of(family)
    candidate, champion = (
        read_answers(as_path(GOLDEN / f"{one}.jsonl"), task) for one in ("candidate", "champion")
    )
    shown = exhibits_of(task, candidate, champion, None)
    return judge(task, candidate, champion, policy=family.gate), {one.name: one.data for one in shown}


def same(name: str, old: dict[str, Any], new: Any, keys: dict[str, str]) -> None:
    """Hold the attributes of `new` against what `old` has, by the old keys."""
    for key, now in keys.items():
        value = getattr(new, now)
        if name in _OF_FRACTIONS and key in ("low", "high", "deviation"):
            assert value == pytest.approx(old[key], rel=1e-12), (name, key)
        else:
            assert value == old[key], (name, key)


def test_every_figure_is_what_it_was(
    before: dict[str, Any], after: tuple[Evaluation, dict[str, Any]]
) -> None:
    result, _ = after
    keys = ("name", "value", "low", "high", "deviation")
    for old, new in zip(before["spreads"], result.figures, strict=True):
        same(old["name"], old, new, {key: key for key in keys})


def test_every_slice_is_what_it_was(before: dict[str, Any], after: tuple[Evaluation, dict[str, Any]]) -> None:
    result, _ = after
    keys = {"samples": "samples", "cer": "error", "errors": "cost", "error_share": "error_share"}
    for old, new in zip(before["slices"], result.slices, strict=True):
        same(old["name"], old, new, {"name": "name", **keys})


def test_every_difference_is_what_it_was(
    before: dict[str, Any], after: tuple[Evaluation, dict[str, Any]]
) -> None:
    comparison = after[0].comparison
    assert comparison is not None
    old = before["comparison"]
    for key, differences in (("metrics", comparison.figures), ("slices", comparison.slices)):
        assert len(old[key]) == len(differences) > 4
        for one, new in zip(old[key], differences, strict=True):
            same(one["name"], one, new, {name: name for name in one})
    assert (old["worse"], old["better"]) == (list(comparison.worse), list(comparison.better))
    assert (old["lines_worse"], old["lines_better"]) == (comparison.items_worse, comparison.items_better)


def test_the_gate_decides_as_it_did(before: dict[str, Any], after: tuple[Evaluation, dict[str, Any]]) -> None:
    gate = after[0].gate
    assert gate is not None
    checks = [(one["outcome"], one["found"], one["limit"], one["reason"]) for one in before["gate"]["checks"]]
    assert checks == [(one.outcome, one.found, one.limit, one.reason) for one in gate.checks]
    assert before["gate"]["summary"] == gate.summary


def test_mistakes_and_calibration_are_what_they_were(
    before: dict[str, Any], after: tuple[Evaluation, dict[str, Any]]
) -> None:
    _, shown = after
    assert before["worst"] == [one.id for one in shown["mistakes"].worst]
    confusions = [(one["reference"], one["prediction"], one["count"]) for one in before["confusions"]]
    assert confusions == [(o.reference, o.prediction, o.count) for o in shown["mistakes"].confusions[:20]]
    assert before["calibration"]["ece"] == shown["calibration"].ece
    for model in ("candidate", "champion"):
        old = before["metrics" if model == "candidate" else "champion"]
        new = shown["texts"][model]
        assert (old["median_line_cer"], old["loops"], old["within"]) == (
            new.median_line_cer,
            new.loops,
            list(new.within),
        )
