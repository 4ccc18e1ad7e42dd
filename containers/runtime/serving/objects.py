"""Fetch an image that a request names in S3, from the buckets that the server's owner allows and no other."""

from __future__ import annotations

import errno
from collections.abc import Collection
from dataclasses import dataclass
from http import HTTPStatus

from containers.runtime.serving.refusals import RefusalError


@dataclass(frozen=True, slots=True)
class S3Object:
    """An object by its bucket and key."""

    bucket: str
    key: str

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


def check_allowed(place: S3Object, buckets: Collection[str]) -> None:
    """Refuse what lies in another bucket than `buckets`, or may lead to one.

    Raises:
        RefusalError: it does (400).
    """
    if ".." in place.key.split("/"):  # an address that holds it may be made shorter on the way
        sentence = f"The key of {place} holds '..'; expected one without. Copy the object to another key."
        raise RefusalError(HTTPStatus.BAD_REQUEST, sentence)
    if place.bucket not in buckets:
        allowed = ", ".join(sorted(buckets)) or "none"
        sentence = f"The bucket {place.bucket!r} is not one that this server reads ({allowed})."
        raise RefusalError(HTTPStatus.BAD_REQUEST, f"{sentence} Name it in GLYPHLINE_S3_BUCKETS.")


def fetch(place: S3Object, max_bytes: int) -> bytes:
    """Return the bytes of the object at `place`; more than `max_bytes` are never loaded.

    Raises:
        RefusalError: there is none or it may not be read (400), it is larger (413), S3 does not answer (503).
    """
    # not a UPath: to fsspec's parser of addresses, a key may say another file system ("a::file:///b")
    import fsspec  # type: ignore[import-untyped]
    from botocore.exceptions import BotoCoreError

    try:
        data: bytes = fsspec.filesystem("s3").cat_file(f"{place.bucket}/{place.key}", end=max_bytes + 1)
    except FileNotFoundError as error:
        raise RefusalError(
            HTTPStatus.BAD_REQUEST, f"There is no object {place}. Check bucket and key."
        ) from error
    except PermissionError as error:
        sentence = f"{place} may not be read. Allow s3:GetObject in the role of this endpoint."
        raise RefusalError(HTTPStatus.BAD_REQUEST, sentence) from error
    except (OSError, BotoCoreError) as error:
        if isinstance(error, OSError) and error.errno == errno.EINVAL:
            return b""  # S3 has no range within an empty object
        sentence = f"{place} could not be fetched ({error}). Try again."
        raise RefusalError(HTTPStatus.SERVICE_UNAVAILABLE, sentence) from error
    if len(data) > max_bytes:
        sentence = f"{place} has more than {max_bytes:,} bytes. Send a smaller one."
        raise RefusalError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, sentence)
    return data
