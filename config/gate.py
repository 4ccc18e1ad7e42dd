"""When a candidate is good enough: the `gate:` section of a family."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from config.yaml_source import Settings, of_form

Share = Annotated[float, Field(ge=0.0, le=1.0)]
SliceName = Annotated[str, of_form(r"[^=]+=.+", "a slice, such as split=golden")]
"""``dimension=value``, such as ``split=golden``; ``snapshot=*`` means every slice of that dimension."""


class GatePolicy(Settings):
    """What a candidate must satisfy. Rates are shares: 0.01 is one error in a hundred characters.

    A limit that is None is not asked. A number that is asked and is not there fails the gate. A limit on a
    difference holds for its whole interval: what lies within by its best estimate alone is in doubt.
    """

    max_cer: Share = 0.10
    """The highest character error rate over all samples."""
    guarded_slices: tuple[SliceName, ...] = ("split=golden", "age=old")
    """Where the candidate must not be worse than the champion."""
    max_regression: Share = 0.005
    """By how much the CER of a guarded slice may rise, at the upper end of its interval."""
    new_slice: SliceName = "age=new"
    min_improvement: Share | None = 0.0
    """By how much the CER of the new slice must fall, at the upper end of its interval.

    0.0 asks for a proof that it did not rise: a model that is as good on the whole but reads other lines
    wrong does not pass where doubt fails; one with as many errors on every line does. None asks for nothing.
    """
    confidence: Annotated[float, Field(ge=0.5, lt=1.0)] = 0.95
    """Of the intervals that decide whether a difference is real."""
    on_doubt: Literal["fail", "pass"] = "fail"
    """What becomes of a check that cannot be told: the interval reaches over the limit or has no width
    although lines changed, or the slice has fewer than 20 lines."""
    max_new_loops: Annotated[int, Field(ge=0)] | None = 0
    """Lines on which the candidate repeats itself and the champion does not."""
    max_size_mb: Annotated[float, Field(gt=0)] | None = None
    max_latency_p95_ms: Annotated[float, Field(gt=0)] | None = None
    max_parity_mismatch: Share | None = None
    """Share of samples that the exported artifact may read otherwise than the trained network."""
