"""The errors of this package.

InputError (config.errors)
└── EvaluationError        the input of a measurement cannot be used: carries a `Problem`
        ├── PredictionError    a file of predictions, or two that do not belong together
    └── FigureError        boxes, rankings or classes that cannot be scored
"""

from __future__ import annotations

from config.errors import InputError


class EvaluationError(InputError):
    """The input of a measurement cannot be used."""


class PredictionError(EvaluationError):
    """Predictions cannot be read, or two sets of them do not belong together."""


class FigureError(EvaluationError):
    """Boxes, rankings or classes cannot be scored."""
