"""The errors of this package.

InputError (config.errors)
└── RegistryError              what the registry was asked cannot be done: carries a `Problem`
    ├── UnknownVersionError    no such group or version
    ├── RegistrationError      what is to be registered cannot be: incomplete, or of another family
    ├── ComparisonError        versions that are not of one kind of model
    ├── DecisionError          an approval or a rejection without a reason, or one that changes nothing
    └── StoreError             the registry itself cannot be used: its database, or the account says no
"""

from __future__ import annotations

from config.errors import InputError


class RegistryError(InputError):
    """What the registry was asked cannot be done."""


class UnknownVersionError(RegistryError):
    """There is no such group or version."""


class RegistrationError(RegistryError):
    """What is to be registered cannot be."""


class ComparisonError(RegistryError):
    """Versions are not of one kind of model."""


class DecisionError(RegistryError):
    """A version cannot be approved or rejected like this."""


class StoreError(RegistryError):
    """The registry itself cannot be used."""
