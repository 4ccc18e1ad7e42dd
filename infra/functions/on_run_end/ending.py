"""How a run ended, and the words that people read about it; nothing here asks AWS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_SUBJECT_CHARACTERS = 99
"""SNS takes fewer than 100."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A step that failed; the gate's reasons stand in that of the step Fail."""

    step: str
    reason: str


@dataclass(frozen=True, slots=True)
class Registered:
    """The version that a run registered; `report` is the URI of its report, if its metadata names one."""

    arn: str
    number: int
    report: str | None


@dataclass(frozen=True, slots=True)
class Ending:
    """A run that is over."""

    family: str
    execution: str
    status: str
    reason: str | None
    failures: Sequence[Failure]
    version: Registered | None


def words(ending: Ending) -> tuple[str, str]:
    """Return subject and text of the message."""
    family, version = ending.family, ending.version
    if ending.status == "Failed":
        subject = f"{family}: the run failed"
        lines = [f"{one.step}: {one.reason}" for one in ending.failures]
        lines = lines or [ending.reason or "SageMaker gives no reason."]
        lines.append("Its labels are learnt with the next ones, or start the pipeline again by hand.")
    elif ending.status == "Stopped":
        subject = f"{family}: the run was stopped"
        lines = ["Its labels are learnt with the next ones, or start the pipeline again by hand."]
    elif version is None:
        subject = f"{family}: the run ended without a version"
        lines = ["It succeeded, and registered nothing: look at its steps."]
    else:
        subject = f"{family}: version {version.number} waits for approval"
        lines = [f"Report: {version.report or 'none'}", f"Version: {version.arn}"]
    return subject[:_SUBJECT_CHARACTERS], "\n".join([*lines, "", f"Run: {ending.execution}"])
