"""The errors of a job, beside those of `config.errors` and `corpus.errors`.

InputError (config.errors)
├── JobError          what the caller of a job gave it: a hyperparameter, a channel (exit code 2)
└── ArtifactError     a model artifact or a checkpoint that cannot be used (exit code 2)
GlyphlineError (config.errors)
├── RefusedError      what a job was to judge was judged, and did not pass (exit code 1)
└── TrainingError     training itself failed: it diverged, it learnt nothing, parity is broken (exit code 1)
"""

from __future__ import annotations

from config.errors import GlyphlineError, InputError


class JobError(InputError):
    """What the caller of a job gave it cannot be used."""


class ArtifactError(InputError):
    """A model artifact or a checkpoint is not what it says it is."""


class RefusedError(GlyphlineError):
    """What a job was to judge did not pass; the job itself did its work."""


class TrainingError(GlyphlineError):
    """The data and the settings were taken, but no good model came of them."""
