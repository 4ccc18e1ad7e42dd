"""What only a person can mend.

DeploymentError      an approved version does not serve
└── ArchiveError     nor may it: its weights are not what was registered
"""

from __future__ import annotations


class DeploymentError(Exception):
    """An approved version does not serve, and only a person can change that."""


class ArchiveError(DeploymentError):
    """The weights of an approved version are missing, or were written after it was registered."""
