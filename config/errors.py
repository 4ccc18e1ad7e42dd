"""What is wrong with an input, said so that the user can fix it.

GlyphlineError            anything raised on purpose; the command line prints it as one message
├── InputError            bad input: carries a `Problem` (command line: exit code 2)
│   ├── ConfigError       a file under `config/` or a recipe
│   └── CorpusError       data: see `corpus/errors.py`
└── StateError            the request does not fit the current state (exit code 2)
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]

_MOST_NAMES = 30
"""That a message can list."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with an input: where it is, what was found, what was expected, how to fix it.

    `rule` is the stable id of the violated rule (``image.truncated``); `line` counts from 1.
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
    """The root of every error raised on purpose."""


class InputError(GlyphlineError):
    """An input cannot be used."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


class ConfigError(InputError):
    """A configuration file or a recipe is wrong."""


class StateError(GlyphlineError):
    """The request does not fit the current state."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a remedy that names the closest of `known`, or if none is close all of them, if few."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1)
    if near:
        return f"Did you mean {near[0]!r}?"
    if len(names) > _MOST_NAMES:
        return f"The closest are {', '.join(difflib.get_close_matches(name, names, n=3, cutoff=0.0))}."
    return f"Use one of: {', '.join(names)}."
