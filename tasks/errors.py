"""The errors of this package.

InputError (config.errors)
└── RequestError    what a model is asked lacks something, or holds what the task does not take
"""

from __future__ import annotations

from config.errors import InputError


class RequestError(InputError):
    """What a model is asked cannot be answered: a field is missing, unknown, or of the wrong kind."""
