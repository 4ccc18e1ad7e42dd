"""Whether a version's weights are those that were evaluated and registered: training may write over them."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from ..shared.uris import bucket_and_key
from .errors import ArchiveError
from .versions import Version


def check(s3: Any, version: Version) -> None:
    """Refuse an archive that was written after its version was registered; a run registers minutes later.

    Raises:
        ArchiveError: it was, or there is none that can be read.
    """
    name = f"{version.group}/{version.number}"
    if version.archive is None:
        raise ArchiveError(f"{name} names no archive of weights: reject it, and approve a version that does.")
    try:
        said = s3.head_object(**bucket_and_key(version.archive))
    except ClientError as error:
        raise ArchiveError(
            f"The weights of {name} cannot be read at {version.archive}: {error}. Restore them from the "
            f"bucket's earlier versions, or approve another version."
        ) from error
    if said["LastModified"] > version.registered:
        written, registered = (
            f"{one:%Y-%m-%d %H:%M:%S}" for one in (said["LastModified"], version.registered)
        )
        raise ArchiveError(
            f"The weights of {name} at {version.archive} were written on {written} UTC, after it was "
            f"registered on {registered}: they are not those that were evaluated. Find out who wrote them "
            f"(CloudTrail), and approve another version."
        )
