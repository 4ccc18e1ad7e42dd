"""A manifest: JSON Lines of samples, read strictly (the first fault raises) or tolerantly (each is named)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from upath import UPath

from config.errors import Problem
from corpus.errors import ManifestError
from corpus.sample import Sample, decode

_BOM = b"\xef\xbb\xbf"


def read_tolerantly(data: bytes, file: str) -> Iterator[Sample | Problem]:
    """Yield each line of a manifest as a `Sample`, or as the `Problem` that it is."""
    if data.startswith(_BOM):
        data = data[len(_BOM) :]
        yield Problem("manifest.bom", "a byte-order mark", "plain UTF-8", "Save it without BOM.", file, 1)
    if b"\r\n" in data:
        line = data[: data.index(b"\r\n")].count(b"\n") + 1
        yield Problem("manifest.crlf", "Windows line ends (CRLF)", "LF", "Convert it to LF.", file, line)
    first_line_of: dict[str, int] = {}
    for number, line_bytes in enumerate(data.splitlines(), start=1):
        try:
            sample = decode(line_bytes)
        except ValueError as error:
            found = "an empty line" if not line_bytes.strip() else f"not a sample: {error}"
            remedy = "Restore the line from where the manifest came from, or delete it."
            yield Problem("manifest.line", found, "one JSON sample", remedy, file, number)
            continue
        if (first := first_line_of.setdefault(sample.id, number)) != number:
            found = f"the id {sample.id!r}, which line {first} has already"
            yield Problem("manifest.duplicate-id", found, "an id once", "Rename or delete one.", file, number)
            continue
        yield sample


def read_strictly(data: bytes, file: str) -> Iterator[Sample]:
    """Yield the samples of a manifest.

    Raises:
        ManifestError: at the first line that is not a sample (file, line, reason).
    """
    for item in read_tolerantly(data, file):
        if isinstance(item, Problem):
            raise ManifestError(item)
        yield item


def hash_of(data: bytes) -> str:
    """Return the content hash of a manifest: the SHA-256 of its bytes, as ``sha256sum`` prints it."""
    return hashlib.sha256(data).hexdigest()


def load(path: UPath) -> bytes:
    """Return the bytes of the manifest at `path`.

    Raises:
        ManifestError: there is none.
    """
    try:
        return path.read_bytes()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        expected = "a manifest (JSON Lines of samples)"
        raise ManifestError(
            Problem("manifest.missing", "no such file", expected, "Check the path.", str(path))
        ) from error
