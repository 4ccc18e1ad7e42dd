"""Good enough or not: a pure function from measurements and a family's policy to a decision with reasons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from config.gate import GatePolicy
from evaluation.comparison import Comparison, Difference
from evaluation.slices import MIN_SAMPLES, matches
from evaluation.wording import counted, percent, points

LONGEST_SUMMARY = 900
"""In characters: SageMaker keeps 1,024 of a job's failure reason, and reasons hold few non-ASCII ones."""

_NO_WIDTH = 1e-9  # rounding noise of the same difference in every resample

Outcome = Literal["passed", "failed", "in doubt", "missing"]


@dataclass(frozen=True, slots=True)
class Exported:
    """What is known of the exported artifact; None: not measured."""

    size_mb: float | None = None
    latency_p95_ms: float | None = None
    parity_mismatch: float | None = None


@dataclass(frozen=True, slots=True)
class Headline:
    """The error by which a candidate is judged: its name and its value, None if it is undefined.

    `judged` is the word for one thing that is right or wrong: a line, a text, an event.
    """

    title: str
    error: float | None
    judged: str


@dataclass(frozen=True, slots=True)
class Check:
    """One condition: `found` against `limit`, both None if the number is missing or not a single number."""

    name: str
    outcome: Outcome
    passed: bool
    found: float | None
    limit: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class Decision:
    """`summary` fits a Fail step's message; `reasons` are those of the checks that did not pass."""

    passed: bool
    summary: str
    reasons: tuple[str, ...]
    checks: tuple[Check, ...]


def decide(
    headline: Headline,
    comparison: Comparison | None,
    policy: GatePolicy,
    exported: Exported | None = None,
    *,
    checks: Sequence[Check] = (),
    first_model: bool = False,
) -> Decision:
    """Return whether a candidate passes `policy`, and why not.

    Args:
        headline: the candidate's error over all items.
        comparison: with the champion, including the slices that the policy names.
        policy: the family's.
        exported: what is known of the exported artifact.
        checks: the task's own.
        first_model: there is no champion yet. Without it, a missing comparison fails the gate, so that
            a champion which could not be loaded does not let everything through.
    """
    facts = exported or Exported()
    made = [at_most(headline.title, headline.error, policy.max_error, percent)]
    if comparison is not None:
        made += _against_champion(comparison, policy, headline)
    elif not first_model:
        reason = "There is no comparison with the champion."
        made.append(Check("comparison with the champion", "missing", False, None, None, reason))
    made += checks
    asked = (
        ("Size", facts.size_mb, policy.max_size_mb, "{:,.1f} MB".format),
        ("95th percentile of latency", facts.latency_p95_ms, policy.max_latency_p95_ms, "{:,.1f} ms".format),
        ("Answers that differ after export", facts.parity_mismatch, policy.max_parity_mismatch, percent),
    )
    made += [at_most(name, found, limit, show) for name, found, limit, show in asked if limit is not None]
    failed = tuple(check.reason for check in made if not check.passed)
    return Decision(not failed, _summary(failed, len(made)), failed, tuple(made))


def at_most(name: str, found: float | None, limit: float, show: Callable[[float], str]) -> Check:
    """Return the check that a number does not exceed its limit; a missing number does not pass."""
    if found is None:
        return Check(
            name, "missing", False, None, limit, f"{name}: not measured; at most {show(limit)} is allowed."
        )
    passed = found <= limit
    reason = f"{name}: {show(found)}; at most {show(limit)} is allowed."
    return Check(name, "passed" if passed else "failed", passed, found, limit, reason)


def _against_champion(comparison: Comparison, policy: GatePolicy, headline: Headline) -> list[Check]:
    judge = partial(_difference, headline=headline, confidence=comparison.confidence, policy=policy)
    asked = [
        (f"no regression on {one}", one, partial(judge, *_no_regression(policy)))
        for one in policy.guarded_slices
    ]
    if policy.min_improvement is not None:
        improve = partial(judge, *_improvement(policy.min_improvement))
        asked.append((f"improvement on {policy.new_slice}", policy.new_slice, improve))
    checks = []
    for name, pattern, check in asked:
        found = [check(one) for one in comparison.slices if matches(one.name, [pattern])]
        checks += found or [_no_slice(name, pattern)]
    return checks


def _no_regression(policy: GatePolicy) -> tuple[str, float, str]:
    """Return what a guarded slice must satisfy: the kind of check, the limit, and the limit in words."""
    asked = f"may rise by {100 * policy.max_regression:.2f} points, proven by its whole interval"
    return "no regression", policy.max_regression, asked


def _improvement(least: float) -> tuple[str, float, str]:
    change = f"must fall by {100 * least:.2f} points" if least else "must not rise"
    return "improvement", -least if least else 0.0, f"{change}, proven by its whole interval"


def _difference(
    kind: str,
    limit: float,
    asked: str,
    one: Difference,
    *,
    headline: Headline,
    confidence: float,
    policy: GatePolicy,
) -> Check:
    """Judge candidate minus champion: its whole interval must lie at or below `limit`.

    In doubt are an interval that straddles `limit`, a small slice whatever its interval, and an interval
    without width, unless no item changed or all got better: every group changed alike, so nothing shows how
    they vary.
    """
    name = f"{kind} on {one.name}"
    if one.difference is None or one.low is None or one.high is None:
        few = "is" if one.groups == 1 else "are"
        why = f"{counted(one.groups, 'group')} {few} too few"
        why = "it is undefined there" if one.difference is None else why
        reason = f"{headline.title} on {one.name}: no interval can be given, {why}; it {asked}."
        return Check(name, "missing", False, one.difference, limit, reason)
    measured = (
        f"{headline.title} on {one.name}: {percent(one.champion)} to {percent(one.candidate)}, "
        f"{points(one.difference)} points ({percent(confidence, 0)} interval {points(one.low)} to "
        f"{points(one.high)}); it {asked}"
    )
    doubt = _doubt(one, limit, headline.judged)
    if doubt:
        passed = policy.on_doubt == "pass"
        return Check(name, "in doubt", passed, one.difference, limit, f"{measured}: {doubt}.")
    passed = one.high <= limit
    worse = " It is worse, but by no more than that." if passed and one.low > 0 else ""
    return Check(name, "passed" if passed else "failed", passed, one.difference, limit, f"{measured}.{worse}")


def _doubt(one: Difference, limit: float, judged: str) -> str:
    """Return why `one`, which has an interval, cannot be told from `limit`; empty if it can."""
    low, high = one.low or 0.0, one.high or 0.0
    if one.samples < MIN_SAMPLES:
        return f"{counted(one.samples, judged)} cannot tell, it takes {MIN_SAMPLES}"
    if high - low < _NO_WIDTH and one.changed and high >= 0:  # if all got better, there is no doubt
        return f"all {counted(one.groups, 'group')} changed alike, so the interval has no width to judge by"
    if low <= limit < high:
        return f"{counted(one.samples, judged)} of {counted(one.groups, 'group')} are too few to tell"
    return ""


def _summary(failed: Sequence[str], checks: int) -> str:
    if not failed:
        return "The one check passed." if checks == 1 else f"All {checks} checks passed."
    parts = [f"{len(failed)} of {counted(checks, 'check')} failed."]
    for number, reason in enumerate(failed):
        if len(" ".join((*parts, reason))) > LONGEST_SUMMARY:
            return " ".join((*parts, f"And {len(failed) - number} more."))
        parts.append(reason)
    return " ".join(parts)


def _no_slice(name: str, slice_name: str) -> Check:
    return Check(name, "missing", False, None, None, f"{name}: no item belongs to {slice_name}.")
