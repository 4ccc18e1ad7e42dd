"""What a task shows of its mistakes: blocks of the report, and the same as data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evaluation.plots import Plot


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One block of the report.

    `data` goes into `evaluation.json` under `name` (anything that JSON can express). `html` is a section of
    the page, already safe, or empty. `plots` appear among the others, with their captions.
    """

    name: str
    data: Any
    html: str = ""
    plots: Sequence[Plot] = ()
