"""The report: one self-contained HTML file that an approver reads in two minutes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from upath import UPath

from corpus.paths import local, write_whole
from evaluation import plots
from evaluation.comparison import Comparison, Difference
from evaluation.evaluate import Evaluation
from evaluation.exhibits import Exhibit
from evaluation.facts import RunFacts
from evaluation.figures import Better
from evaluation.html import render as render_template
from evaluation.html import safe
from evaluation.plots import Plot
from evaluation.wording import error_of, percent, points, title_of

TEMPLATE = Path(__file__).parent / "report.html.j2"
SHOWN_SLICES = 12
SHOWN_OF_A_DIMENSION = 2


@dataclass(frozen=True, slots=True)
class Lead:
    """The first thing to read: `tone` is ``good``, ``bad`` or ``open``."""

    tone: str
    headline: str
    sentence: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table that compares two models. `bar` is None if there is no interval."""

    title: str
    samples: int | None
    error_share: float | None
    candidate: float | None
    champion: float | None
    difference: Difference | None
    tone: str
    bar: Bar | None


@dataclass(frozen=True, slots=True)
class Bar:
    """Where a difference and its interval lie between -1 and 1, 0 being no difference."""

    low: float
    value: float
    high: float


def write_report(path: UPath, evaluation: Evaluation, exhibits: Sequence[Exhibit], facts: RunFacts) -> None:
    """Write the report to `path`, and its plots as SVG and PNG into the folder ``<name>-plots`` beside it.

    Args:
        path: the HTML file.
        evaluation: what was measured.
        exhibits: what the task shows of it.
        facts: title, lineage and training curve of the run.
    """
    training = plots.training(facts.training)
    page = render(evaluation, exhibits, facts, training)
    folder = path.parent / f"{path.stem}-plots"
    if (place := local(folder)) is not None:
        place.mkdir(parents=True, exist_ok=True)
    for plot in (*(one for each in exhibits for one in each.plots), *training):
        write_whole(folder / f"{plot.name}.svg", plot.svg)
        write_whole(folder / f"{plot.name}.png", plot.png)
    write_whole(path, page.encode())


def render(
    evaluation: Evaluation, exhibits: Sequence[Exhibit], facts: RunFacts, training: Sequence[Plot]
) -> str:
    """Return the report as HTML."""
    slices, other_slices = _slice_rows(evaluation)
    return render_template(
        TEMPLATE,
        title=facts.title or evaluation.name,
        evaluation=evaluation,
        kind=evaluation.kind,
        error_title=error_title(evaluation),
        facts=facts,
        lead=lead(evaluation),
        figures=figure_rows(evaluation),
        slices=slices,
        other_slices=other_slices,
        exhibits=[safe(one.html) for one in exhibits if one.html],
        plots=[*(one for each in exhibits for one in each.plots), *training],
    )


def lead(evaluation: Evaluation) -> Lead:
    """Return the evaluation in one sentence: the gate's decision, or else the comparison's."""
    gate, comparison = evaluation.gate, evaluation.comparison
    headline = evaluation.kind.headline
    found = f"{title_of(headline)} {percent(evaluation.figure(headline))}"
    if comparison is None:
        sentence, tone, verdict = f"{found}.", "open", "Measured, not compared"
    else:
        one = headline_difference(comparison, headline)
        tone, verdict = _direction(one)
        sentence = f"{found}, {percent(one.champion)} of the champion. {_change(one, comparison)}"
    if gate is None:
        return Lead(tone, verdict, sentence, ())
    verdict = "The gate passed" if gate.passed else "The gate failed"
    count = gate.summary if gate.passed else ""
    return Lead("good" if gate.passed else "bad", verdict, f"{sentence} {count}".strip(), gate.reasons)


def headline_difference(comparison: Comparison, headline: str) -> Difference:
    """Return the difference of the headline figure."""
    return next(one for one in comparison.figures if one.name == headline)


def error_title(evaluation: Evaluation) -> str:
    """Return the title of the headline's error."""
    better = next(one.better for one in evaluation.figures if one.name == evaluation.kind.headline)
    return error_of(evaluation.kind.headline, lower_is_better=better == "lower")


def figure_rows(evaluation: Evaluation) -> list[Row]:
    """Return the figures of the candidate, the headline first, beside the champion's if there is one."""
    first = evaluation.kind.headline
    if evaluation.comparison is None:
        alone = sorted(evaluation.figures, key=lambda one: one.name != first)
        return [Row(title_of(one.name), None, None, one.value, None, None, "", None) for one in alone]
    both = sorted(evaluation.comparison.figures, key=lambda one: one.name != first)
    widest = _widest(both)
    return [_row(title_of(one.name), one, widest) for one in both]


def _slice_rows(evaluation: Evaluation) -> tuple[list[Row], list[Row]]:
    """Return the worst slices, few of each dimension, and all others; both the worst first."""
    differences = {one.name: one for one in evaluation.comparison.slices} if evaluation.comparison else {}
    widest = _widest(differences.values())
    shown: list[Row] = []
    others: list[Row] = []
    count: Counter[str] = Counter()
    for one in evaluation.slices:
        row = Row(one.name, None, None, one.error, None, None, "", None)
        if one.name in differences:
            row = _row(one.name, differences[one.name], widest)
        count[one.dimension] += 1
        is_shown = count[one.dimension] <= SHOWN_OF_A_DIMENSION and len(shown) < SHOWN_SLICES
        rows = shown if is_shown else others
        rows.append(replace(row, samples=one.samples, error_share=one.error_share))
    return shown, others


def _row(title: str, one: Difference, widest: float) -> Row:
    bar = None
    if one.difference is not None and one.low is not None and one.high is not None:
        bar = Bar(one.low / widest, one.difference / widest, one.high / widest)
    return Row(
        title, None, None, one.candidate, one.champion, one, _direction(one)[0].replace("open", ""), bar
    )


def _direction(one: Difference) -> tuple[str, str]:
    """Return the tone of a difference, and the difference in words."""
    if one.low is None or one.high is None:
        return "open", "Too few groups to tell which is better"
    fewer: Better = "lower"
    if one.high < 0 or one.low > 0:
        better = (one.high < 0) == (one.better == fewer)
        return ("good", "Better than the champion") if better else ("bad", "Worse than the champion")
    return "open", "No clear difference from the champion"


def _change(one: Difference, comparison: Comparison) -> str:
    if one.difference is None or one.low is None or one.high is None:
        return ""
    return (
        f"The difference is {points(one.difference)} points; with {percent(comparison.confidence, 0)} "
        f"confidence it lies between {points(one.low)} and {points(one.high)}."
    )


def _widest(differences: Iterable[Difference]) -> float:
    ends = (abs(end) for one in differences for end in (one.low, one.high) if end is not None)
    return max(ends, default=0.0) or 1.0
