"""What every registry can do, wherever it keeps its versions."""

from __future__ import annotations

from typing import Protocol

from registry.versions import NewVersion, Verdict, Version


class Registry(Protocol):
    """Groups of numbered versions; one of each group is the champion that the next training begins from."""

    def register(self, new: NewVersion) -> Version:
        """Add `new`, pending approval, or return what the same pipeline run has registered before.

        Raises:
            RegistrationError: the group holds models of another family.
        """
        ...

    def groups(self) -> tuple[str, ...]:
        """Return the names of all groups, sorted."""
        ...

    def versions(self, group: str) -> tuple[Version, ...]:
        """Return every version of `group`, the oldest first.

        Raises:
            UnknownVersionError: there is no such group.
        """
        ...

    def version(self, reference: str) -> Version:
        """Return what is meant by ``GROUP/NUMBER``, ``GROUP/champion`` or ``GROUP/latest``.

        Raises:
            UnknownVersionError: there is no such group or version, or the reference cannot be read.
        """
        ...

    def champion(self, group: str) -> Version | None:
        """Return the version of `group` that was approved most recently; None: none was, or no such group."""
        ...

    def decide(self, reference: str, status: Verdict, *, who: str, reason: str) -> Version:
        """Approve or reject a version; to approve an earlier one again is to roll back to it.

        Raises:
            UnknownVersionError: there is no such version.
            DecisionError: nobody says who or why, or it is the champion, or was rejected, already.
        """
        ...
