"""When a candidate is good enough: the `gate:` section of a family, as far as all tasks share it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from config.yaml_source import Settings, Share, of_form

SliceName = Annotated[str, of_form(r"[^=]+=.+", "a slice, such as split=golden")]
"""``dimension=value``, such as ``split=golden``; ``snapshot=*`` means every slice of that dimension."""

MIN_GROUPS = 5
"""With fewer groups there is no interval: so few pages cannot show how much pages differ."""


class GatePolicy(Settings):
    """What a candidate must satisfy. Each task adds its own limits in `config/tasks/`.

    The *error* is that of the task's headline figure, as a share: the character error rate itself, or one
    minus macro F1. A limit of None is not checked. A number that is checked but missing fails the gate. A
    limit on a difference applies to its whole interval: if only the best estimate is within it, the
    difference is in doubt.
    """

    max_error: Share = 0.10
    """The highest error over all items."""
    guarded_slices: tuple[SliceName, ...] = ("split=golden", "age=old")
    """Slices on which the candidate must not be worse than the champion."""
    max_regression: Share = 0.005
    """By how much the error of a guarded slice may rise, at the upper end of its interval."""
    new_slice: SliceName = "age=new"
    min_improvement: Share | None = 0.0
    """By how much the error of the new slice must fall, at the upper end of its interval.

    0.0 requires proof that it did not rise: a model that is as good overall but wrong elsewhere does not pass
    where doubt fails; one with as many errors on every item does. None: not checked.
    """
    confidence: Annotated[float, Field(ge=0.5, lt=1.0)] = 0.95
    """Of the intervals that decide whether a difference is real."""
    on_doubt: Literal["fail", "pass"] = "fail"
    """What to do with an undecidable check: the interval straddles the limit or has no width although answers
    changed, or the slice is too small."""
    max_size_mb: Annotated[float, Field(gt=0)] | None = None
    max_latency_p95_ms: Annotated[float, Field(gt=0)] | None = None
    max_parity_mismatch: Share | None = None
    """Share of items on which the exported artifact may answer differently from the trained model."""
