"""Which families a message of the queue is about: labels that arrived, a run that ended, the clock."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping

from ..shared.events import ARRIVAL, CLOCK, RUN_END, pipeline_of


class UnknownMessageError(Exception):
    """Not an event that the rules of this queue let through."""


def families_of(body: str, families: Mapping[str, str]) -> Collection[str]:
    """Return the families to look at; `families` are by the name of their pipeline.

    Events of families and pipelines that are not of this environment give none.

    Raises:
        UnknownMessageError: the message is no event that we know.
    """
    try:
        event = json.loads(body)
        kind, detail = event["detail-type"], event["detail"]
        if kind == CLOCK:
            return tuple(families.values())
        if kind == ARRIVAL:
            family = detail["object"]["key"].partition("/")[0]
            return (family,) if family in families.values() else ()
        if kind == RUN_END:
            pipeline = pipeline_of(detail)
            return (families[pipeline],) if pipeline in families else ()
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UnknownMessageError(f"no event of ours ({error!r}): {body[:200]}") from error
    raise UnknownMessageError(f"no event of ours: {kind!r}")
