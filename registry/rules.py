"""What holds in every registry: how a version is named, which one is champion, what may be decided."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from config.errors import Problem, did_you_mean
from registry.errors import DecisionError, RegistrationError, UnknownVersionError
from registry.versions import GROUP, Approval, NewVersion, Verdict, Version

CHAMPION, LATEST = "champion", "latest"


def parsed(reference: str) -> tuple[str, str]:
    """Return the group and which of its versions is meant: a number, ``champion`` or ``latest``.

    Raises:
        UnknownVersionError: the reference has another form.
    """
    group, _, which = reference.rpartition("/")
    if not GROUP.fullmatch(group) or not (which in (CHAMPION, LATEST) or which.isdecimal()):
        expected = "GROUP/NUMBER, GROUP/champion or GROUP/latest"
        remedy = "List what there is: glyphline registry list."
        problem = Problem("registry.reference", f"the reference {reference!r}", expected, remedy)
        raise UnknownVersionError(problem)
    return group, which


def picked(group: str, which: str, versions: Sequence[Version]) -> Version:
    """Return the version of `group` that is meant by `which` (see `parsed`).

    Raises:
        UnknownVersionError: there is none.
    """
    if which == CHAMPION:
        found = champion_of(versions)
    elif which == LATEST:
        found = versions[-1] if versions else None
    else:
        found = next((one for one in versions if one.number == int(which)), None)
    if found is not None:
        return found
    if which == CHAMPION and versions:
        expected, remedy = "an approved version", "Approve one: glyphline registry approve."
    elif not versions:
        expected, remedy = "a version", "Run its pipeline: it registers one."
    else:
        numbers = [str(one.number) for one in versions]
        expected, remedy = "a version of it", f"Use one of: {', '.join(numbers)}."
    raise UnknownVersionError(Problem("registry.version", f"{group} has no {which}", expected, remedy))


def no_such_group(group: str, groups: Sequence[str]) -> UnknownVersionError:
    """Return the error that says that there is no `group`, and which there are."""
    remedy = did_you_mean(group, groups) if groups else "Nothing is registered yet: run a pipeline."
    return UnknownVersionError(
        Problem("registry.group", f"no group {group!r}", "one that is registered", remedy)
    )


def champion_of(versions: Iterable[Version]) -> Version | None:
    """Return the version that was approved most recently."""
    approved = [
        (one.approval.when, one.number, one) for one in versions if _is_approved(one) and one.approval
    ]
    return max(approved)[2] if approved else None


def registered_by_run(new: NewVersion, versions: Sequence[Version]) -> Version | None:
    """Return what the pipeline run of `new` has registered before, so that a resumed run never doubles.

    Raises:
        RegistrationError: the group holds models of another family.
    """
    family = new.metadata["family"]
    for one in versions:
        if one.family is not None and one.family != family:
            found = (
                f"a model of the family {family!r} for {new.group}, where {one.reference} is {one.family!r}"
            )
            remedy = "Register it in a group of its own."
            raise RegistrationError(Problem("registry.family", found, "one family in a group", remedy))
    return next((one for one in versions if one.run == new.metadata["run"]), None)


def decision(
    version: Version, status: Verdict, champion: Version | None, *, who: str, reason: str
) -> Approval:
    """Return what is to be written down of the decision about `version`.

    It is later than the champion's approval even where two machines' clocks differ, for the most recent
    approval decides who is champion.

    Raises:
        DecisionError: nobody says who or why, or nothing would change.
    """
    if not who.strip() or not reason.strip():
        lacking = "who" if not who.strip() else "a reason"
        remedy = "Say it: --reason is what the next approver and an auditor will read."
        raise _undecided(f"a decision about {version.reference} without {lacking}", "both", remedy)
    if status == "Approved" and champion is not None and champion.number == version.number:
        raise _undecided(f"{version.reference} is the champion already", "another version", _told(version))
    if status == "Rejected" and version.status == "Rejected":
        raise _undecided(f"{version.reference} was rejected already", "another version", _told(version))
    now = datetime.now(UTC)
    if champion is not None and champion.approval is not None:
        now = max(now, champion.approval.when + timedelta(milliseconds=1))
    return Approval(who.strip(), now, reason.strip())


def ancestors(version: Version, versions: Sequence[Version]) -> tuple[Version, ...]:
    """Return the registered versions that `version` was trained from, its parent first."""
    by_model = {one.metadata.get("version"): one for one in versions}
    chain: list[Version] = []
    current = by_model.get(version.parent) if version.parent else None
    while current is not None and current not in (version, *chain):
        chain.append(current)
        current = by_model.get(current.parent) if current.parent else None
    return tuple(chain)


def _is_approved(version: Version) -> bool:
    return version.status == "Approved"


def _told(version: Version) -> str:
    said = version.approval
    if said is None:
        return "There is nothing to do."
    why = f": {said.reason}" if said.reason else ""
    return f"{said.who or 'Somebody'} decided so on {said.when:%Y-%m-%d %H:%M} UTC{why}."


def _undecided(found: str, expected: str, remedy: str) -> DecisionError:
    return DecisionError(Problem("registry.decision", found, expected, remedy))
