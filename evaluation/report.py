"""The report: one HTML file that an approver reads in two minutes, with nothing to load from anywhere."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import jinja2
from upath import UPath

from corpus.paths import local, write_whole
from evaluation import plots
from evaluation.comparison import Comparison, Difference
from evaluation.evaluate import Evaluation
from evaluation.excerpts import Excerpt, excerpt, shortened
from evaluation.facts import RunFacts
from evaluation.mistakes import Confusion
from evaluation.pictures import thumbnails
from evaluation.plots import Plot
from evaluation.predictions import Prediction, Predictions
from evaluation.wording import counted, percent, points

TEMPLATE = "report.html.j2"
SHOWN_SLICES = 12
SHOWN_OF_A_DIMENSION = 2
SHOWN_CONFUSIONS = 12
SHOWN_LINES = 8
_HIGHER_IS_BETTER = frozenset({"exact_match"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """The first thing to read: `tone` is ``good``, ``bad`` or ``open``."""

    tone: str
    headline: str
    sentence: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table that compares two models. `bar` is None where there is no interval."""

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


@dataclass(frozen=True, slots=True)
class Card:
    """One line of text: its picture and what was read, aligned with what is there, a part of a long one."""

    line: Prediction
    picture: str | None
    excerpt: Excerpt
    champion: str | None


@dataclass(frozen=True, slots=True)
class ConfusionRow:
    """One confusion; `width` is its count by that of the most common."""

    confusion: Confusion
    width: float
    picture: str | None


@dataclass(frozen=True, slots=True)
class Cards:
    """The lines that are shown, by what they are shown for."""

    worst: tuple[Card, ...]
    sure: tuple[Card, ...]
    worse: tuple[Card, ...]
    better: tuple[Card, ...]


def write_report(
    path: UPath,
    evaluation: Evaluation,
    candidate: Predictions,
    champion: Predictions | None,
    facts: RunFacts,
    images: UPath,
) -> None:
    """Write the report to `path`, and its plots as SVG and PNG into the folder ``<name>-plots`` beside it.

    Args:
        path: the HTML file.
        evaluation: of `candidate` beside `champion`.
        candidate: what the candidate read.
        champion: what the champion read, if there is one.
        facts: title, lineage and training curve of the run.
        images: the folder that the lines' image paths start from.
    """
    drawn = draw_plots(evaluation, facts)
    page = render(evaluation, candidate, champion, facts, images, drawn)
    folder = path.parent / f"{path.stem}-plots"
    if (place := local(folder)) is not None:
        place.mkdir(parents=True, exist_ok=True)
    for plot in drawn:
        write_whole(folder / f"{plot.name}.svg", plot.svg)
        write_whole(folder / f"{plot.name}.png", plot.png)
    write_whole(path, page.encode())


def draw_plots(evaluation: Evaluation, facts: RunFacts) -> tuple[Plot, ...]:
    """Return the plots that there are numbers for."""
    made: list[Plot] = []
    if evaluation.metrics.within:
        champion = evaluation.champion.within if evaluation.champion else None
        made.append(plots.line_errors(evaluation.metrics.within, champion))
    if evaluation.calibration is not None:
        made.append(plots.reliability(evaluation.calibration))
    return (*made, *plots.training(facts.training))


def render(
    evaluation: Evaluation,
    candidate: Predictions,
    champion: Predictions | None,
    facts: RunFacts,
    images: UPath,
    drawn: Sequence[Plot],
) -> str:
    """Return the report as HTML."""
    confusions = evaluation.mistakes.confusions[:SHOWN_CONFUSIONS]
    ids = _shown_ids(evaluation, confusions)
    pictures = thumbnails(candidate, ids, images)
    slices, other_slices = _slice_rows(evaluation)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"percent": percent, "points": points, "visible": visible, "counted": counted}
    return environment.get_template(TEMPLATE).render(
        title=facts.title or evaluation.name,
        evaluation=evaluation,
        facts=facts,
        verdict=verdict(evaluation),
        metrics=metric_rows(evaluation),
        slices=slices,
        other_slices=other_slices,
        confusions=[
            ConfusionRow(
                one,
                one.count / confusions[0].count,
                next((pictures[id_] for id_ in one.examples if id_ in pictures), None),
            )
            for one in confusions
        ],
        cards=_cards(evaluation, candidate, champion, pictures),
        plots={plot.name: plot for plot in drawn},
        training=[plot for plot in drawn if plot.name.startswith("training-")],
    )


def verdict(evaluation: Evaluation) -> Verdict:
    """Return what the evaluation says in one breath: the gate's decision, or else the comparison's."""
    gate, comparison = evaluation.gate, evaluation.comparison
    cer = f"{percent(evaluation.metrics.characters.rate)} of characters are read wrong"
    if comparison is None:
        sentence, tone, headline = f"{cer}.", "open", "Measured, compared with nothing"
    else:
        tone, headline = _direction(comparison.metrics[0])
        sentence = f"{cer}, {percent(comparison.metrics[0].champion)} by the champion. {_change(comparison)}"
    if gate is None:
        return Verdict(tone, headline, sentence, ())
    headline = "The gate is passed" if gate.passed else "The gate is not passed"
    count = gate.summary if gate.passed else ""
    return Verdict("good" if gate.passed else "bad", headline, f"{sentence} {count}".strip(), gate.reasons)


def visible(text: str) -> str:
    """Return `text` so that what cannot be seen can be: spaces, controls, marks without a letter."""
    shown = "".join(_visible(character) for character in text)
    return f"◌{shown}" if text and unicodedata.category(text[0]).startswith("M") else shown


def _visible(character: str) -> str:
    if character == " ":
        return "␣"
    if character.isspace() or unicodedata.category(character) in ("Cc", "Cf", "Co", "Cn"):
        return f"U+{ord(character):04X}"
    return character


def _direction(cer: Difference) -> tuple[str, str]:
    if cer.low is None or cer.high is None:
        return "open", "Too few groups to say which is better"
    if cer.high < 0:
        return "good", "Better than the champion"
    if cer.low > 0:
        return "bad", "Worse than the champion"
    return "open", "No clear difference to the champion"


def _change(comparison: Comparison) -> str:
    cer = comparison.metrics[0]
    if cer.difference is None or cer.low is None or cer.high is None:
        return ""
    return (
        f"The difference is {points(cer.difference)} points; with {percent(comparison.confidence, 0)} "
        f"confidence it lies between {points(cer.low)} and {points(cer.high)}."
    )


def metric_rows(evaluation: Evaluation) -> list[Row]:
    """Return the headline rates of the candidate, beside the champion's where there is one."""
    titles = {
        "cer": "Character error rate",
        "wer": "Word error rate",
        "exact_match": "Lines without any error",
        "mean_line_cer": "Mean CER of a line",
    }
    if evaluation.comparison is None:
        known = {one.name: one for one in evaluation.spreads}
        return [Row(t, None, None, known[name].value, None, None, "", None) for name, t in titles.items()]
    differences = {one.name: one for one in evaluation.comparison.metrics}
    widest = _widest(differences[name] for name in titles)
    return [_row(title, differences[name], widest) for name, title in titles.items()]


def _slice_rows(evaluation: Evaluation) -> tuple[list[Row], list[Row]]:
    """Return the worst slices, few of each dimension, and all others; both the worst first."""
    differences = {one.name: one for one in evaluation.comparison.slices} if evaluation.comparison else {}
    widest = _widest(differences.values())
    shown: list[Row] = []
    others: list[Row] = []
    count: Counter[str] = Counter()
    for one in evaluation.slices:
        row = Row(one.name, None, None, one.cer, None, None, "", None)
        if one.name in differences:
            row = _row(one.name, differences[one.name], widest)
        count[one.dimension] += 1
        is_shown = count[one.dimension] <= SHOWN_OF_A_DIMENSION and len(shown) < SHOWN_SLICES
        rows = shown if is_shown else others
        rows.append(replace(row, samples=one.samples, error_share=one.error_share))
    return shown, others


def _row(title: str, one: Difference, widest: float) -> Row:
    bar = None
    tone = ""
    if one.difference is not None and one.low is not None and one.high is not None:
        bar = Bar(one.low / widest, one.difference / widest, one.high / widest)
        sign = -1.0 if one.name in _HIGHER_IS_BETTER else 1.0
        tone = "good" if max(sign * one.low, sign * one.high) < 0 else tone
        tone = "bad" if min(sign * one.low, sign * one.high) > 0 else tone
    return Row(title, None, None, one.candidate, one.champion, one, tone, bar)


def _widest(differences: Iterable[Difference]) -> float:
    ends = (abs(end) for one in differences for end in (one.low, one.high) if end is not None)
    return max(ends, default=0.0) or 1.0


def _shown_ids(evaluation: Evaluation, confusions: Sequence[Confusion]) -> set[str]:
    mistakes, comparison = evaluation.mistakes, evaluation.comparison
    ids = {line.id for line in (*mistakes.worst[:SHOWN_LINES], *mistakes.sure[:SHOWN_LINES])}
    ids |= {id_ for one in confusions for id_ in one.examples}
    if comparison is not None:
        ids |= {*comparison.worse[:SHOWN_LINES], *comparison.better[:SHOWN_LINES]}
    return ids


def _cards(
    evaluation: Evaluation, candidate: Predictions, champion: Predictions | None, pictures: dict[str, str]
) -> Cards:
    lines = {line.id: line for line in candidate.lines}
    theirs = {line.id: line.prediction for line in champion.lines} if champion else {}

    def cards(ids: Iterable[str]) -> tuple[Card, ...]:
        return tuple(
            card(lines[id_], excerpt(lines[id_].reference, lines[id_].prediction))
            for id_ in list(ids)[:SHOWN_LINES]
        )

    def card(line: Prediction, shown: Excerpt) -> Card:
        champions = shortened(theirs[line.id], shown.start) if line.id in theirs else None
        return Card(line, pictures.get(line.id), shown, champions)

    mistakes, comparison = evaluation.mistakes, evaluation.comparison
    return Cards(
        worst=cards(line.id for line in mistakes.worst),
        sure=cards(line.id for line in mistakes.sure),
        worse=cards(comparison.worse if comparison else ()),
        better=cards(comparison.better if comparison else ()),
    )
