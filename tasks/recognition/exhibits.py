"""What a recogniser's report shows: confusions, lines as pictures, rates, what its confidence is worth."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from upath import UPath

from evaluation import plots
from evaluation.calibration import calibrate
from evaluation.comparison import changed_most
from evaluation.exhibits import Exhibit
from evaluation.html import render
from evaluation.pictures import thumbnails
from evaluation.text import Lines, TextMetrics, summarise
from tasks.recognition.excerpts import Excerpt, excerpt, shortened
from tasks.recognition.mistakes import Confusion, Mistakes, find_mistakes
from tasks.recognition.predictions import Prediction, Predictions

_HERE = Path(__file__).parent
_MISTAKES, _TEXTS = _HERE / "mistakes.html.j2", _HERE / "texts.html.j2"
SHOWN_CONFUSIONS = 12
SHOWN_LINES = 8


@dataclass(frozen=True, slots=True)
class LineCard:
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
class LineCards:
    """The lines that are shown, by what they are shown for."""

    worst: tuple[LineCard, ...]
    sure: tuple[LineCard, ...]
    worse: tuple[LineCard, ...]
    better: tuple[LineCard, ...]


def exhibits_of(
    candidate: Predictions,
    lines: Lines,
    champion: Predictions | None,
    their_lines: Lines | None,
    images: UPath | None,
) -> list[Exhibit]:
    """Return the blocks of a report on `candidate` beside the champion; `lines` are what was measured."""
    mistakes = find_mistakes(candidate, lines)
    ids = [line.id for line in candidate.lines]
    worse, better = ([], []) if their_lines is None else _changes(lines, their_lines)
    shown = {name: [ids[k] for k in rows] for name, rows in (("worse", worse), ("better", better))}
    made = [
        _mistakes(candidate, champion, mistakes, shown, images),
        _texts(candidate, summarise(lines), None if their_lines is None else summarise(their_lines)),
    ]
    calibration = calibrate([line.confidence for line in candidate.lines], lines.exact)
    if calibration is not None:
        made.append(Exhibit("calibration", calibration, plots=[plots.reliability(calibration)]))
    return made


def _changes(ours: Lines, theirs: Lines) -> tuple[list[int], list[int]]:
    return changed_most((ours.characters.errors - theirs.characters.errors).astype(float))


def _texts(candidate: Predictions, ours: TextMetrics, theirs: TextMetrics | None) -> Exhibit:
    form = candidate.normalisation.form
    data = {"form": form, "candidate": ours, "champion": theirs}
    within = None if theirs is None else theirs.within
    drawn = [plots.line_errors(ours.within, within)] if ours.within else []
    return Exhibit("texts", data, render(_TEXTS, m=ours, c=theirs, form=form), drawn)


def _mistakes(
    candidate: Predictions,
    champion: Predictions | None,
    mistakes: Mistakes,
    changed: dict[str, list[str]],
    images: UPath | None,
) -> Exhibit:
    if images is None:  # nobody asks for the page
        return Exhibit("mistakes", mistakes)
    confusions = mistakes.confusions[:SHOWN_CONFUSIONS]
    wanted = {one.id for one in (*mistakes.worst[:SHOWN_LINES], *mistakes.sure[:SHOWN_LINES])}
    wanted |= {id_ for one in confusions for id_ in one.examples}
    wanted |= {id_ for ids in changed.values() for id_ in ids[:SHOWN_LINES]}
    pictures = thumbnails({line.id: line.image for line in candidate.lines if line.id in wanted}, images)
    html = render(
        _MISTAKES,
        confusions=_confusion_rows(confusions, pictures),
        cards=_cards(candidate, champion, mistakes, changed, pictures),
    )
    return Exhibit("mistakes", mistakes, html)


def _confusion_rows(confusions: Sequence[Confusion], pictures: dict[str, str]) -> list[ConfusionRow]:
    return [
        ConfusionRow(
            one,
            one.count / confusions[0].count,
            next((pictures[id_] for id_ in one.examples if id_ in pictures), None),
        )
        for one in confusions
    ]


def _cards(
    candidate: Predictions,
    champion: Predictions | None,
    mistakes: Mistakes,
    changed: dict[str, list[str]],
    pictures: dict[str, str],
) -> LineCards:
    lines = {line.id: line for line in candidate.lines}
    theirs = {line.id: line.prediction for line in champion.lines} if champion else {}

    def cards(ids: Iterable[str]) -> tuple[LineCard, ...]:
        return tuple(
            card(lines[id_], excerpt(lines[id_].reference, lines[id_].prediction))
            for id_ in list(ids)[:SHOWN_LINES]
        )

    def card(line: Prediction, shown: Excerpt) -> LineCard:
        champions = shortened(theirs[line.id], shown.start) if line.id in theirs else None
        return LineCard(line, pictures.get(line.id), shown, champions)

    return LineCards(
        worst=cards(line.id for line in mistakes.worst),
        sure=cards(line.id for line in mistakes.sure),
        worse=cards(changed["worse"]),
        better=cards(changed["better"]),
    )
