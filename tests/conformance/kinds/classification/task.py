"""Naming the class of an image: one item is one image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from corpus.items import Item
from evaluation.classes import class_figures
from evaluation.figures import Figure
from kinds.classification.family import ClassificationFamily
from tasks.plain import Plain


@dataclass(frozen=True, slots=True)
class Named:
    """The class that an image was taken for, and how probable it is."""

    label: str
    confidence: float


class ClassificationTask(Plain[Named]):
    """What classification means by figures; all else is as for any image with a label."""

    answer = Named

    def figures(self, truth: Sequence[Item], answers: Sequence[Named]) -> Sequence[Figure]:
        """Return accuracy, macro F1, and the F1 of each class."""
        return class_figures([one.first.label or "" for one in truth], [one.label for one in answers])


def build(family: ClassificationFamily) -> ClassificationTask:
    """Return the task of `family`."""
    return ClassificationTask(family)
