"""Judge one model's answers beside another's, by whatever their task means by good."""

from __future__ import annotations

from typing import Any

from upath import UPath

from config.gate import GatePolicy
from evaluation.comparison import Draws
from evaluation.evaluate import Evaluation, Kind, Measured, evaluate
from evaluation.exhibits import Exhibit
from evaluation.gate import Exported
from tasks.answers import Answers, paired
from tasks.base import AnswerT, Task


def judge(
    task: Task[Any, AnswerT],
    candidate: Answers[AnswerT],
    champion: Answers[AnswerT] | None = None,
    *,
    policy: GatePolicy | None = None,
    exported: Exported | None = None,
    first_model: bool = False,
    draws: Draws | None = None,
) -> Evaluation:
    """Return how good `candidate` is, where it is wrong, and whether it is better than `champion`.

    Args:
        task: of both.
        candidate: what the candidate answered.
        champion: what the champion answered, to the same items in any order.
        policy: of the gate; None: no gate is asked.
        exported: what is known of the exported artifact, for the gate.
        first_model: there is no champion yet, and that is no reason to fail the gate.
        draws: how intervals are found.

    Raises:
        PredictionError: the two did not answer the same items.
    """
    theirs = None if champion is None else paired(candidate, champion, task.family.unicode_form)
    truth, ours = candidate.items, candidate.answers
    others = None if theirs is None else theirs.answers
    return evaluate(
        kind_of(task),
        truth,
        Measured(candidate.name, tuple(task.figures(truth, ours))),
        None if theirs is None else Measured(theirs.name, tuple(task.figures(truth, theirs.answers))),
        dimensions=task.dimensions(truth),
        policy=policy,
        checks=task.checks(truth, ours, others) if policy is not None else (),
        exported=exported,
        remarks=task.remarks(truth, ours, others),
        first_model=first_model,
        draws=draws,
    )


def exhibits_of(
    task: Task[Any, AnswerT],
    candidate: Answers[AnswerT],
    champion: Answers[AnswerT] | None,
    images: UPath | None,
) -> list[Exhibit]:
    """Return what the task shows of the mistakes in `candidate`; pictures come from the folder `images`.

    Raises:
        PredictionError: the two did not answer the same items.
    """
    theirs = None if champion is None else paired(candidate, champion, task.family.unicode_form).answers
    return list(task.exhibits(candidate.items, candidate.answers, theirs, images))


def kind_of(task: Task[Any, Any]) -> Kind:
    """Return what an evaluation of `task` measures."""
    family = task.family
    return Kind(family.task, family.headline, family.noun, family.judged)
