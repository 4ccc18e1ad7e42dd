"""When a failed step is tried again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """One entry of a step's ``RetryPolicies``; `max_attempts` counts retries, None: only time limits them.

    Source: https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-retry-policy.html
    """

    kinds: tuple[str, ...]
    interval_s: float = 1.0
    backoff_rate: float = 2.0
    max_attempts: int | None = 5
    expire_after_s: float | None = None


def delay_s(
    policies: Sequence[RetryPolicy], kind: str | None, retries: int, elapsed_s: float
) -> float | None:
    """Return how long to wait before the next try, or None where there is to be none.

    `retries` were made already; `elapsed_s` have passed since the step began. The first policy that names
    `kind` decides.
    """
    policy = next((one for one in policies if kind in one.kinds), None)
    if policy is None or (policy.max_attempts is not None and retries >= policy.max_attempts):
        return None
    wait_s = policy.interval_s * policy.backoff_rate**retries
    if policy.expire_after_s is not None and elapsed_s + wait_s > policy.expire_after_s:
        return None
    return wait_s
