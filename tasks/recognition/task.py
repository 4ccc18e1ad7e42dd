"""Reading text lines: one item is one line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from upath import UPath

from config.tasks.recognition import RecognitionFamily
from corpus.cutting import cut_regions
from corpus.examine.dataset import Dataset, Integers, Mask
from corpus.examine.examination import Ceiling
from corpus.examine.rules.base import Rule
from corpus.items import Item
from corpus.parallel import Progress
from corpus.snapshot import Snapshot
from evaluation.exhibits import Exhibit
from evaluation.figures import Figure
from evaluation.gate import Check, at_most
from evaluation.slices import Dimension
from evaluation.text import Lines, measure, text_figures
from evaluation.wording import counted
from tasks.base import Selected, Task
from tasks.plain import Plain
from tasks.recognition.answer import Reading
from tasks.recognition.ceiling import ceilings
from tasks.recognition.dimensions import text_dimensions
from tasks.recognition.exhibits import exhibits_of
from tasks.recognition.predictions import Predictions, predictions_of
from tasks.recognition.records import parsed_record, record_of
from tasks.recognition.rules import RULES
from tasks.recognition.steps import measures

_DECIMALS = 4
_KEPT = 2
"""Candidate and champion: figures, checks and exhibits ask for the same lines."""


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """What one model read in some items, and how far it is from what stands there."""

    truth: Sequence[Item]
    answers: Sequence[Reading]
    predictions: Predictions
    lines: Lines


class RecognitionTask(Plain[Reading]):
    """What reading lines means by data, figures and mistakes."""

    answer = Reading

    def __init__(self, family: RecognitionFamily) -> None:
        super().__init__(family)
        self._gate = family.gate
        self._known: list[Read] = []

    def rules(self) -> Sequence[Rule]:
        """Return what is asked of texts, of the charset, and of CTC's time steps."""
        return RULES

    def ceilings(self, data: Dataset) -> Sequence[Ceiling]:
        """Return the best exact match that any training could reach."""
        return ceilings(data)

    def measures(self, data: Dataset) -> Mapping[str, tuple[Integers, Mask]]:
        """Return the spare CTC steps of each line."""
        return measures(data)

    def select(self, data: Snapshot, scratch: Path, progress: Progress) -> Selected:
        """Return the samples with a text, as images of one line each: regions of pages are cut out."""
        notes: list[str] = []
        if any(one.polygon is not None for one in data.samples()):
            outcome = cut_regions(data, UPath(scratch / "cut"), texts_only=True, progress=progress)
            notes = [f"warning: {problem}" for problem in outcome.problems]
            notes.append(f"cut {counted(outcome.added, 'line')} out of pages")
            data = outcome.snapshot
        samples = list(data.samples())
        kept = tuple(one for one in samples if one.text is not None)
        if len(kept) < len(samples):
            notes.append(f"{counted(len(samples) - len(kept), 'sample')} without a text left out")
        return Selected(data, kept, tuple(notes))

    def strata(self, item: Item) -> Iterable[str]:
        """Return the characters of the line."""
        return item.first.text or ""

    def record(self, item: Item, answer: Reading) -> Mapping[str, Any]:
        """Return id, reference, prediction and what else is known, as anybody's predictions may have it."""
        return record_of(item, answer)

    def parsed(self, record: Mapping[str, Any]) -> tuple[Item, Reading]:
        """Return what a record of anybody's predictions holds.

        Raises:
            PredictionError: a key is missing, unknown or not of its kind.
        """
        return parsed_record(record)

    def as_json(self, answer: Reading) -> Mapping[str, Any]:
        """Return the text with its probabilities, four decimals each."""
        scores = zip(answer.text, answer.characters, strict=True) if answer.characters else ()
        confidence = answer.confidence
        return {
            "text": answer.text,
            "confidence": None if confidence is None else round(confidence, _DECIMALS),
            "characters": [{"character": one, "score": round(score, _DECIMALS)} for one, score in scores],
        }

    def figures(self, truth: Sequence[Item], answers: Sequence[Reading]) -> Sequence[Figure]:
        """Return CER, CER by grapheme cluster, WER, exact match and the mean CER of a line."""
        return text_figures(self.read(truth, answers).lines)

    def dimensions(self, truth: Sequence[Item]) -> Sequence[Dimension]:
        """Return length, script and characters of what stands there."""
        return text_dimensions([one.first.text or "" for one in truth])

    def checks(
        self, truth: Sequence[Item], ours: Sequence[Reading], theirs: Sequence[Reading] | None
    ) -> Sequence[Check]:
        """Return whether the candidate repeats itself where the champion does not."""
        most = self._gate.max_new_loops
        if theirs is None or most is None:
            return ()
        new = self.read(truth, ours).lines.loop & ~self.read(truth, theirs).lines.loop
        return (at_most("Lines with a new loop", int(new.sum()), most, "{:,}".format),)

    def remarks(
        self, truth: Sequence[Item], ours: Sequence[Reading], theirs: Sequence[Reading] | None
    ) -> Sequence[str]:
        """Return what normalisation changed, and which lines lack a reference or a confidence."""
        models = [("The candidate", self.read(truth, ours))]
        models += [] if theirs is None else [("The champion", self.read(truth, theirs))]
        found = [_normalised(name, one.predictions) for name, one in models]
        empty = sum(not one.first.text for one in truth)
        if empty:
            are = "is" if empty == 1 else "are"
            found.append(
                f"{counted(empty, 'reference')} {are} empty: what is read there counts as insertions."
            )
        known = sum(one.confidence is not None for one in ours)
        if 0 < known < len(ours):
            found.append(f"Only {known:,} of {counted(len(ours), 'line')} have a confidence.")
        return [one for one in found if one]

    def exhibits(
        self,
        truth: Sequence[Item],
        ours: Sequence[Reading],
        theirs: Sequence[Reading] | None,
        images: UPath | None,
    ) -> Sequence[Exhibit]:
        """Return confusions, the worst lines as pictures, rates, and whether confidence means anything."""
        mine, other = self.read(truth, ours), None if theirs is None else self.read(truth, theirs)
        return exhibits_of(
            mine.predictions,
            mine.lines,
            None if other is None else other.predictions,
            None if other is None else other.lines,
            images,
        )

    def read(self, truth: Sequence[Item], answers: Sequence[Reading]) -> Read:
        """Return the lines of one model, measured; the last ones are kept, since measuring takes long."""
        for one in self._known:
            if one.truth is truth and one.answers is answers:
                return one
        read = predictions_of(self.family.family, truth, answers, self.family.unicode_form)
        lines = measure(read.references(), read.texts())
        self._known = [*self._known[-_KEPT + 1 :], Read(truth, answers, read, lines)]
        return self._known[-1]


def build(family: RecognitionFamily) -> Task[Image.Image, Reading]:
    """Return the task of `family`."""
    return RecognitionTask(family)


def _normalised(name: str, predictions: Predictions) -> str:
    changed = predictions.normalisation
    if not changed.changed_references and not changed.changed_predictions:
        return ""
    references = counted(changed.changed_references, "reference")
    texts = counted(changed.changed_predictions, "prediction")
    return f"{name}: {references} and {texts} had to be brought into {changed.form} to be compared."
