"""What went wrong with something that came from outside, told so that a person can mend it.

GlyphlineError            anything we raise on purpose; the command line prints it as one message
├── InputError            bad input: carries a `Problem` (command line: exit code 2)
│   ├── ConfigError       a file under `config/` or a recipe
│   └── CorpusError       data: see `corpus/errors.py`
└── StateError            what is asked for does not fit what is there (exit code 2)
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]

_MOST_NAMES = 30
"""That one sentence can list."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with an input: where it is, what was found, what was expected, what to do.

    `rule` is the stable id of what was violated (``image.truncated``); `line` counts from 1.
    """

    rule: str
    found: str
    expected: str
    remedy: str
    file: str | None = None
    line: int | None = None
    severity: Severity = "error"

    def __str__(self) -> str:
        place = ""
        if self.file is not None:
            place = f"{self.file}:{self.line}: " if self.line is not None else f"{self.file}: "
        return f"{place}{self.found}; expected {self.expected}. {self.remedy}"


class GlyphlineError(Exception):
    """The root of every error that is raised on purpose."""


class InputError(GlyphlineError):
    """Something that came from outside cannot be used."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


class ConfigError(InputError):
    """A configuration file or a recipe is wrong."""


class StateError(GlyphlineError):
    """What is asked for does not fit what is already there."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a remedy that names the nearest of `known`, or where none is near all of them, if few."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1)
    if near:
        return f"Did you mean {near[0]!r}?"
    if len(names) > _MOST_NAMES:
        return f"The nearest are {', '.join(difflib.get_close_matches(name, names, n=3, cutoff=0.0))}."
    return f"Use one of: {', '.join(names)}."
