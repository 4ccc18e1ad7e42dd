"""From the body of a request to what is asked: an image's bytes or its place in S3, and JSON fields."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import orjson

from config.errors import did_you_mean
from config.family import Accepts
from containers.runtime.serving.objects import S3Object
from containers.runtime.serving.refusals import RefusalError

JSON, JSON_LINES = "application/json", "application/jsonlines"
IMAGE, PLACE = "image", "s3_uri"
_RAW = ("application/octet-stream", "application/x-image")
_LINES = (JSON_LINES, "application/x-jsonlines", "application/x-ndjson")
_SHAPES = {IMAGE: '"<base64>"', PLACE: '"s3://bucket/key"', "table": "{…}"}
_URI = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(?P<key>.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Source:
    """What one request, or one line of it, says; an image may still have to be fetched."""

    image: bytes | S3Object | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)


def is_lines(content_type: str) -> bool:
    """Tell whether a body of this type holds one request a line."""
    return content_type in _LINES


def source_of(content_type: str, body: bytes, accepts: Accepts) -> Source:
    """Return what a request says: an image's bytes, where the task takes an image alone, or a JSON object.

    Raises:
        RefusalError: another content type (415), no body, or an object that is not what the task takes (400).
    """
    raw = bool(accepts.content_types)
    if raw and (content_type.startswith("image/") or content_type in _RAW):
        return Source(_filled(body, accepts))
    if content_type == JSON:
        return _of_json(_filled(body, accepts), accepts)
    known = ", ".join((*(("image/*", *_RAW) if raw else ()), JSON, JSON_LINES))
    found = f"The Content-Type is {content_type!r}" if content_type else "There is no Content-Type"
    raise RefusalError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"{found}; expected one of {known}.")


def sources_of(body: bytes, most: int, accepts: Accepts) -> list[Source | RefusalError]:
    """Return what each line of JSON Lines says, or why it says nothing.

    Raises:
        RefusalError: no body (400), or more than `most` lines (413).
    """
    lines = _filled(body, accepts).removesuffix(b"\n").split(b"\n")
    if len(lines) > most:
        sentence = f"The request has {len(lines):,} lines; expected at most {most:,}. Send several requests."
        raise RefusalError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, sentence)
    return [_of_line(line, accepts) for line in lines]


def _of_line(line: bytes, accepts: Accepts) -> Source | RefusalError:
    try:
        return _of_json(line, accepts)
    except RefusalError as refusal:
        return refusal


def _of_json(text: bytes, accepts: Accepts) -> Source:
    try:
        content = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise _bad(f"The request is not JSON ({error})", accepts) from error
    if not isinstance(content, dict):
        raise _bad("The request is JSON, but not an object", accepts)
    if not content:
        raise _bad("The request is an empty object", accepts)
    _check_keys(content, accepts)
    image = _image_in(content, accepts)
    return Source(image, {key: value for key, value in content.items() if key not in (IMAGE, PLACE)})


def _check_keys(content: Mapping[str, Any], accepts: Accepts) -> None:
    """Refuse keys that the task does not take, and an object that lacks one.

    Where the task takes an image alone (`content_types`), its other keys may be left out.
    """
    known = (*accepts.keys, *((PLACE,) if IMAGE in accepts.keys else ()))
    for key in content:
        if key not in known:
            raise _bad(f"The request has an unknown key {key!r}", accepts, did_you_mean(key, known))
    if IMAGE in content and PLACE in content:
        raise _bad(f"The request has both {IMAGE} and {PLACE}", accepts)
    needed = (IMAGE,) if accepts.content_types else accepts.keys
    for key in needed:
        if key not in content and not (key == IMAGE and PLACE in content):
            raise _bad(f"The request has no {key}", accepts, f"Add {key!r}.")


def _image_in(content: Mapping[str, Any], accepts: Accepts) -> bytes | S3Object | None:
    for key in (IMAGE, PLACE):
        if key in content:
            value = content[key]
            if not isinstance(value, str):
                raise _bad(f"The value of {key} is not a text", accepts)
            return _decoded(value, accepts) if key == IMAGE else _object(value, accepts)
    return None


def _decoded(text: str, accepts: Accepts) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise _bad(f"The value of {IMAGE} is not base64 ({error})", accepts) from error


def _object(uri: str, accepts: Accepts) -> S3Object:
    match = _URI.fullmatch(uri)
    if match is None:
        raise _bad(f"The value of {PLACE} is {uri[:200]!r}", accepts)
    return S3Object(match["bucket"], match["key"])


def _filled(body: bytes, accepts: Accepts) -> bytes:
    if not body:
        wanted, remedy = ("an image", "Send its bytes.") if accepts.content_types else (_shape(accepts), "")
        sentence = f"The request has no body; expected {wanted}. {remedy}"
        raise RefusalError(HTTPStatus.BAD_REQUEST, sentence)
    return body


def _bad(found: str, accepts: Accepts, remedy: str = "") -> RefusalError:
    return RefusalError(HTTPStatus.BAD_REQUEST, f"{found}; expected {_shape(accepts)}. {remedy}")


def _shape(accepts: Accepts) -> str:
    """Return what an object looks like; one with an image may name its place instead."""
    shape = "{" + ", ".join(f'"{key}": {_SHAPES.get(key, "…")}' for key in accepts.keys) + "}"
    if IMAGE not in accepts.keys:
        return shape
    return f"{shape} or {shape.replace(_keyed(IMAGE), _keyed(PLACE))}"


def _keyed(key: str) -> str:
    return f'"{key}": {_SHAPES[key]}'
