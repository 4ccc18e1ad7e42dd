"""Where an object lies in S3."""

from __future__ import annotations

from urllib.parse import urlsplit


def bucket_and_key(uri: str) -> dict[str, str]:
    """Return the object ``s3://BUCKET/KEY`` in the words of boto3's requests."""
    parts = urlsplit(uri)
    return {"Bucket": parts.netloc, "Key": parts.path.lstrip("/")}
