"""The bootstrap, the comparison of two models, and the gate over both."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from readings import Line, answers, judged

from config.gate import GatePolicy
from config.tasks.recognition import RecognitionGate
from evaluation.bootstrap import interval, resample
from evaluation.comparison import Comparison, Difference, compare, spreads
from evaluation.figures import Figure
from evaluation.gate import Exported, Headline, Outcome, at_most, decide
from evaluation.text import measure, text_figures


def read_with(share: float, lines: int, seed: int) -> list[str]:
    """Texts of ten letters, of which about `share` were read wrong."""
    random = np.random.default_rng(seed)
    return ["".join("x" if wrong else "a" for wrong in row) for row in random.random((lines, 10)) < share]


def measured(predictions: list[str]) -> tuple[Figure, ...]:
    return text_figures(measure(["a" * 10] * len(predictions), predictions))


def compared(candidate: list[str], champion: list[str], groups: np.ndarray | None = None) -> Comparison:
    return compare(
        [str(n) for n in range(len(candidate))],
        measured(candidate),
        measured(champion),
        np.arange(len(candidate)) if groups is None else groups,
        headline="cer",
        champion_name="old",
    )


def test_the_spread_of_a_mean_is_the_textbooks() -> None:
    values = np.random.default_rng(1).normal(size=2000)
    drawn = resample(values[:, None], replicates=2000)[:, 0] / 2000
    bounds = interval(drawn, 0.95)
    assert bounds is not None
    error = values.std() / np.sqrt(2000)
    assert bounds.deviation == pytest.approx(error, rel=0.06)
    assert bounds.low == pytest.approx(values.mean() - 1.96 * error, abs=0.2 * error)
    assert bounds.high == pytest.approx(values.mean() + 1.96 * error, abs=0.2 * error)


def test_the_seed_decides() -> None:
    values = np.arange(50.0)[:, None]
    assert np.array_equal(resample(values, seed=1), resample(values, seed=1))
    assert not np.array_equal(resample(values, seed=1), resample(values, seed=2))


def test_undefined_replicates() -> None:
    assert interval(np.array([np.nan, np.nan, 1.0]), 0.95) is None
    assert interval(np.array([1.0, 1.0, np.nan]), 0.95) is not None


def test_lines_of_one_group_are_not_independent() -> None:
    texts = read_with(0.2, 40, 1)
    alone = compared(texts, ["a" * 10] * 40).figures[0]
    # every line ten times over is no more evidence, if the ten are one group
    repeated = [text for text in texts for _ in range(10)]
    grouped = compared(repeated, ["a" * 10] * 400, np.repeat(np.arange(40), 10)).figures[0]
    independent = compared(repeated, ["a" * 10] * 400).figures[0]
    assert grouped.low == pytest.approx(alone.low)
    assert grouped.high == pytest.approx(alone.high)
    assert independent.high - independent.low < 0.5 * (grouped.high - grouped.low)  # type: ignore[operator]


def test_pairing_takes_out_what_both_find_hard() -> None:
    champion = read_with(0.3, 300, 1)
    candidate = [text.replace("x", "a", 1) for text in champion]
    result = compared(candidate, champion).figures[0]
    assert result.candidate is not None
    assert result.difference == pytest.approx(result.candidate - (result.champion or 0.0))
    assert result.high is not None
    assert result.high < 0
    assert result.lower_share == 1.0
    mirrored = compared(champion, candidate).figures[0]
    assert mirrored.low == pytest.approx(-result.high)


def test_the_same_predictions_do_not_differ() -> None:
    texts = read_with(0.2, 30, 1)
    result = compared(texts, texts)
    assert all((one.difference, one.low, one.high) == (0.0, 0.0, 0.0) for one in result.figures)
    assert (result.items_better, result.items_worse, result.worse) == (0, 0, ())


def test_lines_that_changed_most_come_first() -> None:
    result = compared(["a" * 10, "xxxaaaaaaa", "xaaaaaaaaa"], ["xxaaaaaaaa", "a" * 10, "a" * 10])
    assert (result.worse, result.better) == (("1", "2"), ("0",))
    assert (result.items_worse, result.items_better) == (2, 1)


def test_few_groups_give_no_interval() -> None:
    texts = read_with(0.2, 8, 1)
    for groups in (np.zeros(8, dtype=np.int64), np.repeat(np.arange(4), 2)):
        one = compared(texts, ["a" * 10] * 8, groups).figures[0]
        assert one.difference is not None
        assert (one.low, one.high, one.lower_share) == (None, None, None)
        assert all(spread.deviation is None for spread in spreads(measured(texts), groups))


def difference(
    name: str, value: float, low: float | None, high: float | None, *, samples: int = 300, changed: int = 9
) -> Difference:
    return Difference(name, "lower", samples, 30, 0.05 + value, 0.05, value, low, high, 0.5, changed)


def comparison(*slices: Difference) -> Comparison:
    return dataclasses.replace(compared(["a" * 10] * 6, ["a" * 10] * 6), slices=slices)


GOLDEN = difference("split=golden", 0.0, -0.001, 0.001)
OLD = difference("age=old", 0.0, -0.001, 0.001)
NEW = difference("age=new", -0.02, -0.03, -0.01)
GOOD = Headline("CER", 0.0, "line")
BAD = Headline("CER", 0.2, "line")


def test_a_good_candidate_passes() -> None:
    decision = decide(GOOD, comparison(GOLDEN, OLD, NEW), GatePolicy())
    assert decision.passed
    assert decision.summary == "All 4 checks passed."
    assert decision.reasons == ()


@pytest.mark.parametrize(
    ("slices", "outcome", "reason"),
    [
        ((difference("split=golden", 0.02, 0.01, 0.03), OLD, NEW), "failed", "+2.00 points"),
        (
            (difference("split=golden", 0.004, -0.002, 0.01), OLD, NEW),
            "in doubt",
            "300 lines of 30 groups are too few to tell",
        ),
        ((difference("split=golden", 0.0, None, None), OLD, NEW), "missing", "30 groups are too few"),
        ((difference("split=golden", 0.0, 0.0, 0.0, samples=19), OLD, NEW), "in doubt", ": 19 lines cannot"),
        ((difference("split=golden", 0.9, 0.8, 1.0, samples=1), OLD, NEW), "in doubt", ": 1 line cannot"),
        ((difference("split=golden", 0.004, 0.004, 0.004), OLD, NEW), "in doubt", "groups changed alike"),
        ((difference("split=golden", 0.0, 0.0, 0.0), OLD, NEW), "in doubt", "all 30 groups changed alike"),
        ((OLD, NEW), "missing", "no item belongs to split=golden"),
        ((GOLDEN, NEW), "missing", "no item belongs to age=old"),
        ((GOLDEN, OLD), "missing", "no item belongs to age=new"),
        ((GOLDEN, OLD, difference("age=new", 0.02, 0.01, 0.03)), "failed", "must not rise"),
        ((GOLDEN, OLD, difference("age=new", -0.02, -0.05, 0.01)), "in doubt", "must not rise"),
    ],
)
def test_a_slice_can_fail_the_gate(slices: tuple[Difference, ...], outcome: Outcome, reason: str) -> None:
    decision = decide(GOOD, comparison(*slices), GatePolicy())
    failed = [check for check in decision.checks if not check.passed]
    assert [check.outcome for check in failed] == [outcome]
    assert reason in decision.reasons[0]
    assert decision.summary == f"1 of 4 checks failed. {decision.reasons[0]}"


def test_nobody_doubts_that_all_got_better() -> None:
    everyone = difference("age=new", -1.0, -1.0, -1.0)
    assert decide(GOOD, comparison(GOLDEN, OLD, everyone), GatePolicy()).passed


def test_a_summary_of_many_reasons_stays_short() -> None:
    slices = [difference(f"snapshot={n}", 0.02, 0.01, 0.03) for n in range(40)]
    decision = decide(
        GOOD, comparison(*slices), GatePolicy(guarded_slices=("snapshot=*",), min_improvement=None)
    )
    assert len(decision.reasons) == 40
    assert len(decision.summary.encode()) <= 1024
    assert decision.summary.endswith(" more.")


def test_the_same_readings_are_no_regression() -> None:
    same = [difference(one.name, 0.0, 0.0, 0.0, samples=20, changed=0) for one in (GOLDEN, OLD, NEW)]
    assert decide(GOOD, comparison(*same), GatePolicy()).passed


def test_doubt_may_pass_where_the_family_says_so() -> None:
    doubtful = difference("split=golden", 0.004, -0.002, 0.01)
    assert decide(GOOD, comparison(doubtful, OLD, NEW), GatePolicy(on_doubt="pass")).passed
    proved = difference("split=golden", 0.02, 0.01, 0.03)
    assert not decide(GOOD, comparison(proved, OLD, NEW), GatePolicy(on_doubt="pass")).passed


def test_every_slice_of_a_dimension_can_be_guarded() -> None:
    policy = GatePolicy(guarded_slices=("snapshot=*",), min_improvement=None)
    good, bad = difference("snapshot=1", 0.0, -0.001, 0.001), difference("snapshot=2", 0.02, 0.01, 0.03)
    assert decide(GOOD, comparison(good), policy).passed
    assert not decide(GOOD, comparison(good, bad), policy).passed


def test_absolute_limits_and_the_tasks_own_checks() -> None:
    loops = at_most("Lines with a new loop", 1, 0, "{:,}".format)
    assert decide(BAD, comparison(GOLDEN, OLD, NEW), GatePolicy(), checks=[loops]).reasons == (
        "CER: 20.00 %; at most 10.00 % is allowed.",
        "Lines with a new loop: 1; at most 0 is allowed.",
    )


def test_an_undefined_error_fails() -> None:
    decision = decide(Headline("CER", None, "line"), None, GatePolicy(), first_model=True)
    assert decision.reasons == ("CER: not measured; at most 10.00 % is allowed.",)


def test_a_missing_comparison_fails_unless_there_can_be_none() -> None:
    assert decide(GOOD, None, GatePolicy()).reasons == ("There is no comparison with the champion.",)
    assert decide(GOOD, None, GatePolicy(), first_model=True).passed


@pytest.mark.parametrize("name", ["size_mb", "latency_p95_ms", "parity_mismatch"])
def test_a_limit_on_the_artifact_that_was_not_measured_fails(name: str) -> None:
    policy = GatePolicy.model_validate({f"max_{name}": 0.5})
    assert decide(GOOD, None, policy, first_model=True).checks[-1].outcome == "missing"
    assert decide(GOOD, None, policy, Exported(**{name: 0.5}), first_model=True).passed
    assert not decide(GOOD, None, policy, Exported(**{name: 0.6}), first_model=True).passed


def test_the_slices_that_a_policy_names_are_compared_though_they_are_not_the_worst() -> None:
    def lines(texts: list[str]) -> list[Line]:
        meta = [{"split": "golden"}] * 20 + [{"age": "old"}] * 20 + [{"age": "new"}] * 20
        return [
            Line(str(n), "a" * 10, text, meta=one)
            for n, (text, one) in enumerate(zip(texts, meta, strict=True))
        ]

    champion = answers("old", lines(["a" * 10] * 50 + ["xaaaaaaaaa"] * 10))
    result = judged(answers("new", lines(["a" * 10] * 60)), champion, RecognitionGate())
    assert result.gate is not None
    assert result.gate.passed
    assert {check.name for check in result.gate.checks} >= {
        "no regression on split=golden",
        "no regression on age=old",
        "improvement on age=new",
        "Lines with a new loop",
    }


def test_loops_that_are_new_fail_the_gate() -> None:
    loop = "a" * 10 + "xy" * 6

    def lines(*texts: str) -> list[Line]:
        return [Line(str(n), "a" * 10, text) for n, text in enumerate(texts)]

    champion = answers("old", lines("a" * 10, loop, loop))
    result = judged(answers("new", lines(loop, loop, "a" * 10)), champion, RecognitionGate())
    assert result.gate is not None
    assert "Lines with a new loop: 1; at most 0 is allowed." in result.gate.reasons
