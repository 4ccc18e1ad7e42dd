"""One look at a family: read, decide, write, start. What is interrupted, the next look finishes."""

from __future__ import annotations

from .account import Account
from .decision import Rules, State, next_state, started, to_start
from .table import Table

_TRIES = 5


class BusyError(Exception):
    """Others wrote the family's state every time between our reading and writing; the queue tries again."""


def attend(family: str, pipeline: str, account: Account, table: Table, rules: Rules) -> State:
    """Bring `family` to where it should be, and return its state.

    A run is written down before it is started: if we die between the two, the next look finds it and starts
    it with the same token, which SageMaker takes for the same start.

    Raises:
        BusyError: too many wrote at once.
        UnreadableError: see `Account.see`.
    """
    for _ in range(_TRIES):
        before = table.read(family)
        decided: State | None = next_state(before, account.see(family, pipeline, before), rules)
        if decided != before:
            assert decided is not None
            decided = table.write(family, decided)
        if decided is None:
            continue
        run = to_start(decided)
        if run is None:
            return decided
        confirmed = table.write(family, started(decided, account.start(family, pipeline, run)))
        if confirmed is not None:
            return confirmed
    raise BusyError(f"The state of {family} changed {_TRIES} times while it was looked at.")
