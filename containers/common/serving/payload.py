"""From the body of a request to what its images are: bytes, or an object in S3."""

from __future__ import annotations

import base64
import re
from http import HTTPStatus

import orjson

from config.errors import did_you_mean
from containers.common.serving.objects import S3Object
from containers.common.serving.refusals import RefusalError

JSON, JSON_LINES = "application/json", "application/jsonlines"
_RAW = ("application/octet-stream", "application/x-image")
_LINES = (JSON_LINES, "application/x-jsonlines", "application/x-ndjson")
_KEYS = ("image", "s3_uri")
_SHAPE = '{"image": "<base64>"} or {"s3_uri": "s3://bucket/key"}'
_URI = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(?P<key>.+)", re.DOTALL)

Source = bytes | S3Object


def is_lines(content_type: str) -> bool:
    """Tell whether a body of this type holds one request a line."""
    return content_type in _LINES


def source_of(content_type: str, body: bytes) -> Source:
    """Return the one image of a request: ``image/*`` bytes, or a JSON object that holds or names them.

    Raises:
        RefusalError: another content type (415), no body, or not such an object (400).
    """
    if content_type.startswith("image/") or content_type in _RAW:
        return _filled(body)
    if content_type == JSON:
        return _of_json(_filled(body))
    known = ", ".join(("image/*", *_RAW, JSON, JSON_LINES))
    found = f"The Content-Type is {content_type!r}" if content_type else "There is no Content-Type"
    raise RefusalError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"{found}; expected one of {known}.")


def sources_of(body: bytes, most: int) -> list[Source | RefusalError]:
    """Return the image of each line of JSON Lines, or why it has none.

    Raises:
        RefusalError: no body (400), or more than `most` lines (413).
    """
    lines = _filled(body).removesuffix(b"\n").split(b"\n")
    if len(lines) > most:
        sentence = f"The request has {len(lines):,} lines; expected at most {most:,}. Send several requests."
        raise RefusalError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, sentence)
    return [_of_line(line) for line in lines]


def _of_line(line: bytes) -> Source | RefusalError:
    try:
        return _of_json(line)
    except RefusalError as refusal:
        return refusal


def _of_json(text: bytes) -> Source:
    try:
        content = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise _bad(f"The request is not JSON ({error})") from error
    if not isinstance(content, dict):
        raise _bad("The request is JSON, but not an object")
    for key in content:
        if key not in _KEYS:
            raise _bad(f"The request has an unknown key {key!r}", did_you_mean(key, _KEYS))
    if len(content) != 1:
        raise _bad("The request has both image and s3_uri" if content else "The request is an empty object")
    ((key, value),) = content.items()
    if not isinstance(value, str):
        raise _bad(f"The value of {key} is not a text")
    return _decoded(value) if key == "image" else _object(value)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise _bad(f"The value of image is not base64 ({error})") from error


def _object(uri: str) -> S3Object:
    match = _URI.fullmatch(uri)
    if match is None:
        raise _bad(f"The value of s3_uri is {uri[:200]!r}")
    return S3Object(match["bucket"], match["key"])


def _filled(body: bytes) -> bytes:
    if not body:
        raise RefusalError(
            HTTPStatus.BAD_REQUEST, "The request has no body; expected an image. Send its bytes."
        )
    return body


def _bad(found: str, remedy: str = "") -> RefusalError:
    return RefusalError(HTTPStatus.BAD_REQUEST, f"{found}; expected {_SHAPE}. {remedy}")
