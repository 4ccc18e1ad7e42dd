"""One version beside another, on the items that both have answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from upath import UPath

from config.errors import Problem
from config.home import in_store
from config.protocol import CANDIDATE_ANSWERS, CHAMPION_ANSWERS
from config.tasks import any_family
from evaluation.evaluate import Evaluation
from evaluation.exhibits import Exhibit
from registry.errors import ComparisonError
from registry.versions import Version
from tasks import task_of
from tasks.answers import Answers, paired, truth_of
from tasks.base import Task
from tasks.judging import exhibits_of, judge
from tasks.reading import read_answers


@dataclass(frozen=True, slots=True)
class Compared:
    """`later` measured against `earlier` on the items that both have answered."""

    task: Task[Any, Any]
    evaluation: Evaluation
    earlier: Answers[Any]
    later: Answers[Any]
    answered_by_earlier: int
    """How many items the earlier one was measured on in all."""
    answered_by_later: int

    def exhibits(self, images: UPath | None) -> list[Exhibit]:
        """Return what the task shows of the mistakes; pictures come from the folder `images`."""
        return exhibits_of(self.task, self.later, self.earlier, images)


def compare(earlier: Version, later: Version) -> Compared | None:
    """Return how `later` differs from `earlier`, by what each answered when its pipeline run evaluated it.

    None: of one of them the answers are not there (any more), or no item is common.

    Raises:
        ComparisonError: they are of two tasks.
        InputError: answers are there and cannot be read.
    """
    if later.task != earlier.task:
        found = f"{earlier.reference} is for {earlier.task}, {later.reference} for {later.task}"
        remedy = "Compare versions of one group."
        raise ComparisonError(Problem("registry.comparison", found, "two for the same task", remedy))
    task = task_of(any_family(earlier.task))
    pair = _read(earlier, later, task)
    if pair is None:
        return None
    old, new = pair
    form = task.family.unicode_form
    theirs = {one.id: truth_of(one, form) for one in old.items}
    shared = {one.id for one in new.items if theirs.get(one.id) == truth_of(one, form)}
    if not shared:
        return None
    first, second = _only(old, shared, earlier.reference), _only(new, shared, later.reference)
    first = paired(second, first, form)
    return Compared(task, judge(task, second, first), first, second, len(old.items), len(new.items))


def _read(earlier: Version, later: Version, task: Task[Any, Any]) -> tuple[Answers[Any], Answers[Any]] | None:
    """Return what both answered; a version and its champion were asked about the very same items."""
    before, after = _folder(earlier), _folder(later)
    if before is None or after is None:
        return None
    old, new = before / CANDIDATE_ANSWERS, after / CANDIDATE_ANSWERS
    if _is_parent(earlier, later) and (after / CHAMPION_ANSWERS).exists():
        old = after / CHAMPION_ANSWERS
    elif _is_parent(later, earlier) and (before / CHAMPION_ANSWERS).exists():
        new = before / CHAMPION_ANSWERS
    if not old.exists() or not new.exists():
        return None
    return read_answers(old, task), read_answers(new, task)


def _is_parent(one: Version, other: Version) -> bool:
    return other.parent is not None and other.parent == one.metadata.get("version")


def _folder(version: Version) -> UPath | None:
    """Return the folder of a version's evaluation; what a local run calls S3 is a folder here."""
    uri = version.evaluation_uri
    if uri is None:
        return None
    is_local = version.arn is None and uri.startswith("s3://")
    return UPath(in_store(uri) if is_local else uri).parent


def _only(answers: Answers[Any], ids: set[str], name: str) -> Answers[Any]:
    kept = [pair for pair in zip(answers.items, answers.answers, strict=True) if pair[0].id in ids]
    items, said = zip(*kept, strict=True)
    return Answers(name, items, said)
