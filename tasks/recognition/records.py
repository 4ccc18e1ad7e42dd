"""A line of a file of readings: what is there, what was read, and whatever else somebody knows about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from config.errors import Problem, did_you_mean
from corpus.items import Item
from corpus.sample import SPLITS, Sample, Split
from evaluation.errors import PredictionError
from tasks.recognition.answer import Reading

COLUMNS = ("id", "reference", "prediction", "confidence", "group", "image", "meta", "characters")


def _number_as_text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _no_truth_value(value: object) -> object:
    if isinstance(value, bool):  # pydantic would take true for 1.0
        raise ValueError("not a number")  # noqa: TRY004 - what pydantic turns into a ValidationError
    return value


Share = Annotated[float, BeforeValidator(_no_truth_value), Field(ge=0.0, le=1.0, allow_inf_nan=False)]


@dataclass(frozen=True, slots=True)
class _Row:
    """A reading as it comes from outside."""

    id: Annotated[str, BeforeValidator(_number_as_text), Field(min_length=1)]
    reference: str
    prediction: str
    confidence: Share | None = None
    group: Annotated[str, BeforeValidator(_number_as_text), Field(min_length=1)] | None = None
    image: Annotated[str, Field(min_length=1)] | None = None
    meta: Mapping[str, Any] | None = None
    characters: tuple[Share, ...] | None = None

    __pydantic_config__ = ConfigDict(extra="forbid")


_ROW: TypeAdapter[_Row] = TypeAdapter(_Row)

_REMEDIES = {
    "id": "Give every line an id of its own.",
    "reference": "Write what stands in the image; an empty text is allowed.",
    "prediction": 'Write what the model read, and "" where it read nothing.',
    "confidence": "Leave it out where the model has none.",
}
_EXPECTED = {
    "id": "a text that is not empty",
    "reference": "a text",
    "prediction": "a text",
    "confidence": "a number from 0 to 1",
    "group": "a text that is not empty, or no group",
    "image": "a text that is not empty, or no image",
    "meta": "an object",
    "characters": "numbers from 0 to 1, or none at all",
}


def record_of(item: Item, answer: Reading) -> dict[str, Any]:
    """Return `item` with its `answer` as a record; nothing is rounded.

    Where nobody said what stands in the image, there is no reference, and nothing to evaluate.
    """
    record: dict[str, Any] = {"id": item.id, "prediction": answer.text, "confidence": answer.confidence}
    if item.first.text is not None:
        known = {"group": item.group, "image": item.first.image, "meta": dict(item.meta)}
        record |= {"reference": item.first.text, **known}
    return record | {"characters": answer.characters} if answer.characters else record


def parsed_record(record: Mapping[str, Any]) -> tuple[Item, Reading]:
    """Return what a record holds; the split is the one in its `meta`, else ``test``.

    Raises:
        PredictionError: a key is missing, unknown or not of its kind.
    """
    try:
        row = _ROW.validate_python(record)
    except ValidationError as error:
        raise PredictionError(_misfit(error)) from error
    meta = row.meta or {}
    split: Split = next((one for one in SPLITS if one == meta.get("split")), "test")
    sample = Sample(
        id=row.id,
        image=row.image,
        text=row.reference,
        group=row.group or row.id,
        source="",
        split=split,
        meta=meta,
    )
    return Item(row.id, (sample,), meta, row.group), Reading(
        row.prediction, row.confidence, row.characters or ()
    )


def _misfit(error: ValidationError) -> Problem:
    detail = error.errors(include_url=False)[0]
    key = str(detail["loc"][0]) if detail["loc"] else ""
    if detail["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
        remedy = f"{did_you_mean(key, COLUMNS)} What is your own goes into meta."
        return Problem("predictions.key", f"unknown key {key!r}", ", ".join(COLUMNS), remedy)
    remedy = _REMEDIES.get(key, "Mend the line.")
    if detail["type"] in ("missing", "missing_argument"):
        expected = "id, reference and prediction on every line"
        return Problem("predictions.key", f"no {key}", expected, remedy)
    if not key:
        expected = "a JSON object with id, reference and prediction"
        return Problem("predictions.row", repr(detail["input"]), expected, remedy)
    found = f"{key} is {'null' if detail['input'] is None else repr(detail['input'])}"
    expected = _EXPECTED.get(key, detail["msg"].removeprefix("Input should be "))
    return Problem(f"predictions.{key}", found, expected, remedy)
