"""`evaluation.json`: what a pipeline's condition, the Model Registry and other programs read."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError

from config.errors import Problem
from config.protocol import EVALUATION_FILE
from evaluation.errors import EvaluationError
from evaluation.evaluate import Evaluation
from evaluation.exhibits import Exhibit

SCHEMA_VERSION = 2
"""Raised when a key changes its name or meaning, not for a new key."""

_STUDIO_DIGITS = 6  # Studio shows every digit it is given
_EVALUATION: TypeAdapter[Evaluation] = TypeAdapter(Evaluation)


def encode(evaluation: Evaluation, exhibits: Sequence[Exhibit] = ()) -> bytes:
    """Return `evaluation` as JSON: its headline first, then everything, then what Studio draws.

    ``error`` is a share (0.01 is one in a hundred) and null where it is undefined; ``gate.passed`` is what a
    ConditionStep reads. The task's exhibits are under ``exhibits``, by name.
    """
    head = {
        "schema_version": SCHEMA_VERSION,
        "task": evaluation.kind.task,
        "headline": evaluation.kind.headline,
    }
    body = {one.name: getattr(evaluation, one.name) for one in dataclasses.fields(evaluation)}
    shown = {one.name: one.data for one in exhibits}
    studio = {
        one.name: _studio(one.value, one.deviation) for one in evaluation.figures if one.value is not None
    }
    return _json({**head, **body, "exhibits": shown, "regression_metrics": studio})


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
        raise EvaluationError(_problem("json", f"not JSON: {error}", EVALUATION_FILE, file)) from error
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        found = f"{'.'.join(map(str, detail['loc']))}: {detail['msg']}"
        raise EvaluationError(_problem("key", found, EVALUATION_FILE, file)) from error


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of the body of `evaluation.json`; `docs/evaluation.schema.json` holds it."""
    return _EVALUATION.json_schema()


def _studio(value: float, deviation: float | None) -> dict[str, float | str]:
    """Return a metric in the format of SageMaker Model Monitor, which Studio draws.

    https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-model-quality-metrics.html; there, a
    missing deviation is the text "NaN".
    """
    spread = "NaN" if deviation is None else round(deviation, _STUDIO_DIGITS)
    return {"value": round(value, _STUDIO_DIGITS), "standard_deviation": spread}


def _json(content: dict[str, object]) -> bytes:
    return orjson.dumps(
        content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | orjson.OPT_SERIALIZE_NUMPY
    )


def _problem(rule: str, found: str, expected: str, file: str) -> Problem:
    return Problem(f"evaluation.{rule}", found, expected, "Evaluate again with this version.", file)
