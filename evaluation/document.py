"""`evaluation.json`: what a pipeline's condition, the Model Registry and other programs read."""

from __future__ import annotations

import dataclasses
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError

from config.errors import Problem
from evaluation.classes import Classification
from evaluation.errors import EvaluationError
from evaluation.evaluate import Evaluation

SCHEMA_VERSION = 1
"""Raised when a key changes its name or meaning; a new key does not raise it."""

_STUDIO_DIGITS = 6  # Studio shows every digit it is given
_EVALUATION: TypeAdapter[Evaluation] = TypeAdapter(Evaluation)


def encode(evaluation: Evaluation) -> bytes:
    """Return `evaluation` as JSON: the headline numbers, then everything, then what Studio draws.

    ``cer``, ``wer`` and ``exact_match`` are shares (0.01 is one in a hundred) and null where they are
    undefined; ``gate.passed`` is what a ConditionStep asks for.
    """
    metrics = evaluation.metrics
    head = {
        "schema_version": SCHEMA_VERSION,
        "kind": "recognition",
        "cer": metrics.characters.rate,
        "wer": metrics.words.rate,
        "exact_match": metrics.exact_match,
        "samples": metrics.samples,
    }
    body = {one.name: getattr(evaluation, one.name) for one in dataclasses.fields(evaluation)}
    studio = {
        one.name: _studio(one.value, one.deviation) for one in evaluation.spreads if one.value is not None
    }
    return _json({**head, **body, "regression_metrics": studio})


def decode(data: bytes, file: str) -> Evaluation:
    """Return the evaluation that `data`, the content of `file`, holds.

    Raises:
        EvaluationError: not JSON, of another schema version, or not an evaluation.
    """
    try:
        content = orjson.loads(data)
        version = content.get("schema_version") if isinstance(content, dict) else None
        if version != SCHEMA_VERSION:
            expected = f"schema version {SCHEMA_VERSION}"
            raise EvaluationError(_problem("version", f"schema version {version}", expected, file))
        return _EVALUATION.validate_python(content)
    except orjson.JSONDecodeError as error:
        raise EvaluationError(_problem("json", f"not JSON: {error}", "evaluation.json", file)) from error
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        found = f"{'.'.join(map(str, detail['loc']))}: {detail['msg']}"
        raise EvaluationError(_problem("key", found, "evaluation.json", file)) from error


def encode_classification(name: str, metrics: Classification) -> bytes:
    """Return a classifier's `metrics` as JSON, with what Studio draws of a classifier."""
    matrix = {
        true: dict(zip(metrics.labels, counts, strict=True))
        for true, counts in zip(metrics.labels, metrics.confusion, strict=True)
    }
    studio = {
        "accuracy": _studio(metrics.accuracy, None),
        "macro_f1": _studio(metrics.macro_f1, None),
        "confusion_matrix": matrix,
    }
    head = {"schema_version": SCHEMA_VERSION, "kind": "classification", "name": name}
    numbers = {"accuracy": metrics.accuracy, "macro_f1": metrics.macro_f1, "samples": metrics.samples}
    return _json({**head, **numbers, "metrics": metrics, "multiclass_classification_metrics": studio})


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of the body of `evaluation.json`; `docs/evaluation.schema.json` holds it."""
    return _EVALUATION.json_schema()


def _studio(value: float, deviation: float | None) -> dict[str, float | str]:
    """Return a metric as SageMaker Model Monitor writes it, which is what Studio draws.

    https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-model-quality-metrics.html; there, a
    deviation that could not be had is the text "NaN".
    """
    spread = "NaN" if deviation is None else round(deviation, _STUDIO_DIGITS)
    return {"value": round(value, _STUDIO_DIGITS), "standard_deviation": spread}


def _json(content: dict[str, object]) -> bytes:
    return orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _problem(rule: str, found: str, expected: str, file: str) -> Problem:
    return Problem(f"evaluation.{rule}", found, expected, "Evaluate again with this version.", file)
