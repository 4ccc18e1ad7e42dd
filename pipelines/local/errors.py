"""The errors of the local engine.

GlyphlineError (config.errors)
├── InputError
│   └── DefinitionError    a definition that cannot be interpreted, or parameters that do not fit it
└── StepError              a step failed: what `FailureReason` says; it never leaves the engine
"""

from __future__ import annotations

from config.errors import GlyphlineError, InputError

INTERNAL_ERROR = "SageMaker.JOB_INTERNAL_ERROR"
"""The exception type of a job that something else than its own code ended."""


class DefinitionError(InputError):
    """A pipeline's definition, or what it was started with, cannot be used."""


class StepError(GlyphlineError):
    """A step failed; `kind` is the exception type that a retry policy may name, None if none may."""

    def __init__(self, reason: str, kind: str | None = None) -> None:
        super().__init__(reason)
        self.kind = kind
