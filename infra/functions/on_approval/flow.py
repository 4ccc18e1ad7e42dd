"""Brings an endpoint to the version approved last: looks where it stands, and takes the next step.

Nothing here trusts the order of events: whoever hears of an approval asks who is champion *now*, so an older
approval that comes late changes nothing, and two that come at once end at the newer.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from botocore.exceptions import ClientError

from .archive import check
from .endpoint import Endpoints, Seen
from .errors import DeploymentError
from .notes import Change, note
from .release import ASKED, Release, release_of
from .scaling import Scaling
from .settings import Settings
from .versions import Version, approved

_GOES_ON = ("Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting")


class Step(Enum):
    """What is to be done next with an endpoint."""

    CREATE = "create it"
    UPDATE = "update it"
    REMOVE = "remove what never served"
    WAIT = "wait until it rests"
    SETTLE = "settle: it serves what was approved"
    GIVE_UP = "give up: it was tried and taken back"
    REFUSE = "refuse: it serves in another way"
    LEAVE = "leave it: nothing was approved since"


@dataclass(frozen=True, slots=True)
class Account:
    """`sagemaker` and `s3` are boto3's clients."""

    sagemaker: Any
    s3: Any
    endpoints: Endpoints
    scaling: Scaling


@dataclass(frozen=True, slots=True)
class Outcome:
    """`step` was taken for `version`; until it is the last one, the endpoint must be looked at again."""

    step: Step
    version: Version | None

    @property
    def is_last(self) -> bool:
        """Whether nothing remains to be done."""
        return self.version is None or self.step in (Step.SETTLE, Step.LEAVE)


def next_step(seen: Seen | None, release: Release) -> Step:
    """Return what brings the endpoint nearer to serving `release`."""
    if seen is None:
        return Step.CREATE
    if seen.status in _GOES_ON:
        return Step.WAIT
    if seen.status == "InService" and seen.release == release.name:
        return Step.SETTLE
    if seen.asked == release.name:
        return Step.GIVE_UP
    if seen.status == "Failed":
        return Step.REMOVE
    return Step.UPDATE if seen.kind == release.kind else Step.REFUSE


def attend(group: str, heard_of: str | None, account: Account, settings: Settings) -> Outcome:
    """Take the next step for the endpoint of `group`, of whose version `heard_of` an event told.

    Only an approval changes what serves: neither a rejection, of which an older message may still tell as an
    approval, nor another setting, of which the clock (None) would otherwise see.

    Raises:
        DeploymentError: a person must act: the version was tried and taken back, or cannot be served there.
        ArchiveError: its weights are not what was registered, whether it serves already or not.
    """
    versions = approved(account.sagemaker, group, heard_of)
    for one in versions:
        if not one.noted:
            note(account.sagemaker, one.arn, Change(one.when))
    if not versions:  # approved when the event was sent, and rejected since
        return Outcome(Step.SETTLE, None)
    version = versions[-1]
    check(account.s3, version)
    release = release_of(version, settings)
    seen = account.endpoints.see(group)
    step = next_step(seen, release)
    if seen is None:
        account.endpoints.create(release)
    elif version.arn != heard_of and not _is_news(version, release, seen):
        step = Step.LEAVE
        _let_scale(seen, group, account, settings)
    elif step is Step.UPDATE:
        step = _update(seen, release, account, settings)
    elif step is Step.REMOVE:
        account.endpoints.delete(group)
    elif step is Step.SETTLE:
        account.scaling.register(group, settings.servings[group])
        account.endpoints.forget(seen, release)
    elif step is Step.GIVE_UP:
        _give_up(seen, version, account, settings)
    elif step is Step.REFUSE:
        raise DeploymentError(
            f"The endpoint {group} is {seen.kind}, its settings say {release.kind}, and an endpoint "
            f"keeps its kind. Delete the endpoint, then move this message back to its queue."
        )
    return Outcome(step, version)


def _update(seen: Seen, release: Release, account: Account, settings: Settings) -> Step:
    """Let the endpoint serve `release` instead; where that is refused, what serves goes on scaling."""
    account.scaling.deregister(release.endpoint, settings.servings[release.endpoint])
    try:
        begun = account.endpoints.update(seen, release, settings.alarms[release.endpoint])
    except ClientError:
        _let_scale(seen, release.endpoint, account, settings)
        raise
    return Step.UPDATE if begun else Step.WAIT


def _let_scale(seen: Seen, endpoint: str, account: Account, settings: Settings) -> None:
    """Let what serves scale, if it does serve, and in the way that its settings say."""
    serving = settings.servings[endpoint]
    if seen.status == "InService" and seen.kind == serving.kind:
        account.scaling.register(endpoint, serving)


def _is_news(version: Version, release: Release, seen: Seen) -> bool:
    """Tell whether `release` was asked for last, or approved later than what was."""
    return seen.asked == release.name or seen.asked_at is None or version.when > seen.asked_at


def _give_up(seen: Seen, version: Version, account: Account, settings: Settings) -> None:
    """Let what still serves scale again, and say what became of the version.

    Raises:
        DeploymentError: always.
    """
    _let_scale(seen, version.group, account, settings)
    why = f" SageMaker says: {seen.reason}" if seen.reason else " See its alarms and its log."
    raise DeploymentError(
        f"{version.group}/{version.number}, approved by {version.who or 'somebody'}, does not serve: it was "
        f"tried, and the endpoint is {seen.status} with {seen.release or 'nothing'}.{why} Approve another "
        f"version; to try this one again, delete the endpoint's tag {ASKED} and move this message back to "
        f"its queue."
    )
