"""The errors of this package.

InputError (config.errors)
└── CorpusError            data that cannot be used: carries a `Problem`
    ├── ImageError         one image: missing, empty, truncated, not an image, too large
    ├── ManifestError      a manifest or a snapshot's description
    ├── FormatError        a dataset in somebody's format as a whole (single lines become `Problem`s)
    └── SynthesisError     a recipe that cannot be drawn here: no font covers the script
"""

from __future__ import annotations

from config.errors import InputError


class CorpusError(InputError):
    """Data that cannot be used."""


class ImageError(CorpusError):
    """One image cannot be read."""


class ManifestError(CorpusError):
    """A manifest or a snapshot's description cannot be read."""


class FormatError(CorpusError):
    """A dataset does not have the layout of the format it was said to have."""


class SynthesisError(CorpusError):
    """A recipe cannot be drawn on this machine."""
